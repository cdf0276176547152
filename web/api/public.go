package api

import (
	"net/http"

	"lapak/web"
	"lapak/web/storefront"
)

// getPublicProduct is asked for by every visitor of a product page.
func (a *API) getPublicProduct(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	product, err := storefront.Read(r.Context(), c.Lease, web.Param(r, "product"))
	if err != nil {
		return err
	}
	return product.Send(w, r, "public, max-age=0, must-revalidate")
}
