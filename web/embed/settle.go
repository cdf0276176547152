package embed

import (
	"errors"
	"net/http"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/access"
	"lapak/web/shopify"
)

const (
	// calm is how long after a try the next one waits where trying again at once
	// would not help: Shopify did not answer, or did not grant all scopes.
	calm = 30 * time.Second
	// renewEarly is when before its end a token is had anew; a session token is at
	// hand here.
	renewEarly = 5 * time.Minute
)

// triedAt is the key in a lease's memory of when Shopify last gave no token.
type triedAt struct{}

// settle gets the shop's access token where one is missing: on its first visit,
// after an uninstall, with new scopes. It says whether Shopify wants a fresher
// session token. Other trouble is logged, and the page is shown.
func (e *Embed) settle(r *http.Request, c *web.Caller) (again bool) {
	ctx, name, start := r.Context(), c.Shop.String(), e.now()
	if last, tried := c.Lease.Memo().Load(triedAt{}); e.settled(r, c) || tried && start.Sub(last.(time.Time)) < calm {
		return false
	}
	raw, err := sessionToken(r, true)
	if err != nil {
		return false
	}
	token, err := e.tokens.Exchange(ctx, c.Lease, raw)
	if errors.Is(err, shopify.ErrExpired) && !bouncedAgain(r) {
		return true
	}
	if err == nil {
		err = e.pool.Catalog().RecordInstall(ctx, c.Shop, token.Scopes.String(), start)
	}
	if err != nil {
		c.Lease.Memo().Store(triedAt{}, e.now())
		e.log.Warn("no access token could be had for a shop; what needs Shopify does not work there", "shop", name, "error", err)
		return false
	}
	e.log.Info("the app is installed in a shop", "shop", name, "scopes", token.Scopes.String())
	e.connect(c.Shop)
	if !token.Scopes.Has(e.app.Scopes()) {
		c.Lease.Memo().Store(triedAt{}, e.now())
		e.log.Warn("a shop did not grant all scopes", "shop", name, "granted", token.Scopes.String(), "wanted", e.app.Scopes().String())
	}
	return false
}

// settled says whether the shop has a token that will last for a while and does
// all that it should.
func (e *Embed) settled(r *http.Request, c *web.Caller) bool {
	token, err := e.tokens.Stored(r.Context(), c.Lease)
	if err != nil || token.Over(e.now().Add(renewEarly)) || !token.Scopes.Has(e.app.Scopes()) {
		e.unexpected(c.Shop, err)
		return false
	}
	in, err := e.pool.Catalog().Install(r.Context(), c.Shop)
	e.unexpected(c.Shop, err)
	return err == nil && in.Installed()
}

// unexpected logs an error that is more than an absence.
func (e *Embed) unexpected(shop store.Shop, err error) {
	if err != nil && !errors.Is(err, access.ErrNoToken) && !errors.Is(err, catalog.ErrNotFound) {
		e.log.Error("cannot look at a shop's install", "shop", shop.String(), "error", err)
	}
}

// againParam marks a document that Shopify was asked to load once more because
// its session token came too late; it is asked only once.
const againParam = "lapak-again"

func bouncedAgain(r *http.Request) bool { return r.URL.Query().Has(againParam) }

func (e *Embed) bounceAgain(w http.ResponseWriter, r *http.Request, c *web.Caller) {
	e.redirect(w, r, c.Shop.String(), r.URL.RawQuery+"&"+againParam+"=1")
}
