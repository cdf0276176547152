package admin

import (
	"context"
	"net/url"
	"strings"
	"time"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
	"lapak/web/view"
)

func (f *face) designRoutes() []web.Route {
	return []web.Route{
		f.get("/designs", read, (*visit).designs),
		f.get("/designs/{id}", read, (*visit).design),
		f.post("/designs/{id}", write, (*visit).renameDesign),
		f.post("/designs/{id}/copy", write, (*visit).copyDesign),
		f.post("/designs/{id}/template", write, (*visit).templateDesign),
		f.post("/designs/{id}/delete", write, (*visit).deleteDesign),
		f.post("/designs/chosen", write, (*visit).chosenDesigns),
		f.post("/designs/undo", write, (*visit).undoDesigns),
	}
}

const (
	designsPerPage = 24
	productsShown  = 200 // in the filter
	searchLength   = 200 // characters of what is looked for
)

// designQuery is the state of the list of designs, as the address has it.
type designQuery struct {
	text, product, show, from, to, sort, view string
	after                                     store.Cursor
}

func (q designQuery) values() url.Values {
	out := url.Values{}
	for name, value := range map[string]string{
		"q": q.text, "product": q.product, "show": q.show, "from": q.from, "to": q.to, "sort": q.sort, "view": q.view,
		"after": q.after.String(),
	} {
		if value != "" {
			out.Set(name, value)
		}
	}
	return out
}

func (q designQuery) narrow() bool { return q.text+q.product+q.show+q.from+q.to != "" }

// designQuery reads the address. What is wrong with the dates is told beside them.
func (v *visit) designQuery() (q designQuery, f store.DesignFilter, wrong string, err error) {
	in := v.r.URL.Query()
	q = designQuery{
		text: clipText(in.Get("q"), searchLength), product: in.Get("product"), show: in.Get("show"), from: in.Get("from"), to: in.Get("to"),
		sort: in.Get("sort"), view: in.Get("view"),
	}
	if q.after, err = store.ParseCursor(in.Get("after")); err != nil {
		return q, f, "", err
	}
	f = store.DesignFilter{ProductID: q.product, Text: q.text}
	switch yes, mine := true, ""; q.show {
	case "templates":
		f.Template = &yes
	case "mine":
		f.Owner = &mine
	case "customers":
		f.Shoppers = true
	}
	var badFrom, badTo bool
	f.From, badFrom = v.day(q.from, 0)
	f.To, badTo = v.day(q.to, 1)
	if badFrom || badTo {
		wrong = v.l.T("designs.dates.wrong")
	}
	return q, f, wrong, nil
}

// day is the beginning of a day on the shop's calendar, plus some days; the zero
// Time for "".
func (v *visit) day(text string, plus int) (t time.Time, bad bool) {
	if text == "" {
		return t, false
	}
	t, err := time.ParseInLocation(time.DateOnly, text, v.l.Zone)
	if err != nil {
		return time.Time{}, true
	}
	return t.AddDate(0, 0, plus), false
}

// clipText shortens what somebody looks for.
func clipText(s string, most int) string {
	if r := []rune(strings.TrimSpace(strings.ToValidUTF8(s, ""))); len(r) > most {
		return string(r[:most])
	} else {
		return string(r)
	}
}

// designList is what the list is made of.
type designList struct {
	items    []store.Design
	next     store.Cursor
	products []store.ProductTitle
	used     store.Usage
}

func (v *visit) designs() error {
	q, f, wrong, err := v.designQuery()
	if err != nil {
		return err
	}
	var d designList
	err = v.lease().Snapshot(v.r.Context(), "list designs", func(s *store.View) (err error) { return d.read(s, q, f, v.lease().Terms()) })
	if err != nil {
		return err
	}
	m := v.designsView(q, d)
	m.Filter.Error = wrong
	return v.ok(v.l.T("designs.title"), "/designs", view.Designs(v.l, m))
}

func (d *designList) read(s *store.View, q designQuery, f store.DesignFilter, terms store.Terms) (err error) {
	look, p := s.Designs, store.Page{Limit: designsPerPage, After: q.after}
	if q.sort == "name" {
		look = s.DesignsByName
	}
	if d.items, d.next, err = look(f, p); err != nil {
		return err
	}
	if d.used, _, err = s.Usage(terms); err != nil {
		return err
	}
	d.products, err = s.ProductTitles(productsShown)
	return err
}

func (v *visit) designsView(q designQuery, d designList) view.DesignsView {
	at := func(change func(*designQuery)) string {
		to := q
		to.after = store.Cursor{}
		change(&to)
		return v.path("/designs", to.values())
	}
	m := view.DesignsView{
		Grid: q.view != "list", Narrow: q.narrow(), Trash: v.path("/trash", nil),
		GridURL: at(func(q *designQuery) { q.view = "" }), ListURL: at(func(q *designQuery) { q.view = "list" }),
		ByName: view.SortView{Label: v.l.T("designs.name"), Href: at(func(q *designQuery) { q.sort = "name" })},
		ByTime: view.SortView{Label: v.l.T("designs.sort.changed"), Href: at(func(q *designQuery) { q.sort = "" })},
		Filter: view.DesignsFilter{
			Action: v.path("/designs", nil), Text: q.text, Product: q.product, Show: q.show, From: q.from, To: q.to, Sort: q.sort, View: q.view,
			Products: v.productOptions(d.products), Clear: v.path("/designs", designQuery{view: q.view}.values()),
		},
	}
	if m.ByTime.Sorted = "desc"; q.sort == "name" {
		m.ByTime.Sorted, m.ByName.Sorted = "", "asc"
	}
	if v.can(write) {
		m.Bulk = v.path("/designs/chosen", nil)
	}
	if !q.after.IsZero() {
		m.Next.First = at(func(*designQuery) {})
	}
	if !d.next.IsZero() {
		m.Next.Next = at(func(q *designQuery) { q.after = d.next })
	}
	titles := productTitles(d.products)
	side := upload.Tile
	if !m.Grid {
		side = upload.Row
	}
	for _, design := range d.items {
		m.Items = append(m.Items, v.designItem(design, titles, side))
	}
	return m
}

func (v *visit) productOptions(products []store.ProductTitle) []view.Option {
	out := []view.Option{{Value: "", Label: v.l.T("designs.product.all")}}
	for _, p := range products {
		label := p.Title
		if label == "" {
			label = v.l.T("designs.product.number", p.ProductID)
		}
		out = append(out, view.Option{Value: p.ProductID, Label: label})
	}
	return out
}

func productTitles(products []store.ProductTitle) map[string]string {
	titles := make(map[string]string, len(products))
	for _, p := range products {
		titles[p.ProductID] = p.Title
	}
	return titles
}

func (v *visit) designItem(d store.Design, titles map[string]string, side upload.Side) view.DesignItem {
	item := view.DesignItem{
		ID: d.ID, Name: d.Name, Href: v.path("/designs/"+url.PathEscape(d.ID), nil), Preview: v.previewURL(d, side), Product: titles[d.ProductID],
		Owner: v.ownerName(d.Owner), Template: d.IsTemplate, Changed: d.UpdatedAt.Time,
	}
	if item.Product == "" {
		item.Product = v.l.T("designs.product.number", d.ProductID)
	}
	return item
}

// ownerName is a shopper for people; "" for the merchant.
func (v *visit) ownerName(owner store.Owner) string {
	if owner == "" {
		return ""
	}
	if id, ok := strings.CutPrefix(owner, "customer:"); ok {
		return v.l.T("designs.owner.some", id)
	}
	return v.l.T("designs.owner.guest")
}

func (v *visit) write(why string, fn func(tx *store.Tx) error) error {
	return v.lease().Write(v.r.Context(), why, fn)
}

func (v *visit) read(why string, fn func(ctx context.Context, s *store.View) error) error {
	return v.lease().Read(v.r.Context(), why, func(s *store.View) error { return fn(v.r.Context(), s) })
}
