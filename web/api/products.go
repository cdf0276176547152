package api

import (
	"net/http"
	"strings"

	"lapak/store"
	"lapak/web"
)

// product is one product of the shop and whether shoppers may customize it.
type product struct {
	ID           string `json:"id"`
	Title        string `json:"title"`
	Image        string `json:"image"`
	Customizable bool   `json:"customizable"`
}

// listProducts lists the configured products: what is known of them without
// asking Shopify.
func (a *API) listProducts(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	p, err := page(r.URL.Query())
	if err != nil {
		return err
	}
	search := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("query")))
	items, next := []product{}, store.Cursor{}
	err = c.Lease.Snapshot(r.Context(), "list products", func(v *store.View) (err error) {
		items, next, err = products(v, search, p)
		return err
	})
	if err != nil {
		return err
	}
	return a.writeList(w, r, items, next, "query")
}

// products reads until the page is full, each time as many as are missing, so
// that the cursor is right behind the last one that was looked at.
func products(v *store.View, search string, p store.Page) ([]product, store.Cursor, error) {
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
