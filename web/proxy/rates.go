package proxy

import (
	"net/http"
	"strings"
	"time"

	"lapak/store"
	"lapak/web"
)

// often is how many times a second something may happen, and how many times at
// once. The zero value means as often as one likes.
type often struct {
	perSecond float64
	burst     int
}

// shopperOf names one shopper of one shop.
type shopperOf struct {
	shop  store.Shop
	owner store.Owner
}

// rates bound how often shoppers may ask for one kind of thing. A customer is
// proven, so they are bounded alone. A visitor can make up as many claims as they
// like, and perhaps addresses: so beside the claim their network counts, and all
// visitors of the shop together.
type rates struct {
	shopper *web.Limiter[shopperOf]
	network *web.Limiter[web.Visit]
	shop    *web.Limiter[store.Shop]
}

func newRates(times float64, shopper, network, shop often) *rates {
	return &rates{
		shopper: web.NewLimiter[shopperOf](shopper.perSecond*times, shopper.burst),
		network: web.NewLimiter[web.Visit](network.perSecond*times, network.burst),
		shop:    web.NewLimiter[store.Shop](shop.perSecond*times, shop.burst),
	}
}

// take takes a request's turn, or says how long until there is one. The coarsest
// bound comes first, so that made-up names do not crowd out the others.
func (r *rates) take(shop store.Shop, req *http.Request) (wait time.Duration) {
	if id := customer(req); id != "" {
		return r.shopper.Take(shopperOf{shop, store.CustomerOwner(id)})
	}
	if wait = r.shop.Take(shop); wait > 0 {
		return wait
	}
	if wait = r.network.Take(web.Visit{Network: web.Network(forwardedFor(req)), Shop: shop}); wait > 0 {
		return wait
	}
	if token := req.Header.Get(claimHeader); isClaim(token) {
		wait = r.shopper.Take(shopperOf{shop, store.ClaimOwner(token)})
	}
	return wait
}

// forwardedFor is the shopper's address as Shopify adds it ("X-Forwarded-For: The
// client IP address", shopify.dev/docs/apps/build/online-store/app-proxies/
// authenticate-app-proxies). It is not signed. The first one counts: a server
// between Shopify and us adds Shopify's, which all shoppers share, behind it.
func forwardedFor(r *http.Request) string {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-For"), ",")
	return strings.TrimSpace(first)
}
