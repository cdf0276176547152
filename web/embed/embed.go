// Package embed lets merchants in from Shopify's admin: it proves who asks by
// the session token of App Bridge, installs the app and gets its access token,
// and turns the merchant's pages into documents that the admin can show in its
// iframe. No cookie says who anybody is in there.
package embed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/access"
	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
)

// Options of New. All but Connected, Log and Now are required.
type Options struct {
	App    *shopify.App
	API    *adminapi.Client
	Tokens *access.Tokens
	Pool   *tenants.Pool
	// Connected is told, by Run, of a shop that has got a token from Shopify: to
	// ask what was missed while it had none. Nil means that nobody wants to know.
	Connected func(context.Context, *tenants.Lease) error
	Log       *slog.Logger     // nil means nothing is logged
	Now       func() time.Time // nil means time.Now
}

// Embed is the app as Shopify's admin sees it. It is safe for use by many
// goroutines.
type Embed struct {
	opt    Options
	app    *shopify.App
	api    *adminapi.Client
	tokens *access.Tokens
	pool   *tenants.Pool
	log    *slog.Logger
	now    func() time.Time
	secure bool // the app's own origin is https
	// bounces ends a loop of documents whose tokens are never good, such as under
	// a wrong client secret.
	bounces   *web.Limiter[web.Visit]
	connected chan store.Shop // for Run
}

// New makes an Embed.
func New(opt Options) *Embed {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	home, err := opt.App.ReturnURL("/")
	return &Embed{
		app: opt.App, api: opt.API, tokens: opt.Tokens, pool: opt.Pool, log: opt.Log, now: opt.Now,
		secure: err == nil && strings.HasPrefix(home, "https://"), bounces: web.NewLimiter[web.Visit](0.1, 10),
		opt: opt, connected: make(chan store.Shop, connectedMost),
	}
}

// Prove is a web.Prover of session tokens in an Authorization header. The first
// visit of a shop that is not known makes it, on the default plan.
func (e *Embed) Prove(r *http.Request) (web.Identity, error) {
	return e.prove(r, false)
}

// proveDocument is Prove, and on a document that a browser loads the query's
// id_token is as good: for pages inside the admin alone.
func (e *Embed) proveDocument(r *http.Request) (web.Identity, error) {
	return e.prove(r, true)
}

func (e *Embed) prove(r *http.Request, document bool) (web.Identity, error) {
	raw, err := sessionToken(r, document)
	if err != nil {
		return web.Identity{}, err
	}
	t, err := e.app.VerifyAdminToken(raw)
	if err != nil {
		return web.Identity{}, fmt.Errorf("%w: %w", web.ErrBadProof, err)
	}
	shop, err := store.ParseShop(t.Shop)
	if err != nil {
		return web.Identity{}, fmt.Errorf("%w: %w", web.ErrBadProof, err)
	}
	if err := e.know(r.Context(), shop); err != nil {
		return web.Identity{}, err
	}
	return web.Identity{Shop: shop, Role: catalog.RoleAdmin, By: store.By{UserID: "shopify:" + t.User}}, nil
}

// keyPrefix is what API keys begin with and session tokens do not.
const keyPrefix = "lapak_"

// sessionToken is the request's, not yet verified.
func sessionToken(r *http.Request, document bool) (string, error) {
	param, header := "", r.Header.Get("Authorization")
	if document && header == "" && loads(r) && r.URL.RawQuery != "" {
		param = r.URL.Query().Get("id_token")
	}
	raw, err := shopify.BearerToken(header, param)
	if errors.Is(err, shopify.ErrNoToken) || strings.HasPrefix(raw, keyPrefix) {
		return "", web.ErrNoProof
	}
	return raw, err
}

// loads says whether a request only reads, as the loading of a document does.
func loads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// know makes a shop that is new. One that is open is not, which is quick to see.
func (e *Embed) know(ctx context.Context, shop store.Shop) error {
	if e.pool.IsOpen(shop) {
		return nil
	}
	if _, err := e.pool.Ensure(ctx, shop, ""); err != nil {
		return fmt.Errorf("first visit of %s: %w", shop, err)
	}
	return nil
}
