package admin

import (
	"errors"
	"net/url"
	"strings"

	"lapak/store"
	"lapak/web"
	"lapak/web/products"
	"lapak/web/upload"
	"lapak/web/view"
)

// ProductQuery asks for a page of a shop's products.
type ProductQuery struct {
	Search string // a part of the title; "" means any
	After  string // where the page begins, as ProductPage.Next says; "": at the start
	Limit  int
}

// ProductPage is a page of a shop's products.
type ProductPage struct {
	Products []Product
	Next     string // the cursor of the next page; "": there is none
}

// Product is a product as the shop knows it, configured or not.
type Product struct{ ID, Title, ImageURL string }

func (f *face) productRoutes() []web.Route {
	return []web.Route{
		f.get("/products", read, (*visit).products),
		f.post("/products/undo", write, (*visit).undoProduct),
		f.post("/products/{product}/switch", write, (*visit).switchProduct),
		f.post("/products/{product}/delete", write, (*visit).deleteProduct),
	}
}

const productRows = 20

// The views of the products page, as its query's "show" names them.
const (
	showAll   = ""
	showReady = "ready"
	showOn    = "on"
	showOff   = "off"
)

func (v *visit) products() error {
	q := v.r.URL.Query()
	show, search := q.Get("show"), clip(q.Get("q"))
	if show == showAll && v.opt.Products == nil {
		show = showReady
	}
	m := view.ProductsView{
		Search: search, Searched: search != "", Action: v.path("/products", nil), CanWrite: v.can(write), Tabs: v.productTabs(show, search),
	}
	if show != v.firstTab() {
		m.Tab = show
	}
	here := v.productQuery(show, search)
	page, err := v.productPage(show, ProductQuery{Search: search, After: q.Get("after"), Limit: productRows}, &m)
	if err != nil {
		return err
	}
	m.Back, m.Clear = here.Encode(), v.path("/products", v.productQuery(show, ""))
	if after := q.Get("after"); after != "" {
		m.Pager.First = v.path("/products", here)
		m.Back = with(here, "after", after).Encode()
	}
	if page.Next != "" {
		m.Pager.Next = v.path("/products", with(here, "after", page.Next))
	}
	return v.ok(v.l.T("products.title"), "/products", view.Products(v.l, m))
}

// productPage fills in the rows. Where Shopify does not answer it falls back to
// the products that are set up.
func (v *visit) productPage(show string, q ProductQuery, m *view.ProductsView) (page ProductPage, err error) {
	if show == showAll {
		if page, err = v.opt.Products(v.r.Context(), v.lease(), q); err == nil {
			m.Rows, err = v.listedRows(page.Products)
			return page, err
		}
		if errors.Is(err, products.ErrNotInstalled) {
			q.After = ""
			return v.configured(show, q, m)
		}
		var wrong *web.Error
		if errors.As(err, &wrong) && wrong.Status < 500 || v.r.Context().Err() != nil {
			return page, err
		}
		v.opt.Log.Warn("cannot list Shopify's products", "shop", v.c.Shop.String(), "error", err)
		m.Trouble, q.After = v.l.T("products.trouble"), ""
	}
	return v.configured(show, q, m)
}

// listedRows are rows of products that may be set up or not.
func (v *visit) listedRows(products []Product) (rows []view.ProductRow, err error) {
	err = v.lease().Read(v.r.Context(), "look which products are set up", func(s *store.View) error {
		for _, p := range products {
			card, err := s.ConfigCard(p.ID)
			if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrInvalid) {
				return err
			}
			card.ProductID, card.Title, card.ImageURL = p.ID, p.Title, p.ImageURL
			row, known := v.productRow(card, err == nil), err == nil
			if !known { // its setup begins with what Shopify calls it
				row.Href += "?" + url.Values{"title": {p.Title}, "image": {p.ImageURL}}.Encode()
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

// configured lists the products that are set up.
func (v *visit) configured(show string, q ProductQuery, m *view.ProductsView) (page ProductPage, err error) {
	f := store.ConfigFilter{Search: q.Search}
	if show == showOn || show == showOff {
		on := show == showOn
		f.Enabled = &on
	}
	after, err := store.ParseCursor(q.After)
	if err != nil {
		return page, err
	}
	return page, v.lease().Read(v.r.Context(), "list products", func(s *store.View) error {
		cards, next, err := s.ConfigCards(f, store.Page{Limit: q.Limit, After: after})
		if err != nil {
			return err
		}
		page.Next = next.String()
		for _, card := range cards {
			row := v.productRow(card, true)
			if row.ImageURL == "" {
				row.ImageURL = v.firstPicture(s, card)
			}
			m.Rows = append(m.Rows, row)
		}
		return nil
	})
}

func (v *visit) productRow(c store.ConfigCard, known bool) view.ProductRow {
	at := "/products/" + url.PathEscape(c.ProductID)
	row := view.ProductRow{
		ID: c.ProductID, Title: c.Title, ImageURL: showable(c.ImageURL), Href: v.path(at, nil), Toggle: v.path(at+"/switch", nil),
		Known: known, Enabled: c.Enabled,
	}
	if row.Title == "" {
		row.Title = c.ProductID
	}
	if known {
		row.Changed = v.l.Ago(c.UpdatedAt.Time)
	}
	return row
}

// firstPicture is the base image of a product's first side; "" if there is none.
func (v *visit) firstPicture(s *store.View, c store.ConfigCard) string {
	name, ok := strings.CutPrefix(c.Picture, assetStart)
	if !ok {
		return showable(c.Picture)
	}
	as, err := s.AssetNamed(name)
	if err != nil {
		return "" // it was deleted, or never there
	}
	return v.pictureURL(as, upload.Row)
}

func (v *visit) firstTab() string {
	if v.opt.Products == nil {
		return showReady
	}
	return showAll
}

func (v *visit) productTabs(show, search string) (tabs []view.NavItem) {
	for _, t := range []struct{ show, key string }{
		{showAll, "products.all"}, {showReady, "products.ready"}, {showOn, "products.active"}, {showOff, "products.inactive"},
	} {
		if t.show == showAll && v.opt.Products == nil {
			continue
		}
		if t.show == showReady && v.opt.Products == nil {
			t.key = "products.all"
		}
		tabs = append(tabs, view.NavItem{Label: v.l.T(t.key), Current: t.show == show, Href: v.path("/products", v.productQuery(t.show, search))})
	}
	return tabs
}

func (v *visit) productQuery(show, search string) url.Values {
	q := url.Values{}
	if show != v.firstTab() {
		q.Set("show", show)
	}
	if search != "" {
		q.Set("q", search)
	}
	return q
}

func (v *visit) switchProduct() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	on, code := form.Get("on") == "on", "product-off"
	if on {
		code = "product-on"
	}
	err = v.lease().Write(v.r.Context(), "switch product", func(tx *store.Tx) error {
		card, err := tx.ConfigCard(web.Param(v.r, "product"))
		if err != nil || card.Enabled == on {
			return err
		}
		_, _, err = tx.PutConfig(v.c.By, v.lease().Terms(), card.ProductID, store.ConfigPatch{Enabled: &on}, 0)
		return err
	})
	if err != nil {
		return err
	}
	back, err := url.ParseQuery(form.Get("back"))
	if err != nil {
		back = nil
	}
	return v.doneWith("/products", back, code, "")
}

func (v *visit) deleteProduct() error {
	if _, err := v.form(); err != nil {
		return err
	}
	var id string
	err := v.lease().Write(v.r.Context(), "delete product's config", func(tx *store.Tx) error {
		c, err := tx.Config(web.Param(v.r, "product"))
		if err != nil {
			return err
		}
		id = c.ID
		return tx.DeleteConfig(v.c.By, v.lease().Terms(), c.ProductID, 0)
	})
	if err != nil {
		return err
	}
	return v.done("/products", "product-deleted", id)
}

func (v *visit) undoProduct() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	err = v.lease().Write(v.r.Context(), "bring product's config back", func(tx *store.Tx) error {
		_, err := tx.Undelete(v.c.By, v.lease().Terms(), form.Get("of"))
		return err
	})
	if err != nil {
		return err
	}
	return v.done("/products", "product-back", "")
}

// with is a copy of a query with one value more.
func with(q url.Values, name, value string) url.Values {
	out := url.Values{name: {value}}
	for n, values := range q {
		if n != name {
			out[n] = values
		}
	}
	return out
}

// showable is an image's address that the pages' policy lets browsers load; "" for
// others.
func showable(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return raw
}

// clip shortens a stranger's text to what a search may have.
func clip(s string) string { return string([]rune(s)[:min(len([]rune(s)), 200)]) }
