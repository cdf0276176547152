package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"lapak/store"
	"lapak/web"
	"lapak/web/products"
)

// product is one product of the shop and whether shoppers may customize it.
type product struct {
	ID           string `json:"id"`
	Title        string `json:"title"`
	Image        string `json:"image"`
	Customizable bool   `json:"customizable"`
}

// listProducts lists the shop's products at Shopify; where it is not installed
// there, those that are configured.
func (a *API) listProducts(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	if a.products == nil {
		return a.listConfigured(w, r, c)
	}
	err := a.listAtShopify(w, r, c)
	if errors.Is(err, products.ErrNotInstalled) {
		return a.listConfigured(w, r, c)
	}
	return err
}

func (a *API) listAtShopify(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	q := r.URL.Query()
	limit, err := web.ParseLimit(q.Get("limit"))
	if err != nil {
		return err
	}
	page, err := a.products.List(r.Context(), c.Lease, products.Query{Search: q.Get("query"), After: q.Get("cursor"), Limit: limit})
	if err != nil {
		return fmt.Errorf("list products: %w", err)
	}
	items := make([]product, len(page.Products))
	for i, p := range page.Products {
		items[i] = product{p.ID, p.Title, p.ImageURL, p.Customizable}
	}
	web.LinkNext(w, r, a.url, page.Next, "query")
	return web.WriteJSON(w, r, http.StatusOK, items)
}

// listConfigured lists what is known of products without asking Shopify.
func (a *API) listConfigured(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	p, err := page(r.URL.Query())
	if err != nil {
		return err
	}
	search := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("query")))
	items, next := []product{}, store.Cursor{}
	err = c.Lease.Snapshot(r.Context(), "list products", func(v *store.View) (err error) {
		items, next, err = configured(v, search, p)
		return err
	})
	if err != nil {
		return err
	}
	return a.writeList(w, r, items, next, "query")
}

// configured reads until the page is full, each time as many as are missing, so
// that the cursor is right behind the last one that was looked at.
func configured(v *store.View, search string, p store.Page) ([]product, store.Cursor, error) {
	items, want := []product{}, p.Limit
	for {
		p.Limit = want - len(items)
		configs, next, err := v.Configs(p)
		if err != nil {
			return nil, next, err
		}
		for _, cfg := range configs {
			if search == "" || strings.Contains(strings.ToLower(cfg.Title), search) || strings.Contains(strings.ToLower(cfg.ProductID), search) {
				items = append(items, product{cfg.ProductID, cfg.Title, cfg.ImageURL, cfg.Enabled})
			}
		}
		if len(items) == want || next.IsZero() {
			return items, next, nil
		}
		p.After = next
	}
}
