package admin

import (
	"errors"
	"net/url"

	"lapak/store"
	"lapak/web"
	"lapak/web/view"
)

func (f *face) trashRoutes() []web.Route {
	return []web.Route{
		f.get("/trash", read, (*visit).trash),
		f.post("/trash/restore", write, (*visit).restoreTrashed),
	}
}

const trashPerPage = 30

// trashed is a deleted thing and who deleted it.
type trashed struct {
	store.Trashed
	by *store.Entry // nil: not noted any more
}

func (v *visit) trash() error {
	after, err := store.ParseCursor(v.r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	var items []trashed
	var next store.Cursor
	var products []store.ProductTitle
	err = v.lease().Snapshot(v.r.Context(), "list what was deleted", func(s *store.View) (err error) {
		if items, next, err = readTrash(s, store.Page{Limit: trashPerPage, After: after}); err != nil {
			return err
		}
		products, err = s.ProductTitles(productsShown)
		return err
	})
	if err != nil {
		return err
	}
	m := view.TrashView{Back: view.NavItem{Href: v.path("/designs", nil), Label: v.l.T("designs.title")}}
	if v.can(write) {
		m.Restore = v.path("/trash/restore", nil)
	}
	if !after.IsZero() {
		m.Next.First = v.path("/trash", nil)
	}
	if !next.IsZero() {
		m.Next.Next = v.path("/trash", url.Values{"after": {next.String()}})
	}
	titles := productTitles(products)
	for _, t := range items {
		m.Items = append(m.Items, v.trashItem(t, titles))
	}
	return v.ok(v.l.T("trash.title"), "/designs", view.Trash(v.l, m))
}

func readTrash(s *store.View, p store.Page) ([]trashed, store.Cursor, error) {
	things, next, err := s.Trash(p)
	if err != nil {
		return nil, next, err
	}
	items := make([]trashed, len(things))
	for i, t := range things {
		items[i].Trashed = t
		e, err := s.Deletion(t)
		if err == nil {
			items[i].by = &e
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, next, err
		}
	}
	return items, next, nil
}

func (v *visit) trashItem(t trashed, titles map[string]string) view.TrashItem {
	item := view.TrashItem{
		ID: t.ID, Resource: t.Resource, Name: t.Name, Kind: v.l.T("trash.kind." + t.Resource), Owner: v.ownerName(t.Owner), Deleted: t.DeletedAt.Time,
	}
	if t.by != nil {
		item.Who = who(v.l, *t.by)
	}
	if item.Product = titles[t.ProductID]; item.Product == "" && t.ProductID != "" {
		item.Product = v.l.T("designs.product.number", t.ProductID)
	}
	switch t.Resource {
	case "design":
		item.Icon = "pencil"
	case "asset":
		item.Icon = "image"
	case "config":
		item.Icon = "tag"
		if item.Name == "" {
			item.Name, item.Product = item.Product, ""
		}
	}
	return item
}

// restoreTrashed brings one thing back. What is back already is no mistake:
// somebody pressed twice.
func (v *visit) restoreTrashed() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	code, id := "trash-back", form.Get("id")
	if form.Get("resource") == "asset" { // its bytes come back with it
		_, err = v.opt.Uploads.Undelete(v.r.Context(), v.lease(), v.c.By, id)
	} else {
		err = v.write("bring back what was deleted", func(tx *store.Tx) error {
			t, err := tx.Undelete(v.c.By, v.lease().Terms(), id)
			if err == nil && t.Resource == "asset" {
				err = store.ErrNotFound // the transaction is taken back
			}
			return err
		})
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		code = "trash-gone"
	case errors.Is(err, store.ErrLimit):
		code = "trash-full"
	case errors.Is(err, store.ErrExists):
		code = "trash-taken"
	case err != nil:
		return err
	}
	return v.done("/trash", code, "")
}
