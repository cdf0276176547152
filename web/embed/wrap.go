package embed

import (
	"net/http"

	"lapak/web"
)

// Wrap turns routes of a merchant's pages into embedded ones: a session token is
// the only proof, documents without one are sent to get it, answers may be
// framed by their own shop's admin alone, and a document that is loaded gets the
// shop's access token where there is none. Each pattern also answers OPTIONS.
func (e *Embed) Wrap(routes []web.Route) []web.Route {
	var out []web.Route
	asked := map[string]bool{}
	for _, rt := range routes {
		asked[rt.Pattern] = asked[rt.Pattern] || rt.Method == http.MethodOptions
	}
	for _, rt := range routes {
		if !asked[rt.Pattern] {
			asked[rt.Pattern] = true
			out = append(out, web.Route{Method: http.MethodOptions, Pattern: rt.Pattern, Proof: web.None(), Handle: e.options})
		}
		rt.Proof, rt.Handle, rt.Fail = rt.Proof.By(e.proveDocument), e.handle(rt.Handle), e.fail(rt.Fail)
		out = append(out, rt)
	}
	return out
}

type (
	handleFunc = func(http.ResponseWriter, *http.Request, *web.Caller) error
	failFunc   = func(http.ResponseWriter, *http.Request, *web.Caller, *web.Error)
)

func (e *Embed) handle(page handleFunc) handleFunc {
	return func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
		if isDocument(r) && c.Lease != nil {
			if e.settle(r, c) {
				e.bounceAgain(w, r, c)
				return nil
			}
			if !c.Lease.Held() { // it was given back to ask Shopify, and the shop was busy
				if err := c.Open(r.Context()); err != nil {
					return err
				}
			}
		}
		fw := e.framed(w, c.Shop.String())
		err := page(fw, r, c)
		if err == nil {
			fw.seal()
		}
		return err
	}
}

// isDocument says whether a browser loads a page or a frame, as opposed to a
// script that fetches.
func isDocument(r *http.Request) bool {
	h := r.Header
	return loads(r) && h.Get("Authorization") == "" && h.Get("HX-Request") == "" && h.Get("Sec-Fetch-Dest") != "empty"
}

// options answers a preflight. A page of another origin learns that it may send
// a token; what comes back it may not read, unless the route says so. (What it
// says: shopify-app-js's respond-to-options-request.)
func (e *Embed) options(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	h := w.Header()
	if home, err := e.app.ReturnURL("/"); err == nil && r.Header.Get("Origin") != "" && r.Header.Get("Origin")+"/" != home {
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Expose-Headers", reauthorizeURL)
	}
	h.Set("Access-Control-Max-Age", "7200")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
