package proxy

import (
	"errors"
	"fmt"
	"net/http"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/shopify"
)

// prover believes what Shopify signed, and nothing else in the request. Who asks
// too often is turned away here, before a shop is opened or a body read.
func (p *Proxy) prover(r *rates, params []string) web.Prover {
	return func(req *http.Request) (web.Identity, error) {
		signed, err := p.app.ReadProxy(req.URL.RawQuery, params...)
		if errors.Is(err, shopify.ErrNoSignature) {
			return web.Identity{}, fmt.Errorf("%w: %w", web.ErrNoProof, err)
		} else if err != nil {
			return web.Identity{}, fmt.Errorf("%w: %w", web.ErrBadProof, err)
		}
		for name, values := range signed.Params {
			if len(values) > 1 {
				return web.Identity{}, web.Invalid(name, "is there twice")
			}
		}
		shop, err := store.ParseShop(signed.Shop)
		if err != nil {
			return web.Identity{}, fmt.Errorf("%w: %w", web.ErrBadProof, err)
		}
		if wait := r.take(shop, req); wait > 0 {
			return web.Identity{}, web.ErrTooMany(wait)
		}
		dropDomain(req)
		return web.Identity{Shop: shop, Role: catalog.RoleWrite, By: store.By{UserID: kindOf(req)}}, nil
	}
}

// dropDomain forgets a storefront's own domain. Shopify passes it on in the header
// that names a shop elsewhere, though not always (shopify-app-js, issue 867); a
// shop's name in it stays, to be compared with the proven one.
func dropDomain(r *http.Request) {
	const header = "X-Shop-Domain"
	for _, name := range r.Header.Values(header) {
		if _, err := store.ParseShop(name); err == nil {
			return
		}
	}
	r.Header.Del(header)
}

// kindOf is who acts, for the audit log. It holds no customer's id: whose a design
// is stands with the design, and goes with it.
func kindOf(r *http.Request) string {
	if customer(r) != "" {
		return "customer"
	}
	return "visitor"
}
