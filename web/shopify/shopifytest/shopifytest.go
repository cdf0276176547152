// Package shopifytest stands in for Shopify in tests: a real HTTP server with the
// token endpoint and the Admin API of any number of shops, a signer of all that
// Shopify signs, and a front for browsers with Shopify's own host names (Front).
// It keeps the documented shapes and refuses what Shopify would refuse, so that a
// test that passes here says something; and it fails on demand.
package shopifytest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"lapak/web/shopify"
)

// Options of New. The zero value is usable.
type Options struct {
	Key    string // the app's client id; "" means "test-client-id"
	Secret string // the app's client secret; "" means "test-client-secret"
	URL    string // the app's public origin; "" means "https://lapak.test"
	Scopes string // that the app asks for; "" means "read_products"

	SessionTTL time.Duration // of session tokens; 0 means a minute
	AccessTTL  time.Duration // of expiring offline tokens; 0 means an hour

	Points  float64 // a shop's bucket for GraphQL; 0 means 2,000
	Restore float64 // points a second; 0 means 100

	Version string           // of the Admin API that answers; "" means the one that is asked for
	Now     func() time.Time // the clock of tokens and signatures; nil means time.Now
}

func (o *Options) fill() {
	for _, d := range []struct {
		text *string
		def  string
	}{{&o.Key, "test-client-id"}, {&o.Secret, "test-client-secret"}, {&o.URL, "https://lapak.test"}, {&o.Scopes, "read_products"}} {
		if *d.text == "" {
			*d.text = d.def
		}
	}
	if o.SessionTTL == 0 {
		o.SessionTTL = time.Minute
	}
	if o.AccessTTL == 0 {
		o.AccessTTL = time.Hour
	}
	if o.Points == 0 {
		o.Points = 2000
	}
	if o.Restore == 0 {
		o.Restore = 100
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// Shopify is the stand-in. Its methods may be called at any time.
type Shopify struct {
	opt    Options
	server *httptest.Server
	mux    *http.ServeMux
	closed chan struct{}

	mu       sync.Mutex
	shops    map[string]*shop
	faults   []Fault
	requests map[string]int
	serial   int64 // of ids
	stale    int   // session tokens still to be made too old
}

// New starts a stand-in; it stops when the test ends.
func New(t testing.TB, opt Options) *Shopify {
	t.Helper()
	opt.fill()
	s := &Shopify{opt: opt, shops: map[string]*shop{}, requests: map[string]int{}, closed: make(chan struct{}), serial: 1000}
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("POST /{shop}/admin/oauth/access_token", s.faulty("token", s.serveToken))
	s.mux.HandleFunc("POST /{shop}/admin/api/{version}/graphql.json", s.faulty("graphql", s.serveGraphQL))
	s.mux.HandleFunc("GET /{shop}/admin/oauth/authorize", s.serveAuthorize)
	s.mux.HandleFunc("GET /{shop}/admin/charges/{id}/confirm", s.serveCharge)
	s.server = httptest.NewServer(s.mux)
	t.Cleanup(func() {
		close(s.closed) // lets go of what hangs
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

// URL is where the stand-in answers.
func (s *Shopify) URL() string { return s.server.URL }

// AdminURL is the value for shopify.Config.AdminURL, LAPAK_SHOPIFY_ADMIN.
func (s *Shopify) AdminURL() string { return s.server.URL + "/{shop}" }

// Key is the app's client id.
func (s *Shopify) Key() string { return s.opt.Key }

// Secret is the app's client secret.
func (s *Shopify) Secret() string { return s.opt.Secret }

// App is the product's side of the protocol, set up for this stand-in. Each
// change may alter its settings before.
func (s *Shopify) App(t testing.TB, changes ...func(*shopify.Config)) *shopify.App {
	t.Helper()
	cfg := shopify.Config{
		Key: s.opt.Key, Secrets: []string{s.opt.Secret}, Scopes: shopify.ParseScopes(s.opt.Scopes),
		URL: s.opt.URL, AdminURL: s.AdminURL(), Now: s.opt.Now,
	}
	for _, change := range changes {
		change(&cfg)
	}
	app, err := shopify.NewApp(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// Requests is how often something was asked for: "exchange", "refresh", "code",
// "graphql", or the name of a GraphQL operation. What a fault answered counts as
// "token" or "graphql" alone.
func (s *Shopify) Requests(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[what]
}

// AllRequests is how often everything was asked for; see Requests.
func (s *Shopify) AllRequests() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.requests)
}

// Reused is how often a refresh token was refused because it was used before.
func (s *Shopify) Reused() int { return s.Requests("reused") }

// Throttled is how often GraphQL was refused for want of points.
func (s *Shopify) Throttled() int { return s.Requests("throttled") }

func (s *Shopify) count(what string) { s.requests[what]++ }

func (s *Shopify) next() int64 { s.serial++; return s.serial }
