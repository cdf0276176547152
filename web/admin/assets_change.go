package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
	"lapak/web/view"
)

// long is for what may be large and on a slow line.
const long = 15 * time.Minute

// uploadAsset takes one file. A script that sends it is answered in JSON, so that
// what is wrong can stand beside the file; a plain form with the page.
func (v *visit) uploadAsset() error {
	var kind, name string
	as, err := v.receive(&kind, &name)
	if v.c.Lease == nil { // for the page, or the language of the answer
		if openErr := v.c.Open(v.r.Context()); openErr != nil {
			return openErr
		}
		v.l = v.visit(v.w, v.r, v.c).l
	}
	scripted := strings.HasPrefix(v.r.Header.Get("Accept"), "application/json")
	switch e := new(web.Error); {
	case err == nil && scripted:
		return web.WriteJSON(v.w, v.r, http.StatusCreated, map[string]string{"id": as.ID, "name": as.Name})
	case err == nil:
		return v.doneWith("/assets", url.Values{"type": {as.Type}}, "asset-uploaded", "")
	case v.r.Context().Err() != nil:
		return err
	default:
		e = web.Explain(err)
		if e.Status >= 500 {
			return err
		}
		text := v.uploadError(e)
		if scripted {
			return web.WriteJSON(v.w, v.r, e.Status, map[string]string{"error": text, "code": e.Code})
		}
		f := view.Form{Values: url.Values{"type": {kind}}}
		f.Bad("file", text)
		return v.showAssets(e.Status, assetQuery{}, f)
	}
}

// receive takes the whole file before it opens the shop, so that a slow sender
// occupies nothing.
func (v *visit) receive(kind, name *string) (as store.Asset, err error) {
	f, err := v.opt.Uploads.Form(v.r, map[string]func(string) error{
		"type": upload.To(kind), "name": upload.To(name), "shop": v.c.Names,
	})
	if err != nil {
		return as, err
	}
	defer f.Close()
	in, err := f.Asset(*kind, *name)
	if err != nil {
		return as, err
	}
	if err := v.c.Open(v.r.Context()); err != nil {
		return as, err
	}
	v.l = v.visit(v.w, v.r, v.c).l
	return v.opt.Uploads.Keep(v.r.Context(), v.c.Lease, f, in, func(tx *store.Tx, in store.NewAsset) (store.Asset, error) {
		return tx.CreateAsset(v.c.By, v.lease().Terms(), in)
	})
}

// uploadError says what is wrong with a file, in the reader's language.
func (v *visit) uploadError(e *web.Error) string {
	switch e.Code {
	case "too_large":
		return v.l.T("assets.error.large", v.l.Bytes(upload.MaxFile))
	case "limit_reached":
		return v.l.T("error.code.limit_reached")
	case "invalid":
		if strings.HasPrefix(e.Text, "file must be there") || strings.HasPrefix(e.Text, "file must not be empty") {
			return v.l.T("assets.error.empty")
		}
		return v.l.T("assets.error.kind")
	}
	return e.Text
}

// removeAsset deletes an asset and lets its bytes go some day.
func (v *visit) removeAsset(id string) error {
	var as store.Asset
	last := false
	err := v.write("delete asset", func(tx *store.Tx) (err error) {
		as, last, err = tx.DeleteAsset(v.c.By, v.lease().Terms(), id)
		return err
	})
	if err == nil && last {
		v.opt.Uploads.Unnamed(v.r.Context(), v.lease(), as.Object)
	}
	return err
}

func (v *visit) deleteAsset() error {
	if _, err := v.form(); err != nil {
		return err
	}
	id := web.Param(v.r, "id")
	if err := v.removeAsset(id); err != nil {
		return err
	}
	return v.done("/assets", "asset-deleted", id)
}

func (v *visit) chosenAssets() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	ids, err := chosen(form)
	if err != nil {
		return err
	}
	if form.Get("do") != "delete" {
		return web.Invalid("do", "must be delete")
	}
	if len(ids) == 0 {
		return v.done("/assets", "assets-none", "")
	}
	for _, id := range ids {
		if err := v.removeAsset(id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return v.done("/assets", "assets-deleted", strings.Join(ids, " "))
}

// undoAssets brings back what was deleted. What is back already is no mistake:
// somebody pressed twice.
func (v *visit) undoAssets() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	ids := strings.Fields(form.Get("of"))
	if len(ids) > chosenMost {
		return web.Invalid("of", "is too long")
	}
	code := "assets-restored"
	for _, id := range ids {
		err := v.undeleteAsset(id)
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrLimit):
			code = "assets-gone"
		case err != nil:
			return err
		}
	}
	return v.done("/assets", code, "")
}

func (v *visit) undeleteAsset(id string) error {
	there := false
	err := v.lease().Read(v.r.Context(), "is an asset there", func(s *store.View) error {
		_, err := s.Asset(id)
		there = err == nil
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil || there {
		return err
	}
	_, err = v.opt.Uploads.Undelete(v.r.Context(), v.lease(), v.c.By, id)
	return err
}
