package admin

import (
	"context"
	"net/http"
	"net/url"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
	"lapak/web/view"
)

func (f *face) assetRoutes() []web.Route {
	up := f.route(http.MethodPost, "/assets", web.Key(write).Cold(), (*visit).uploadAsset)
	up.Body, up.Timeout = web.Stream(upload.MaxForm), long
	return []web.Route{
		f.get("/assets", read, (*visit).assets),
		up,
		f.get("/assets/{id}", read, (*visit).asset),
		f.post("/assets/{id}/delete", write, (*visit).deleteAsset),
		f.post("/assets/chosen", write, (*visit).chosenAssets),
		f.post("/assets/undo", write, (*visit).undoAssets),
	}
}

const assetsPerPage = 36

// assetQuery is the state of the gallery, as the address has it.
type assetQuery struct {
	text, kind string
	after      store.Cursor
}

func (q assetQuery) values() url.Values {
	out := url.Values{}
	for name, value := range map[string]string{"q": q.text, "type": q.kind, "after": q.after.String()} {
		if value != "" {
			out.Set(name, value)
		}
	}
	return out
}

func (v *visit) assetQuery() (q assetQuery, err error) {
	in := v.r.URL.Query()
	q = assetQuery{text: clipText(in.Get("q"), searchLength), kind: in.Get("type")}
	q.after, err = store.ParseCursor(in.Get("after"))
	return q, err
}

// assetList is what the gallery is made of.
type assetList struct {
	items   []store.Asset
	next    store.Cursor
	used    store.Usage
	storage []store.TypeUsage
}

func (v *visit) assets() error {
	q, err := v.assetQuery()
	if err != nil {
		return err
	}
	return v.showAssets(http.StatusOK, q, view.Form{Values: url.Values{"type": {q.kind}}})
}

func (v *visit) showAssets(status int, q assetQuery, f view.Form) error {
	d, err := v.readAssets(q)
	if err != nil {
		return err
	}
	return v.show(status, v.l.T("assets.title"), "/assets", view.Assets(v.l, v.assetsView(q, d, f)))
}

func (v *visit) readAssets(q assetQuery) (d assetList, err error) {
	err = v.lease().Snapshot(v.r.Context(), "list assets", func(s *store.View) (err error) {
		d.items, d.next, err = s.Assets(store.AssetFilter{Type: q.kind, Text: q.text}, store.Page{Limit: assetsPerPage, After: q.after})
		if err != nil {
			return err
		}
		var month store.Monthly
		if d.used, month, err = s.Usage(v.lease().Terms()); err != nil {
			return err
		}
		d.storage, err = v.storage(s, storageState{d.used, month})
		return err
	})
	return d, err
}

// storageState is what changes with nearly everything that changes the storage
// by type, which takes milliseconds to add up in a large shop.
type storageState struct {
	used  store.Usage
	month store.Monthly
}

// storageMemo is the storage by type in some state.
type storageMemo struct {
	state   storageState
	storage []store.TypeUsage
}

func (v *visit) storage(s *store.View, now storageState) ([]store.TypeUsage, error) {
	const name = "storage by type"
	if known, ok := v.lease().Memo().Load(name); ok && known.(storageMemo).state == now {
		return known.(storageMemo).storage, nil
	}
	all, err := s.StorageByType()
	if err == nil {
		v.lease().Memo().Store(name, storageMemo{now, all})
	}
	return all, err
}

func (v *visit) assetsView(q assetQuery, d assetList, f view.Form) view.AssetsView {
	limits := v.shop().Limits
	m := view.AssetsView{
		Action: v.path("/assets", nil), Text: q.text, Kind: q.kind, Narrow: q.text+q.kind != "", Clear: v.path("/assets", nil), Upload: f, Trash: v.path("/trash", nil),
		MaxBytes: upload.MaxFile, TooLarge: v.l.T("assets.error.large", v.l.Bytes(upload.MaxFile)),
		Storage: view.MeterView{ID: "storage", Label: v.l.T("assets.storage"), Used: d.used.StorageBytes, Limit: limits.StorageLimit},
	}
	m.Storage.Text = v.l.T("meter.unlimited", v.l.Bytes(d.used.StorageBytes))
	if limits.StorageLimit >= 0 {
		m.Storage.Text = v.l.T("meter.of", v.l.Bytes(d.used.StorageBytes), v.l.Bytes(limits.StorageLimit))
	}
	m.Tabs = []view.Tab{{Label: v.l.T("assets.type.all"), Href: v.path("/assets", assetQuery{text: q.text}.values()), Current: q.kind == ""}}
	for _, t := range d.storage {
		m.Tabs = append(m.Tabs, view.Tab{
			Label: v.l.T("assets.type." + t.Type), Note: v.l.Bytes(t.Bytes), Current: q.kind == t.Type,
			Href: v.path("/assets", assetQuery{text: q.text, kind: t.Type}.values()),
		})
		m.Types = append(m.Types, view.Option{Value: t.Type, Label: v.l.T("assets.type." + t.Type)})
	}
	if v.can(write) {
		m.Bulk = v.path("/assets/chosen", nil)
	}
	if !q.after.IsZero() {
		m.Next.First = v.path("/assets", assetQuery{text: q.text, kind: q.kind}.values())
	}
	if !d.next.IsZero() {
		m.Next.Next = v.path("/assets", assetQuery{text: q.text, kind: q.kind, after: d.next}.values())
	}
	for _, as := range d.items {
		m.Items = append(m.Items, v.assetItem(as))
	}
	return m
}

func (v *visit) assetItem(as store.Asset) view.AssetItem {
	item := view.AssetItem{
		ID: as.ID, Name: as.Name, Href: v.path("/assets/"+url.PathEscape(as.ID), nil), Picture: v.pictureURL(as, upload.Tile), Icon: "image",
		Type: v.l.T("assets.type." + as.Type), Bytes: v.l.Bytes(as.Size), Owner: v.ownerName(as.Owner), Created: as.CreatedAt.Time,
	}
	if as.Type == "fonts" {
		item.Icon = "font"
	}
	if as.Width != nil && as.Height != nil {
		item.Pixels = v.l.Number(*as.Width) + " × " + v.l.Number(*as.Height)
	}
	return item
}

// asset is an asset's own page. What uses it is looked up when it is asked for:
// it means looking through designs.
func (v *visit) asset() error {
	as, err := readAsset(v.r, v.c)
	if err != nil {
		return err
	}
	m := view.AssetView{
		AssetItem: v.assetItem(as), Back: v.path("/assets", url.Values{"type": {as.Type}}), Content: v.contentURL(as), ContentType: as.ContentType,
		UsersHref: v.path("/assets/"+url.PathEscape(as.ID), url.Values{"users": {"1"}}),
	}
	if m.Picture != "" {
		m.Picture = m.Content
	}
	if v.can(write) {
		m.Delete = v.path("/assets/"+url.PathEscape(as.ID)+"/delete", nil)
	}
	if v.r.URL.Query().Get("users") != "" {
		if m.Users, err = v.assetUsers(as); err != nil {
			return err
		}
	}
	return v.ok(as.Name, "/assets", view.AssetPage(v.l, m))
}

// usersSearched is how many designs are looked through for an asset.
const usersSearched = 2000

func (v *visit) assetUsers(as store.Asset) (*view.AssetUsers, error) {
	var u store.Users
	err := v.read("what uses an asset", func(_ context.Context, s *store.View) (err error) {
		u, err = s.UsersOf(as, usersSearched)
		return err
	})
	if err != nil {
		return nil, err
	}
	m := &view.AssetUsers{More: u.More, Searched: v.l.Number(usersSearched)}
	for _, c := range u.Configs {
		name := c.Title
		if name == "" {
			name = c.ProductID
		}
		m.Products = append(m.Products, view.Tab{Label: name, Href: v.path("/products/"+url.PathEscape(c.ProductID), nil)})
	}
	for _, d := range u.Designs {
		m.Designs = append(m.Designs, v.designItem(d, nil, upload.Tile))
	}
	return m, nil
}
