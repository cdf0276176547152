package embed

import (
	"net/http"
	"strings"

	"lapak/web"
	"lapak/web/shopify"
)

// The paths of Routes that others name.
const (
	installPath  = "/auth/install"
	beginPath    = "/auth/begin"
	callbackPath = "/auth/callback"
	exitPath     = "/auth/exit-iframe"
)

// Routes are the ways in and out: the page that gets a session token, the two
// ways to install, and the page that leaves the iframe.
func (e *Embed) Routes() []web.Route {
	return e.people([]web.Route{
		{Method: http.MethodGet, Pattern: "/auth/session-token", Handle: e.sessionTokenPage},
		{Method: http.MethodGet, Pattern: installPath, Handle: e.install},
		{Method: http.MethodGet, Pattern: beginPath, Handle: e.begin},
		{Method: http.MethodGet, Pattern: callbackPath, Handle: e.callback},
		{Method: http.MethodGet, Pattern: exitPath, Handle: e.exitIframe},
	})
}

// people keeps crawlers out of the routes, answers errors with a page, and adds
// OPTIONS.
func (e *Embed) people(routes []web.Route) []web.Route {
	var out []web.Route
	for _, rt := range routes {
		handle := rt.Handle
		rt.Proof = web.None()
		rt.Handle = func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
			if shopify.Bot(r.UserAgent()) {
				e.gone(w, r)
				return nil
			}
			return handle(w, r, c)
		}
		rt.Fail = func(w http.ResponseWriter, r *http.Request, _ *web.Caller, x *web.Error) {
			e.messagePage(w, r, x.Status, noFrames, words{x.Text, x.Text})
		}
		out = append(out, rt, web.Route{Method: http.MethodOptions, Pattern: rt.Pattern, Proof: web.None(), Handle: e.options})
	}
	return out
}

// sessionTokenPage is where BounceURL leads. App Bridge goes on from there with a
// session token in the address, which is for this app alone.
func (e *Embed) sessionTokenPage(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	q := r.URL.Query()
	for _, target := range q["shopify-reload"] {
		if path, own := strings.CutPrefix(target, e.ownURL("/")); !own || e.ownURL("/"+path) != target {
			return &web.Error{Status: http.StatusBadRequest, Code: "invalid", Text: "This link leads away from the app"}
		}
	}
	shop, _ := e.app.ParseShop(q.Get("shop")) // "" where it is none
	e.writeBounce(w, r, shop)
	return nil
}

// writeBounce answers with App Bridge alone. It shows nothing, so the named shop
// may frame it unproven.
func (e *Embed) writeBounce(w http.ResponseWriter, r *http.Request, shop string) {
	w.Header().Set(policyHeader, e.framesOf(shop)+";")
	web.WriteBytes(w, r, http.StatusOK, htmlType, []byte(e.app.BouncePage()))
}

// install asks a merchant which shop is theirs and sends them to Shopify.
func (e *Embed) install(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	typed := r.URL.Query().Get("shop")
	if typed == "" {
		e.installPage(w, r, http.StatusOK, "")
		return nil
	}
	target, err := e.app.LoginURL(typed)
	if err != nil {
		e.installPage(w, r, http.StatusBadRequest, typed)
		return nil
	}
	http.Redirect(w, r, target, shopify.StatusRedirect)
	return nil
}

// exitIframe opens a page in the whole window.
func (e *Embed) exitIframe(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	q := r.URL.Query()
	target, err := e.app.ExitURL(q.Get("exitIframe"))
	if err != nil {
		return &web.Error{Status: shopify.Status(err), Code: "invalid", Text: "This link leads away from the app and from Shopify"}
	}
	shop, _ := e.app.ParseShop(q.Get("shop")) // "" where it is none
	e.exitPage(w, r, shop, target)
	return nil
}

// ExitURL is the address, relative to the app, of a page that leaves the iframe
// for target, which is a path of the app or a page of the shop's admin.
func (e *Embed) ExitURL(shop, target string) string {
	return exitPath + "?" + encode("exitIframe", target) + "&" + encode("shop", shop)
}
