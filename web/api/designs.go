package api

import (
	"net/http"

	"lapak/store"
	"lapak/web"
)

func (a *API) listDesigns(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	q := r.URL.Query()
	p, err := page(q)
	if err != nil {
		return err
	}
	f := store.DesignFilter{ProductID: q.Get("product")}
	if f.Template, err = parseBool("template", q.Get("template")); err != nil {
		return err
	}
	var items []store.Design
	var next store.Cursor
	err = c.Lease.Read(r.Context(), "list designs", func(v *store.View) (err error) {
		items, next, err = v.Designs(f, p)
		return err
	})
	if err != nil {
		return err
	}
	return a.writeList(w, r, items, next, "product", "template")
}

func (a *API) createDesign(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var in store.NewDesign
	if err := c.Decode(&in); err != nil {
		return err
	}
	if len(in.DesignJSON) > maxDesign {
		return web.TooLarge("designJson", maxDesign)
	}
	if err := in.Validate(); err != nil {
		return err
	}
	var d store.Design
	err := c.Lease.Write(r.Context(), "save design", func(tx *store.Tx) (err error) {
		d, err = tx.CreateDesign(c.By, c.Lease.Terms(), in)
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", web.APIPrefix+"/design/"+d.ID)
	return writeDesign(w, r, http.StatusCreated, d)
}

// writeDesign answers with a design. Its JSON is sent as it was saved.
func writeDesign(w http.ResponseWriter, r *http.Request, status int, d store.Design) error {
	w.Header().Set("ETag", d.ETag())
	w.Header().Set("Cache-Control", "private, no-cache")
	if status == http.StatusOK && isRead(r) && web.NotModified(r, d.ETag()) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	raw := d.DesignJSON
	d.DesignJSON = nil
	return web.WriteSpliced(w, r, status, d, "designJson", raw)
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func (a *API) getDesign(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var d store.Design
	err := c.Lease.Read(r.Context(), "read design", func(v *store.View) (err error) {
		d, err = v.Design(web.Param(r, "id"))
		return err
	})
	if err != nil {
		return err
	}
	return writeDesign(w, r, http.StatusOK, d)
}

func (a *API) updateDesign(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	id := web.Param(r, "id")
	match, err := web.IfMatch(r, id)
	if err != nil {
		return err
	}
	var in store.DesignPatch
	if err := c.Decode(&in); err != nil {
		return err
	}
	if len(in.DesignJSON) > maxDesign {
		return web.TooLarge("designJson", maxDesign)
	}
	if err := in.Validate(); err != nil {
		return err
	}
	var d store.Design
	err = c.Lease.Write(r.Context(), "update design", func(tx *store.Tx) error {
		version, err := designVersion(tx, match, id)
		if err == nil {
			d, err = tx.UpdateDesign(c.By, c.Lease.Terms(), id, in, version)
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeDesign(w, r, http.StatusOK, d)
}

func (a *API) deleteDesign(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	id := web.Param(r, "id")
	match, err := web.IfMatch(r, id)
	if err != nil {
		return err
	}
	err = c.Lease.Write(r.Context(), "delete design", func(tx *store.Tx) error {
		version, err := designVersion(tx, match, id)
		if err == nil {
			err = tx.DeleteDesign(c.By, c.Lease.Terms(), id, version)
		}
		return err
	})
	if err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) undeleteDesign(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var d store.Design
	err := c.Lease.Write(r.Context(), "undelete design", func(tx *store.Tx) error {
		gone, err := undelete(tx, c, "design", web.Param(r, "id"))
		if err == nil {
			d, err = tx.Design(gone.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeDesign(w, r, http.StatusOK, d)
}

// undelete brings back what is of that kind; anything else is not found.
func undelete(tx *store.Tx, c *web.Caller, resource, id string) (store.Trashed, error) {
	gone, err := tx.Undelete(c.By, c.Lease.Terms(), id)
	if err == nil && gone.Resource != resource {
		err = store.ErrNotFound
	}
	return gone, err
}

func designVersion(tx *store.Tx, match web.Condition, id string) (int64, error) {
	return match.Version(func() (int64, error) {
		d, err := tx.Design(id)
		return d.Version, err
	})
}
