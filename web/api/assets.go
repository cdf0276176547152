package api

import (
	"net/http"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
)

func (a *API) listAssets(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	q := r.URL.Query()
	p, err := page(q)
	if err != nil {
		return err
	}
	var items []store.Asset
	var next store.Cursor
	err = c.Lease.Read(r.Context(), "list assets", func(v *store.View) (err error) {
		items, next, err = v.Assets(store.AssetFilter{Type: q.Get("type")}, p)
		return err
	})
	if err != nil {
		return err
	}
	return a.writeList(w, r, items, next, "type")
}

func asset(r *http.Request, c *web.Caller) (as store.Asset, err error) {
	err = c.Lease.Read(r.Context(), "read asset", func(v *store.View) (err error) {
		as, err = v.Asset(web.Param(r, "id"))
		return err
	})
	return as, err
}

func (a *API) getAsset(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	as, err := asset(r, c)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, r, http.StatusOK, as)
}

func (a *API) getContent(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	as, err := asset(r, c)
	if err != nil {
		return err
	}
	return a.uploads.Send(w, r, c.Lease, as, "private, max-age=31536000, immutable")
}

// createAsset takes the whole upload before it opens the shop, so that a slow
// sender occupies nothing.
func (a *API) createAsset(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var kind, name string
	f, err := a.uploads.Form(r, map[string]func(string) error{"type": upload.To(&kind), "name": upload.To(&name), "shop": c.Names})
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := f.Asset(kind, name)
	if err != nil {
		return err
	}
	if err := c.Open(r.Context()); err != nil {
		return err
	}
	as, err := a.uploads.Keep(r.Context(), c.Lease, f, in, func(tx *store.Tx, in store.NewAsset) (store.Asset, error) {
		return tx.CreateAsset(c.By, c.Lease.Terms(), in)
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", web.APIPrefix+"/assets/"+as.ID)
	return web.WriteJSON(w, r, http.StatusCreated, as)
}

// deleteAsset deletes the row. Its bytes stay as long as a restore or the trash may
// want them.
func (a *API) deleteAsset(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var as store.Asset
	last := false
	err := c.Lease.Write(r.Context(), "delete asset", func(tx *store.Tx) (err error) {
		as, last, err = tx.DeleteAsset(c.By, c.Lease.Terms(), web.Param(r, "id"))
		return err
	})
	if err != nil {
		return err
	}
	if last {
		a.uploads.Unnamed(r.Context(), c.Lease, as.Object)
	}
	return noContent(w)
}

func (a *API) undeleteAsset(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	as, err := a.uploads.Undelete(r.Context(), c.Lease, c.By, web.Param(r, "id"))
	if err != nil {
		return err
	}
	return web.WriteJSON(w, r, http.StatusOK, as)
}
