// Package webhooks takes what Shopify tells about shops. A delivery is verified
// on its raw body, reduced to the few facts that its work needs, stored in the
// catalog, and only then answered; a queue does the work. Nobody's name, address
// or order is ever stored.
//
// Every effect on a shop happens once, whatever is sent twice and wherever the
// process is killed: it is in one transaction of the shop's file with the note
// that it happened, and what is changed elsewhere comes out the same a second
// time. Nothing relies on the order of deliveries: what has a time is compared
// with what is known already.
//
// Shopify signs the body and not the headers, so somebody who got hold of a
// signed body could send it in another shop's name. Where the body names its
// shop, that must be the header's; app/uninstalled and the three topics about
// personal data have to name it. The other bodies name none, and do little in a
// wrong place: products' ids belong to one shop, so another's are left out;
// an order would be counted once; scopes change only if they are newer than the
// last install; a subscription is checked by whoever is told of it.
package webhooks

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/shopify"
)

// Options of New. App and Pool are required.
type Options struct {
	App  *shopify.App
	Pool *tenants.Pool

	// ForgetTokens deletes the tokens of a shop that uninstalled the app at a
	// moment: those that are not newer are dead.
	ForgetTokens func(ctx context.Context, lease *tenants.Lease, until time.Time) error
	// Redact erases what a customer has in a shop. It may be told twice.
	Redact func(ctx context.Context, shop store.Shop, customer string) error
	// Erase erases a shop, with everything. It may be told twice.
	Erase func(ctx context.Context, shop store.Shop) error
	// Alive asks Shopify whether the app is still installed in a shop: there is no
	// way back from Erase, and when a delivery was sent is not signed. Nil means
	// that nobody can ask.
	Alive func(context.Context, *tenants.Lease) (bool, error)
	// Subscribed is told that a subscription changed. It must make sure that the
	// subscription is the shop's, and may be told twice and out of order. Nil
	// means that the app costs nothing.
	Subscribed func(context.Context, store.Shop, Subscription) error
	// ForgetProducts is told that a shop's products changed; nil means that
	// nobody keeps them.
	ForgetProducts func(store.Shop)

	// URL is the app's own origin, before links to uploads. "" makes them
	// relative.
	URL string
	// Spool is a folder for files that are being sent; "" is the system's.
	Spool string
	// Workers is how many shops are worked on at once; 0 means 4.
	Workers int
	Log     *slog.Logger // nil means nothing is logged
}

// Webhooks receives deliveries and works on them.
type Webhooks struct {
	opt      Options
	log      *slog.Logger
	catalog  *catalog.DB
	topics   map[string]topic
	queue    queue
	wake     chan struct{} // something may fall due earlier than is known
	more     atomic.Bool   // the last look at the catalog left deliveries out
	arrivals atomic.Int32  // deliveries that are being stored
	large    chan struct{} // a place for each large body that is being read
	buffers  sync.Pool     // of *bytes.Buffer, for bodies
	numbers  numbers

	backoff func(attempts int) time.Duration
	pause   func() time.Duration // while a shop cannot be opened
}

// New makes webhooks. Nothing is worked on until Run.
func New(opt Options) *Webhooks {
	if opt.Workers <= 0 {
		opt.Workers = 4
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Webhooks{
		opt: opt, log: opt.Log, catalog: opt.Pool.Catalog(), topics: topics(),
		queue: newQueue(), wake: make(chan struct{}, 1), large: make(chan struct{}, largeAtOnce),
		numbers: newNumbers(), backoff: backoff, pause: pause,
	}
}

// Routes are where Shopify sends deliveries, where operators see what failed,
// and where merchants fetch what customers asked for.
func (h *Webhooks) Routes() []web.Route {
	return []web.Route{
		{Method: http.MethodPost, Pattern: "/webhooks/shopify", Proof: web.None(), Body: web.Stream(maxBody), Timeout: answerWithin, Handle: h.receive},
		{Method: http.MethodGet, Pattern: "/operator/api/webhooks/dead", Proof: web.Operator().Cold(), Handle: h.listDead},
		{Method: http.MethodPost, Pattern: "/operator/api/webhooks/dead/{id}/retry", Proof: web.Operator().Cold(), Handle: h.retryDead},
		{Method: http.MethodGet, Pattern: web.APIPrefix + "/data-requests", Proof: web.Key(catalog.RoleAdmin), Handle: h.listRequests},
		{Method: http.MethodGet, Pattern: web.APIPrefix + "/data-requests/{id}", Proof: web.Key(catalog.RoleAdmin), Handle: h.answerRequest, Timeout: 10 * time.Minute},
	}
}

const (
	// maxAttempts with the waits between them make about a day.
	maxAttempts  = 22
	firstBackoff = 5 * time.Second
	mostBackoff  = 2 * time.Hour
)

// backoff is how long a delivery waits after so many failures: twice as long
// each time, and not all at the same moment.
func backoff(attempts int) time.Duration {
	wait := mostBackoff
	if attempts < 12 {
		wait = min(firstBackoff<<max(attempts-1, 0), mostBackoff)
	}
	return wait*9/10 + rand.N(wait/5)
}

// pause is how long a shop's deliveries wait while it is being restored, or all
// shops are busy.
func pause() time.Duration { return 2*time.Second + rand.N(4*time.Second) }
