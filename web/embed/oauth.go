package embed

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lapak/store"
	"lapak/web"
	"lapak/web/shopify"
)

const (
	stateCookie = "shopify_app_state"
	stateAge    = 60 * time.Second
)

// begin sends a merchant to Shopify to agree to the app's scopes: the way in of
// installs that Shopify does not manage. The state in a signed cookie ties what
// comes back to this browser.
func (e *Embed) begin(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	q := r.URL.Query()
	shop, err := e.app.ParseShopForm(q.Get("shop"))
	if err != nil {
		e.installPage(w, r, http.StatusBadRequest, q.Get("shop"))
		return nil
	}
	state := shopify.NewState() + "." + strconv.FormatInt(e.now().Add(stateAge).Unix(), 10)
	e.setCookie(w, stateCookie, state, stateAge)
	e.setCookie(w, stateCookie+shopify.CookieSigSuffix, e.app.SignCookie(state), stateAge)
	http.Redirect(w, r, e.app.AuthorizeURL(shop, state, callbackPath, q.Get("online") == "1"), shopify.StatusRedirect)
	return nil
}

// setCookie sets one that only the callback sees; without a value it deletes it.
func (e *Embed) setCookie(w http.ResponseWriter, name, value string, age time.Duration) {
	seconds := int(age / time.Second)
	if value == "" {
		seconds = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: callbackPath, MaxAge: seconds,
		Secure: e.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// state is what begin put into the cookie, "" if there is none that holds.
func (e *Embed) state(r *http.Request) string {
	value, err1 := r.Cookie(stateCookie)
	sig, err2 := r.Cookie(stateCookie + shopify.CookieSigSuffix)
	if err1 != nil || err2 != nil || e.app.VerifyCookie(value.Value, sig.Value) != nil {
		return ""
	}
	_, until, _ := strings.Cut(value.Value, ".")
	seconds, err := strconv.ParseInt(until, 10, 64)
	if err != nil || e.now().Unix() > seconds {
		return ""
	}
	return value.Value
}

// callback is where Shopify sends the merchant who agreed.
func (e *Embed) callback(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	state := e.state(r)
	e.setCookie(w, stateCookie, "", 0)
	e.setCookie(w, stateCookie+shopify.CookieSigSuffix, "", 0)
	if state == "" {
		e.messagePage(w, r, http.StatusBadRequest, noFrames, textNoState)
		return nil
	}
	in, err := e.readCallback(r, state)
	if err != nil {
		e.log.Warn("an OAuth callback was refused", "error", err)
		e.messagePage(w, r, shopify.Status(err), noFrames, textBadCallback)
		return nil
	}
	start := e.now()
	token, err := e.api.Code(r.Context(), in.Shop, in.Code)
	if err != nil {
		e.log.Warn("Shopify gave no access token for a code", "shop", in.Shop, "error", err)
		e.messagePage(w, r, http.StatusBadGateway, noFrames, textNoAnswer)
		return nil
	}
	if !token.Scopes.Has(e.app.Scopes()) {
		e.log.Warn("a shop did not grant all scopes", "shop", in.Shop, "granted", token.Scopes.String(), "wanted", e.app.Scopes().String())
		e.messagePage(w, r, http.StatusForbidden, noFrames, textFewScopes)
		return nil
	}
	if err := e.admit(r, c, in, token, start); err != nil {
		return err
	}
	target, err := e.app.EmbeddedURL(in.Host)
	if err != nil {
		target = e.embedded(in.Shop)
	}
	http.Redirect(w, r, target, shopify.StatusRedirect)
	return nil
}

// readCallback checks that the callback belongs to this browser, that Shopify
// signed it, and which shop it is about, in this order.
func (e *Embed) readCallback(r *http.Request, state string) (shopify.Install, error) {
	if err := shopify.CheckState(state, r.URL.Query().Get("state")); err != nil {
		return shopify.Install{}, err
	}
	in, err := e.app.ReadInstall(r.URL.RawQuery)
	if err == nil && in.Code == "" {
		err = fmt.Errorf("no code: %w", shopify.ErrBadQuery)
	}
	return in, err
}

// admit makes the shop if it is new, and keeps its token.
func (e *Embed) admit(r *http.Request, c *web.Caller, in shopify.Install, token shopify.AccessToken, at time.Time) error {
	shop, err := store.ParseShop(in.Shop)
	if err != nil {
		return err
	}
	if err := e.know(r.Context(), shop); err != nil {
		return err
	}
	c.Shop = shop
	if err := c.Open(r.Context()); err != nil {
		return err
	}
	if err := e.tokens.Keep(r.Context(), c.Lease, token); err != nil {
		return err
	}
	if token.User != nil {
		return nil // a person's; the shop's own comes when they open the app
	}
	if err := e.pool.Catalog().RecordInstall(r.Context(), shop, token.Scopes.String(), at); err != nil {
		return err
	}
	e.log.Info("the app is installed in a shop", "shop", in.Shop, "scopes", token.Scopes.String())
	e.connect(shop)
	return nil
}

// embedded is the app in the admin of a shop, the install page for a shop whose
// admin has no known place.
func (e *Embed) embedded(shop string) string {
	place, err := shopify.AdminOf(shop)
	if err != nil {
		return e.ownURL(installPath)
	}
	host, err := shopify.ParseHost(base64.RawStdEncoding.EncodeToString([]byte(place)))
	if err != nil {
		return e.ownURL(installPath)
	}
	target, err := e.app.EmbeddedURL(host)
	if err != nil {
		return e.ownURL(installPath)
	}
	return target
}

// ownURL is a path of the app under its configured origin.
func (e *Embed) ownURL(path string) string {
	whole, err := e.app.ReturnURL(path)
	if err != nil {
		return path
	}
	return whole
}

func encode(name, value string) string { return name + "=" + url.QueryEscape(value) }
