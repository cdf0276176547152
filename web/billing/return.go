package billing

import (
	"context"
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
	returnPattern = "/billing/return"
	// returnWithin is how long a merchant may take to approve: Shopify gives two days.
	returnWithin = 72 * time.Hour
	maxReturnURL = 255 // characters, says Shopify
	// patience is how long a returning merchant waits for Shopify's word.
	patience = 8 * time.Second
)

// Routes is where Shopify sends a merchant's browser after they decided.
func (b *Billing) Routes() []web.Route {
	return []web.Route{{Method: http.MethodGet, Pattern: returnPattern, Proof: web.None(), Handle: b.returned}}
}

// returnURL is the address of the route for a shop and a path. It is signed, so
// that a stranger can neither make us ask Shopify nor make us redirect.
func (b *Billing) returnURL(shop store.Shop, path string) (string, error) {
	until := strconv.FormatInt(b.now().Add(returnWithin).Unix(), 10)
	q := url.Values{"s": {shop.String()}, "b": {path}, "t": {until}, "sig": {b.opt.App.SignCookie(returnText(shop.String(), path, until))}}
	whole, err := b.opt.App.ReturnURL(returnPattern + "?" + q.Encode())
	if err == nil && len(whole) > maxReturnURL {
		err = web.Invalid("returnPath", "is too long")
	}
	return whole, err
}

func returnText(shop, path, until string) string {
	return "billing return\n" + shop + "\n" + until + "\n" + path
}

// readReturn checks the signature and reads what was signed.
func (b *Billing) readReturn(q url.Values) (shop store.Shop, path string, err error) {
	if err := b.opt.App.VerifyCookie(returnText(q.Get("s"), q.Get("b"), q.Get("t")), q.Get("sig")); err != nil {
		return shop, "", err
	}
	until, err := strconv.ParseInt(q.Get("t"), 10, 64)
	if err != nil || b.now().After(time.Unix(until, 0)) {
		return shop, "", fmt.Errorf("it ended at %q: %w", q.Get("t"), shopify.ErrStale)
	}
	shop, err = store.ParseShop(q.Get("s"))
	return shop, q.Get("b"), err
}

// returned asks Shopify what the merchant decided and sends them back to the app.
// If Shopify does not answer, its webhook will tell.
func (b *Billing) returned(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	shop, path, err := b.readReturn(r.URL.Query())
	if err != nil {
		return &web.Error{Status: http.StatusBadRequest, Code: "invalid", Text: "This link is damaged or too old; open the app in Shopify's admin", Cause: err}
	}
	back, err := b.backURL(shop, path)
	if err != nil {
		return err
	}
	lease, err := b.opt.Pool.Acquire(r.Context(), shop)
	if err != nil {
		return err
	}
	defer lease.Release()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := b.Refresh(ctx, lease); err != nil {
		b.log.Warn("cannot ask Shopify about a subscription that a merchant decided on", "shop", shop.String(), "error", err)
	}
	http.Redirect(w, r, back, http.StatusFound)
	return nil
}

// backURL is where the merchant goes on: inside Shopify's admin for the pages
// that live there, else in this app.
func (b *Billing) backURL(shop store.Shop, path string) (string, error) {
	whole, err := b.opt.App.ReturnURL(path)
	if err != nil || path != "/app" && !strings.HasPrefix(path, "/app/") && !strings.HasPrefix(path, "/app?") {
		return whole, err
	}
	admin, err := shopify.AdminOf(shop.String())
	if err != nil {
		return "", err
	}
	host, err := shopify.ParseHost(base64.RawStdEncoding.EncodeToString([]byte(admin)))
	if err != nil {
		return "", err
	}
	embedded, err := b.opt.App.EmbeddedURL(host)
	return embedded + path, err
}
