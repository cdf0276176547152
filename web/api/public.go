package api

import (
	"net/http"

	"lapak/store"
	"lapak/web"
	"lapak/web/storefront"
)

// getPublicProduct is asked for by every visitor of a product page.
func (a *API) getPublicProduct(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	product, err := storefront.Read(r.Context(), c.Lease, web.Param(r, "product"), storefront.Origins{URL: a.url, CDN: a.cdn})
	if err != nil {
		return err
	}
	return product.Send(w, r, "public, max-age=0, must-revalidate")
}

// getPublicAsset sends what a product's answer names. An asset's bytes never
// change, so whoever has them need not ask again.
func (a *API) getPublicAsset(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	as, err := asset(r, c)
	if err != nil {
		return err
	}
	if !as.Public() {
		return store.ErrNotFound
	}
	return a.uploads.Send(w, r, c.Lease, as, "public, max-age=31536000, immutable")
}
