package embed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/access"
	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
	"lapak/web/shopify/shopifytest"
)

const (
	toko = "toko.myshopify.com"
	lain = "lain.myshopify.com"
	home = "https://lapak.test"
)

// rig is a server with a merchant's page, and a stand-in for Shopify.
type rig struct {
	*Embed
	t      testing.TB
	there  *shopifytest.Shopify
	pool   *tenants.Pool
	server *web.Server
	log    *lockedBuffer

	mu    sync.Mutex
	clock time.Duration // ahead of the real one
}

// lockedBuffer is a log that many write.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func (g *rig) now() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Add(g.clock)
}

func (g *rig) wait(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.clock += d
}

func newRig(t testing.TB, changes ...func(*shopify.Config)) *rig {
	t.Helper()
	return newRigOn(t, tenanttest.New(t), changes...)
}

func newRigOn(t testing.TB, pool *tenants.Pool, changes ...func(*shopify.Config)) *rig {
	t.Helper()
	g := &rig{t: t, there: shopifytest.New(t, shopifytest.Options{}), pool: pool, log: &lockedBuffer{}}
	log := slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	app := g.there.App(t, changes...)
	client := adminapi.New(adminapi.Options{App: app, Backoff: time.Millisecond, Timeout: time.Second, Log: log})
	tokens, err := access.New(access.Options{Secret: bytes.Repeat([]byte{7}, 32), API: client, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	g.Embed = New(Options{App: app, API: client, Tokens: tokens, Pool: g.pool, Log: log, Now: g.now})
	g.server = web.NewServer(web.Options{
		Pool: g.pool, Log: log, Provers: []web.Prover{g.Prove, web.NewKeys(g.pool.Catalog()).Prove},
		Routes: append(append(g.Routes(), g.Wrap(g.pages())...), web.Route{
			Method: "GET", Pattern: "/imcst_api/whoami", Proof: web.Key(catalog.RoleAdmin), Handle: whoami,
		}),
	})
	return g
}

// pages are a small face: one page, one that changes something, one that needs
// Shopify, and one that names the shop in its path.
func (g *rig) pages() []web.Route {
	admin := web.Key(catalog.RoleAdmin)
	return []web.Route{
		{Method: "GET", Pattern: "/app", Proof: admin, Handle: whoami},
		{Method: "POST", Pattern: "/app", Proof: admin, Handle: whoami, Body: web.JSON(1 << 10)},
		{Method: "GET", Pattern: "/app/{shop}/page", Proof: admin, Handle: whoami},
		{Method: "GET", Pattern: "/app/cold", Proof: admin.Cold(), Handle: whoami},
		{Method: "GET", Pattern: "/app/silent", Proof: admin, Handle: func(http.ResponseWriter, *http.Request, *web.Caller) error { return nil }},
		{Method: "GET", Pattern: "/app/stream", Proof: admin, Handle: func(w http.ResponseWriter, _ *http.Request, _ *web.Caller) error {
			return http.NewResponseController(w).Flush()
		}},
		{Method: "GET", Pattern: "/app/policy", Proof: admin, Handle: func(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
			w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; frame-ancestors 'none'")
			_, err := io.WriteString(w, "page")
			return err
		}},
		{Method: "GET", Pattern: "/app/broken", Proof: admin, Handle: func(http.ResponseWriter, *http.Request, *web.Caller) error {
			return errors.New("broken")
		}, Fail: func(w http.ResponseWriter, _ *http.Request, _ *web.Caller, x *web.Error) {
			w.WriteHeader(x.Status)
			_, _ = io.WriteString(w, "the face's own: "+x.Text)
		}},
		{Method: "GET", Pattern: "/app/products", Proof: admin, Handle: func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
			token, err := g.tokens.Offline(r.Context(), c.Lease)
			if err != nil {
				return err
			}
			var out json.RawMessage
			q := adminapi.Request{Operation: "ShopName", Query: r.URL.Query().Get("q")}
			if q.Query == "" {
				q.Query = "query ShopName { shop { name } }"
			}
			if err := g.api.Query(r.Context(), c.Shop.String(), token.Token, q, &out); err != nil {
				return fmt.Errorf("list products: %w", err)
			}
			return whoami(w, r, c)
		}},
	}
}

// whoami says whose request it is, by the proof and by the open file.
func whoami(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	who := c.Shop.String() + " " + c.By.UserID
	if c.Lease != nil {
		who = c.Lease.Shop().Name.String() + " " + c.By.UserID
	}
	_, err := io.WriteString(w, who)
	return err
}

// do makes a request; headers come in pairs.
func (g *rig) do(method, target string, headers ...string) *httptest.ResponseRecorder {
	g.t.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr = "192.0.2.1:1234"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	g.server.Handler().ServeHTTP(w, r)
	return w
}

func (g *rig) bearer(shop string, changes ...func(jwt.MapClaims)) []string {
	return []string{"Authorization", "Bearer " + g.there.SessionToken(shop, "7", changes...)}
}

// load loads a document as Shopify's admin does.
func (g *rig) load(path, shop string) *httptest.ResponseRecorder {
	g.t.Helper()
	return g.do("GET", path+"?"+g.there.DocumentQuery(shop, "7"))
}

func (g *rig) want(w *httptest.ResponseRecorder, status int, body string) {
	g.t.Helper()
	if w.Code != status || body != "" && w.Body.String() != body {
		g.t.Fatalf("%d %q, want %d %q", w.Code, w.Body.String(), status, body)
	}
}

// token is the shop's own token as it is kept, "" if there is none.
func (g *rig) token(shop string) string {
	g.t.Helper()
	token, err := g.tokens.Stored(g.t.Context(), tenanttest.Lease(g.t, g.pool, g.shop(shop)))
	if err != nil && !errors.Is(err, access.ErrNoToken) {
		g.t.Fatal(err)
	}
	return token.Token
}

func (g *rig) shop(name string) store.Shop {
	g.t.Helper()
	shop, err := store.ParseShop(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return shop
}

func (g *rig) installed(name string) bool {
	g.t.Helper()
	in, err := g.pool.Catalog().Install(g.t.Context(), g.shop(name))
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		g.t.Fatal(err)
	}
	return in.Installed()
}

// follow is the document that App Bridge loads after a bounce, with a new token.
func (g *rig) follow(w *httptest.ResponseRecorder, shop string) *httptest.ResponseRecorder {
	g.t.Helper()
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusFound || to.Path != "/auth/session-token" {
		g.t.Fatalf("no bounce: %d %v %v", w.Code, to, err)
	}
	g.want(g.do("GET", to.String()), http.StatusOK, g.app.BouncePage())
	reload, ok := strings.CutPrefix(to.Query().Get("shopify-reload"), home)
	if !ok {
		g.t.Fatalf("reloads %q", to)
	}
	separator := "?"
	if strings.Contains(reload, "?") {
		separator = "&"
	}
	return g.do("GET", reload+separator+"id_token="+g.there.SessionToken(shop, "7"))
}

func TestFirstVisit(t *testing.T) {
	g := newRig(t)
	g.there.Install(toko)
	w := g.load("/app", toko)
	g.want(w, http.StatusOK, toko+" shopify:7")
	if got := w.Header().Get("Content-Security-Policy"); !strings.HasSuffix(got, "frame-ancestors https://"+toko+" https://admin.shopify.com") &&
		!strings.Contains(got, "frame-ancestors https://"+toko+" https://admin.shopify.com ") {
		t.Errorf("policy %q", got)
	}
	if g.token(toko) == "" || !g.installed(toko) || len(w.Result().Cookies()) != 0 {
		t.Errorf("token %v, installed %v, cookies %v", g.token(toko) != "", g.installed(toko), w.Result().Cookies())
	}
	rec, err := g.pool.Catalog().Shop(t.Context(), g.shop(toko))
	if err != nil || rec.Plan != catalog.DefaultPlan {
		t.Errorf("%+v, %v", rec, err)
	}
	g.want(g.load("/app", toko), http.StatusOK, "")
	g.want(g.do("POST", "/app", g.bearer(toko)...), http.StatusOK, toko+" shopify:7")
	g.want(g.do("GET", "/app/cold", g.bearer(toko)...), http.StatusOK, toko+" shopify:7")
	g.want(g.do("GET", "/imcst_api/whoami", g.bearer(toko)...), http.StatusOK, toko+" shopify:7")
	if n := g.there.Requests("exchange"); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

// TestFirstVisitsRace makes one shop of many first visits.
func TestFirstVisitsRace(t *testing.T) {
	g := newRig(t)
	g.there.Install(toko)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 100 {
		wg.Go(func() {
			<-start
			if w := g.load("/app", toko); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), toko+" ") {
				t.Errorf("%d %s", w.Code, w.Body.String())
			}
		})
	}
	close(start)
	wg.Wait()
	n, err := g.pool.Catalog().CountShops(t.Context(), catalog.Filter{})
	if err != nil || n != 1 || g.token(toko) == "" || !g.installed(toko) {
		t.Errorf("%d shops, %v", n, err)
	}
	if strings.Contains(g.log.String(), "orphan") || strings.Contains(g.log.String(), "ERROR") {
		t.Error(g.log.String())
	}
}

func TestProveRefuses(t *testing.T) {
	g := newRig(t)
	claim := func(name string, value any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = value } }
	for name, token := range map[string]string{
		"forged":            g.there.SessionToken(toko, "7") + "x",
		"no token":          "x",
		"over":              g.there.SessionToken(toko, "7", claim("exp", time.Now().Add(-time.Minute).Unix())),
		"of another app":    g.there.SessionToken(toko, "7", claim("aud", "other")),
		"of a checkout":     g.there.SessionToken(toko, "7", claim("iss", "https://"+toko+"/checkouts")),
		"of two shops":      g.there.SessionToken(toko, "7", claim("dest", "https://"+lain)),
		"of no shop":        g.there.SessionToken("evil.example", "7"),
		"of a development":  g.there.SessionToken("toko.shop.dev", "7"),
		"of a spelling":     g.there.SessionToken("Toko.myshopify.com", "7"),
		"signed by no one":  unsigned(t, toko),
		"empty":             "",
		"an API key's kind": "lapak_x",
	} {
		w := g.do("GET", "/app", "Authorization", "Bearer "+token)
		if w.Code != http.StatusUnauthorized || w.Header().Get("X-Shopify-Retry-Invalid-Session-Request") != "1" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	if n, err := g.pool.Catalog().CountShops(t.Context(), catalog.Filter{}); err != nil || n != 0 {
		t.Errorf("%d shops were made, %v", n, err)
	}
}

func unsigned(t *testing.T, shop string) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": "https://" + shop + "/admin", "dest": "https://" + shop, "aud": "test-client-id", "sub": "7",
		"exp": time.Now().Add(time.Minute).Unix(), "jti": "x", "sid": "y",
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestRotation lets the tokens of an old secret in while it is rotated, and not
// after.
func TestRotation(t *testing.T) {
	rotating := newRig(t, func(c *shopify.Config) { c.Secrets = []string{"new secret", c.Secrets[0]} })
	rotating.want(rotating.do("GET", "/app", rotating.bearer(toko)...), http.StatusOK, "")
	rotated := newRig(t, func(c *shopify.Config) { c.Secrets = []string{"new secret"} })
	rotated.want(rotated.do("GET", "/app", rotated.bearer(toko)...), http.StatusUnauthorized, "")
}

// TestShopsDoNotMix sends the token of one shop with the name of another, in
// every place where a request can name a shop.
func TestShopsDoNotMix(t *testing.T) {
	g := newRig(t)
	g.there.Install(toko)
	g.there.Install(lain)
	g.want(g.load("/app", toko), http.StatusOK, toko+" shopify:7")
	g.want(g.load("/app", lain), http.StatusOK, lain+" shopify:7")
	id := "&id_token=" + g.there.SessionToken(toko, "7")
	for name, w := range map[string]*httptest.ResponseRecorder{
		"query":            g.do("GET", "/app?shop="+lain, g.bearer(toko)...),
		"second in query":  g.do("GET", "/app?shop="+toko+"&shop="+lain, g.bearer(toko)...),
		"document":         g.do("GET", "/app?embedded=1&shop="+lain+"&host="+shopifytest.Host(lain)+id),
		"document of both": g.do("GET", "/app?embedded=1&shop="+toko+"&shop="+lain+"&host="+shopifytest.Host(lain)+id),
		"path":             g.do("GET", "/app/"+lain+"/page", g.bearer(toko)...),
		"header":           g.do("GET", "/app", append(g.bearer(toko), "X-Shop-Domain", lain)...),
		"header and token": g.do("GET", "/app?id_token="+g.there.SessionToken(lain, "7")+"&shop="+lain, g.bearer(toko)...),
	} {
		if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "toko") || strings.Contains(w.Body.String(), "lain") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body.String())
		}
	}
	g.want(g.do("GET", "/imcst_api/whoami?shop="+lain, g.bearer(toko)...), http.StatusForbidden, "")
	g.want(g.do("GET", "/imcst_api/whoami?"+id, "X", "y"), http.StatusUnauthorized, "") // a token in the API's query
	g.want(g.do("GET", "/app/"+toko+"/page", g.bearer(toko)...), http.StatusOK, toko+" shopify:7")
	// A browser with both shops open: cookies, were there any, decide nothing.
	w := g.do("GET", "/app", append(g.bearer(toko), "Cookie", "shop="+lain+"; shopify_app_session="+lain+"_7")...)
	g.want(w, http.StatusOK, toko+" shopify:7")
	key := tenanttest.Key(t, g.pool, g.shop(lain), catalog.RoleAdmin)
	g.want(g.do("GET", "/app", "Authorization", "Bearer "+key), http.StatusUnauthorized, "") // the pages are for people
	g.want(g.do("GET", "/imcst_api/whoami", "Authorization", "Bearer "+key), http.StatusOK, "")
}

func TestSuspendedAndErased(t *testing.T) {
	g := newRig(t)
	shop := tenanttest.Shop(t, g.pool, "toko")
	if err := g.pool.Catalog().Suspend(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	g.want(g.do("GET", "/app", g.bearer(toko)...), http.StatusForbidden, "")
	g.want(g.load("/app", toko), http.StatusForbidden, "")
	if err := g.pool.Catalog().BeginErase(t.Context(), shop, "{}"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/app", "/app/cold"} {
		g.want(g.do("GET", path, g.bearer(toko)...), http.StatusNotFound, "")
		g.want(g.load(path, toko), http.StatusNotFound, "")
	}
	if n := g.there.Requests("exchange"); n != 0 {
		t.Errorf("%d exchanges", n)
	}
}

func BenchmarkProve(b *testing.B) {
	g := newRig(b)
	tenanttest.Lease(b, g.pool, tenanttest.Shop(b, g.pool, "toko"))
	r := httptest.NewRequest("GET", "/app?shop="+toko, nil)
	r.Header.Set("Authorization", "Bearer "+g.there.SessionToken(toko, "7", func(c jwt.MapClaims) { c["exp"] = time.Now().Add(time.Hour).Unix() }))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Prove(r); err != nil {
			b.Fatal(err)
		}
	}
}
