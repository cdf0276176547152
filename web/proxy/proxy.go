// Package proxy is the face for shoppers, under /proxy: what a storefront's script
// asks through Shopify's App Proxy. Shopify signs each request, so its shop and its
// signed-in customer are proven; a visitor who is not signed in shows a claim, a
// random token that they got with the first thing they saved.
package proxy

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/shopify"
	"lapak/web/storefront"
	"lapak/web/upload"
)

// Options of New. App, Pool and Spool are required.
type Options struct {
	App   *shopify.App
	Pool  *tenants.Pool
	Spool string // a folder for uploads on their way; see upload.Options
	// Uploads takes images in and gives them out; nil means one of its own.
	Uploads *upload.Uploads
	Origins storefront.Origins // of the images that answers name
	// Rate is how many times as often as by default shoppers may ask; 0 means 1,
	// below 0 means without limit.
	Rate float64
	Log  *slog.Logger // nil means nothing is logged
}

// Proxy holds the handlers.
type Proxy struct {
	app                   *shopify.App
	pool                  *tenants.Pool
	uploads               *upload.Uploads
	origins               storefront.Origins
	reads, saves, sending *rates
}

// New makes the face. Nothing runs until its routes are called.
func New(opt Options) *Proxy {
	if opt.Rate == 0 {
		opt.Rate = 1
	}
	if opt.Uploads == nil {
		opt.Uploads = upload.New(upload.Options{Pool: opt.Pool, Spool: opt.Spool, Log: opt.Log})
	}
	return &Proxy{
		app:     opt.App,
		pool:    opt.Pool,
		uploads: opt.Uploads,
		origins: opt.Origins,
		reads:   newRates(opt.Rate, often{20, 200}, often{50, 500}, often{}),
		saves:   newRates(opt.Rate, often{1, 20}, often{3, 60}, often{20, 400}),
		sending: newRates(opt.Rate, often{0.1, 15}, often{0.3, 45}, often{3, 200}),
	}
}

// Prefix is where Shopify's App Proxy leads: its "proxy URL" is our origin and this.
const Prefix = "/proxy"

const (
	maxDesign = 1 << 20  // bytes of a design's JSON
	envelope  = 64 << 10 // what else stands in a body
	smallBody = 4 << 10

	quick = 10 * time.Second
	long  = 15 * time.Minute // for what may be large and on a slow line
)

// Routes is the table of the face. Beside Shopify's own, a request may have only
// the query parameters that are named with its proof.
func (p *Proxy) Routes() []web.Route {
	r := []web.Route{
		{Method: "GET", Pattern: "/product/{product}", Proof: p.signed(p.reads), Handle: p.getProduct, Timeout: quick},

		{Method: "GET", Pattern: "/designs", Proof: p.signed(p.reads, "product", "limit", "cursor"), Handle: p.listDesigns},
		{Method: "POST", Pattern: "/design", Proof: p.signed(p.saves), Handle: p.createDesign, Body: web.JSON(maxDesign + envelope)},
		{Method: "GET", Pattern: "/design/{id}", Proof: p.signed(p.reads), Handle: p.getDesign},
		{Method: "PUT", Pattern: "/design/{id}", Proof: p.signed(p.saves), Handle: p.updateDesign, Body: web.JSON(maxDesign + envelope)},
		{Method: "DELETE", Pattern: "/design/{id}", Proof: p.signed(p.saves), Handle: p.deleteDesign},
		{Method: "POST", Pattern: "/claim", Proof: p.signed(p.saves), Handle: p.claim, Body: web.JSON(smallBody)},

		{Method: "POST", Pattern: "/upload", Proof: p.signed(p.sending).Cold(), Handle: p.upload, Body: web.Stream(upload.MaxForm), Timeout: long},
		{Method: "GET", Pattern: "/asset/{id}", Proof: p.signed(p.reads), Handle: p.getAsset, Timeout: long},
	}
	for i := range r {
		r[i].Pattern, r[i].Handle, r[i].Fail = Prefix+r[i].Pattern, within(r[i].Handle), fail
	}
	return r
}

// signed asks for Shopify's signature and bounds how often a shopper may ask.
func (p *Proxy) signed(r *rates, params ...string) web.Proof {
	return web.Key(catalog.RoleWrite).By(p.prover(r, params))
}

// within makes the bounds of one shopper an answer.
func within(handle func(http.ResponseWriter, *http.Request, *web.Caller) error) func(http.ResponseWriter, *http.Request, *web.Caller) error {
	return func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
		err := handle(w, r, c)
		if limit := (store.ShopperLimitError{}); errors.As(err, &limit) {
			return &web.Error{Status: http.StatusForbidden, Code: "limit_reached", Text: limit.Error(), Cause: err}
		}
		return err
	}
}

// fail answers like the API, but for two cases: a suspended shop is nobody's
// business here, and there is no way to sign in.
func fail(w http.ResponseWriter, r *http.Request, _ *web.Caller, e *web.Error) {
	switch e.Code {
	case "suspended":
		e = web.Explain(store.ErrNotFound)
	case "unauthorized":
		e = &web.Error{Status: e.Status, Code: e.Code, Text: "This address answers Shopify's App Proxy alone"}
	}
	_ = web.WriteJSON(w, r, e.Status, struct { // two texts can always be encoded
		Error string `json:"error"`
		Code  string `json:"code"`
	}{e.Text, e.Code})
}
