package api

import (
	"errors"
	"net/http"
	"net/url"

	"lapak/store"
	"lapak/web"
)

func (a *API) listConfigs(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	p, err := page(r.URL.Query())
	if err != nil {
		return err
	}
	var items []store.Config
	var next store.Cursor
	err = c.Lease.Read(r.Context(), "list configs", func(v *store.View) (err error) {
		items, next, err = v.Configs(p)
		return err
	})
	if err != nil {
		return err
	}
	return a.writeList(w, r, items, next)
}

func (a *API) getConfig(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var cfg store.Config
	err := c.Lease.Read(r.Context(), "read config", func(v *store.View) (err error) {
		cfg, err = v.Config(web.Param(r, "product"))
		return err
	})
	if err != nil {
		return err
	}
	return writeConfig(w, r, http.StatusOK, cfg)
}

func writeConfig(w http.ResponseWriter, r *http.Request, status int, cfg store.Config) error {
	w.Header().Set("ETag", cfg.ETag())
	w.Header().Set("Cache-Control", "private, no-cache")
	if status == http.StatusOK && isRead(r) && web.NotModified(r, cfg.ETag()) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return web.WriteJSON(w, r, status, cfg)
}

func (a *API) putConfig(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	match, err := web.IfMatch(r, "")
	if err != nil {
		return err
	}
	var in store.ConfigPatch
	if err := c.Decode(&in); err != nil {
		return err
	}
	if len(in.Config) > maxConfig {
		return web.TooLarge("config", maxConfig)
	}
	if err := in.Validate(); err != nil {
		return err
	}
	id := web.Param(r, "product")
	var cfg store.Config
	created := false
	err = c.Lease.Write(r.Context(), "save config", func(tx *store.Tx) error {
		version, err := configVersion(tx, match, r, id)
		if errors.Is(err, store.ErrNotFound) {
			err = store.ErrChanged // RFC 9110, 13.1.1: a tag of what is not there
		}
		if err == nil {
			cfg, created, err = tx.PutConfig(c.By, c.Lease.Terms(), id, in, version)
		}
		return err
	})
	if err != nil {
		return err
	}
	if !created {
		return writeConfig(w, r, http.StatusOK, cfg)
	}
	w.Header().Set("Location", web.APIPrefix+"/config/"+url.PathEscape(cfg.ProductID))
	return writeConfig(w, r, http.StatusCreated, cfg)
}

func (a *API) deleteConfig(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	match, err := web.IfMatch(r, "")
	if err != nil {
		return err
	}
	id := web.Param(r, "product")
	err = c.Lease.Write(r.Context(), "delete config", func(tx *store.Tx) error {
		version, err := configVersion(tx, match, r, id)
		if err == nil {
			err = tx.DeleteConfig(c.By, c.Lease.Terms(), id, version)
		}
		return err
	})
	if err != nil {
		return err
	}
	return noContent(w)
}

// undeleteConfig brings a config back by its own id: its product may have another
// by now, which is not overwritten.
func (a *API) undeleteConfig(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var cfg store.Config
	err := c.Lease.Write(r.Context(), "undelete config", func(tx *store.Tx) error {
		gone, err := undelete(tx, c, "config", web.Param(r, "id"))
		if err == nil {
			cfg, err = tx.Config(gone.ProductID)
		}
		return err
	})
	if errors.Is(err, store.ErrExists) {
		return &web.Error{Status: http.StatusConflict, Code: "exists", Text: "This product has a new config; delete that first", Cause: err}
	}
	if err != nil {
		return err
	}
	return writeConfig(w, r, http.StatusOK, cfg)
}

// configVersion compares whole tags: a config's tag holds its own id, which the
// path does not tell, and one that was made anew begins at version 1 again.
func configVersion(tx *store.Tx, match web.Condition, r *http.Request, product string) (int64, error) {
	if !match.Given() {
		return 0, nil
	}
	cfg, err := tx.Config(product)
	if err != nil {
		return 0, err
	}
	match, err = web.IfMatch(r, cfg.ID)
	if err != nil {
		return 0, err
	}
	return match.Version(func() (int64, error) { return cfg.Version, nil })
}
