// Package operator is the pages of those who look after all shops: the fleet, one
// shop, how the server is, and the operator's own account.
package operator

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/signin"
	"lapak/web/view"
)

// Options of New. Pool, Site and Signin are required.
type Options struct {
	Pool   *tenants.Pool
	Site   *view.Site
	Signin *signin.Signin
	// Dir is the data folder, whose disk is watched; "" watches none.
	Dir string
	// Slow and Troubles are what the server recorded; nil means nothing.
	Slow     *Slow
	Troubles *Troubles
	// Erase removes every trace of a shop; nil means that shops cannot be erased
	// from these pages.
	Erase func(ctx context.Context, shop store.Shop, by store.By) error
	// RetryDelivery queues a webhook again that was given up; nil means that none
	// can be.
	RetryDelivery func(ctx context.Context, id string) error
	Version       string    // of the program
	StartedAt     time.Time // zero: unknown
	Log           *slog.Logger
}

// Operator holds the pages.
type Operator struct {
	opt     Options
	pool    *tenants.Pool
	catalog *catalog.DB
	log     *slog.Logger
}

// New makes the pages. Nothing runs until their routes are called.
func New(opt Options) *Operator {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Slow == nil {
		opt.Slow = new(Slow)
	}
	if opt.Troubles == nil {
		opt.Troubles = new(Troubles)
	}
	return &Operator{opt: opt, pool: opt.Pool, catalog: opt.Pool.Catalog(), log: opt.Log}
}

const (
	smallForm  = 16 << 10
	eraseLasts = 15 * time.Minute
)

// Routes is the table of the pages. A shop in a path is called name, not shop, so
// that the pages of a suspended shop are served as well.
func (o *Operator) Routes() []web.Route {
	erase := o.post("/operator/shops/{name}/erase", (*visit).erase)
	erase.Timeout = eraseLasts
	return []web.Route{
		o.get("/operator", (*visit).fleet),
		o.get("/operator/new", (*visit).newShop),
		o.post("/operator/new", (*visit).createShop),

		o.get("/operator/shops/{name}", (*visit).shop),
		o.post("/operator/shops/{name}/open", (*visit).openShop),
		o.post("/operator/shops/{name}/link", (*visit).linkShop),
		o.post("/operator/shops/{name}/suspend", (*visit).suspend),
		o.post("/operator/shops/{name}/resume", (*visit).resume),
		o.get("/operator/shops/{name}/limits", (*visit).limits),
		o.post("/operator/shops/{name}/limits", (*visit).setLimits),
		o.post("/operator/shops/{name}/keys", (*visit).createKey),
		o.post("/operator/shops/{name}/keys/{id}/revoke", (*visit).revokeKey),
		o.post("/operator/shops/{name}/signins/{id}/end", (*visit).endMerchant),
		o.get("/operator/shops/{name}/erase", (*visit).askErase),
		erase,

		o.get("/operator/health", (*visit).health),
		o.post("/operator/webhooks/{id}/retry", (*visit).retryDelivery),

		o.get("/operator/account", (*visit).account),
		o.post("/operator/account", (*visit).changePassword),
		o.post("/operator/account/language", (*visit).setLanguage),
		o.post("/operator/account/signins/end", (*visit).endOthers),
		o.post("/operator/account/signins/{id}/end", (*visit).endOwn),
		o.script("/operator/account/passkeys/begin", (*visit).beginPasskey),
		o.script("/operator/account/passkeys/finish", (*visit).finishPasskey),
		o.post("/operator/account/passkeys/{id}", (*visit).renamePasskey),
		o.post("/operator/account/passkeys/{id}/remove", (*visit).removePasskey),
		o.post("/operator/account/invite", (*visit).invite),
		o.post("/operator/account/operators/{id}/remove", (*visit).removeOperator),
	}
}

type handler func(*visit) error

func (o *Operator) get(path string, h handler) web.Route {
	return web.Route{
		Method: http.MethodGet, Pattern: path, Proof: web.Operator().Cold().By(o.opt.Signin.Prove), Fail: o.opt.Signin.Fail,
		Handle: func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
			v, err := o.visit(w, r, c)
			if err != nil {
				return err
			}
			return h(v)
		},
	}
}

// post is a route that a form is sent to.
func (o *Operator) post(path string, h handler) web.Route {
	rt := o.get(path, h)
	rt.Method, rt.Body = http.MethodPost, web.Stream(smallForm)
	return rt
}

// script is a route that our scripts ask, and that answers in JSON.
func (o *Operator) script(path string, h handler) web.Route {
	rt := o.post(path, h)
	rt.Fail, rt.Body = nil, web.Stream(64<<10)
	return rt
}
