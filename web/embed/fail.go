package embed

import (
	"errors"
	"net/http"

	"lapak/store"
	"lapak/web"
	"lapak/web/access"
	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
)

// Headers of the protocol, as net/http spells them.
const (
	retryToken     = shopify.HeaderRetryToken
	reauthorize    = shopify.HeaderReauthorize
	reauthorizeURL = shopify.HeaderReauthorizeURL
)

// fail answers errors of an embedded page: those of identity itself, the others
// as the page does.
func (e *Embed) fail(page failFunc) failFunc {
	return func(w http.ResponseWriter, r *http.Request, c *web.Caller, x *web.Error) {
		switch {
		case x.Code == "unauthorized":
			e.refuse(w, r, c)
		case x.Code == "cross_shop":
			e.answer(w, r, &web.Error{Status: http.StatusUnauthorized, Code: x.Code, Text: x.Text})
		case e.dead(r, c, x):
			e.renewed(w, r, c, x)
		case page != nil:
			fw := e.framed(w, c.Shop.String())
			page(fw, r, c, x)
			fw.seal()
		default:
			e.answer(w, r, x)
		}
	}
}

// refuse answers a request without a good session token.
func (e *Embed) refuse(w http.ResponseWriter, r *http.Request, c *web.Caller) {
	if shopify.Bot(r.UserAgent()) {
		e.gone(w, r)
		return
	}
	if !isDocument(r) {
		w.Header().Set(retryToken, "1")
		e.answer(w, r, &web.Error{Status: http.StatusUnauthorized, Code: "unauthorized", Text: "Shopify's session token is missing or over"})
		return
	}
	q := r.URL.Query()
	shop, shopErr := e.app.ParseShop(q.Get("shop"))
	host, hostErr := shopify.ParseHost(q.Get("host"))
	inside := q.Get("embedded") == "1"
	switch {
	case q.Get("shop") == "" && q.Get("host") == "" && (r.Header.Get("Sec-Fetch-Dest") == "iframe" || q.Has("id_token")):
		e.bounce(w, r, c, shop) // a link inside the app: App Bridge remembers the rest
	case q.Get("shop") == "" && q.Get("host") == "" && !inside:
		e.installPage(w, r, http.StatusOK, "")
	case shopErr != nil || hostErr != nil:
		e.writeBounce(w, r, shop) // App Bridge finds out
	case inside:
		e.bounce(w, r, c, shop)
	default:
		e.enterAdmin(w, r, host)
	}
}

// bounce sends a document to get a session token and come back. One that comes
// back with a bad token again and again is stopped.
func (e *Embed) bounce(w http.ResponseWriter, r *http.Request, c *web.Caller, shop string) {
	named, _ := store.ParseShop(shop) // zero where it is none
	if r.URL.Query().Has("id_token") && e.bounces.Take(web.Visit{Network: web.Network(c.By.IP), Shop: named}) > 0 {
		e.log.Warn("Shopify's session tokens are not accepted; are the client id, the client secret and the clock right?", "shop", shop)
		e.messagePage(w, r, http.StatusUnauthorized, e.framesOf(shop), textBadToken)
		return
	}
	e.redirect(w, r, shop, r.URL.RawQuery)
}

// redirect sends a document of a shop to the bounce page, which brings it back
// with this query. That is a navigation within the frame, which the policy must
// allow as well.
func (e *Embed) redirect(w http.ResponseWriter, r *http.Request, shop, query string) {
	w.Header().Set(policyHeader, e.framesOf(shop)+";")
	http.Redirect(w, r, e.app.BounceURL(r.URL.EscapedPath(), query), shopify.StatusRedirect)
}

// enterAdmin sends a browser that is outside of Shopify's admin into it.
func (e *Embed) enterAdmin(w http.ResponseWriter, r *http.Request, host shopify.Host) {
	target, err := e.app.EmbeddedURL(host)
	if err != nil {
		e.installPage(w, r, http.StatusOK, "")
		return
	}
	http.Redirect(w, r, target, shopify.StatusRedirect)
}

// dead says whether a page failed for want of a token that works, and forgets
// one that does not.
func (e *Embed) dead(r *http.Request, c *web.Caller, x *web.Error) bool {
	if errors.Is(x, adminapi.ErrUnauthorized) && c.Lease != nil {
		err := e.tokens.Delete(r.Context(), c.Lease, shopify.OfflineSessionID(c.Shop.String()))
		e.unexpected(c.Shop, err)
		return err == nil
	}
	return errors.Is(x, access.ErrNoToken) || denied(x)
}

// denied says whether Shopify refused a query for want of a scope.
func denied(err error) bool {
	var q *adminapi.QueryError
	return errors.As(err, &q) && q.Code == "ACCESS_DENIED"
}

// renewed begins what mends a dead token: the app is loaded anew, which gets
// one, or the merchant is asked for the scopes. A document that was loaded anew
// and still fails is answered with the error.
func (e *Embed) renewed(w http.ResponseWriter, r *http.Request, c *web.Caller, x *web.Error) {
	if isDocument(r) {
		if !bouncedAgain(r) && !denied(x) {
			e.bounceAgain(w, r, c)
			return
		}
		e.messagePage(w, r, x.Status, e.framesOf(c.Shop.String()), textNoToken)
		return
	}
	target := e.embedded(c.Shop.String())
	if denied(x) {
		target = e.ownURL(beginPath) + "?shop=" + c.Shop.String()
	}
	w.Header().Set(reauthorize, "1")
	w.Header().Set(reauthorizeURL, target)
	e.answer(w, r, &web.Error{Status: http.StatusUnauthorized, Code: "reconnect", Text: "Shopify has to let the app in again"})
}

// answer is the kit's error as JSON.
func (e *Embed) answer(w http.ResponseWriter, r *http.Request, x *web.Error) {
	body := struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{x.Text, x.Code}
	if err := web.WriteJSON(w, r, x.Status, body); err != nil {
		e.log.Error("cannot answer with an error", "error", err)
	}
}

// gone is for crawlers, which have no business here.
func (e *Embed) gone(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }
