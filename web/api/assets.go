package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/web"
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

// createAsset takes the whole upload before it opens the shop, so that a slow
// sender occupies nothing.
func (a *API) createAsset(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	u, err := a.readUpload(r, c)
	if err != nil {
		return err
	}
	defer u.Close()
	in, err := u.asset()
	if err != nil {
		return err
	}
	if err := c.Open(r.Context()); err != nil {
		return err
	}
	as, err := a.keep(r.Context(), c, u, in)
	if err != nil {
		return err
	}
	w.Header().Set("Location", web.APIPrefix+"/assets/"+as.ID)
	return web.WriteJSON(w, r, http.StatusCreated, as)
}

// asset is what is known of the upload, checked.
func (u *upload) asset() (in store.NewAsset, err error) {
	// The type first: with a wrong one, nothing about the file can be right.
	in = store.NewAsset{Type: u.kind, Name: u.title(), Size: u.size}
	in.ContentType, in.Object = "image/png", u.kind+"/"+u.sha256+".png"
	if err := in.Validate(); err != nil {
		return in, err
	}
	if _, err := u.file.Seek(0, io.SeekStart); err != nil {
		return in, fmt.Errorf("read upload: %w", err)
	}
	m, err := sniff(u.file, u.kind)
	if err != nil {
		return in, err
	}
	in.ContentType, in.Width, in.Height = m.contentType, m.width, m.height
	in.Object = u.kind + "/" + u.sha256 + "." + m.ext
	return in, in.Validate()
}

// keep stores the bytes, then the row that names them. Nobody can delete the
// bytes in between.
func (a *API) keep(ctx context.Context, c *web.Caller, u *upload, in store.NewAsset) (as store.Asset, err error) {
	known, err := room(ctx, c, in)
	if err != nil {
		return as, err
	}
	c.Lease.Objects().RLock()
	defer c.Lease.Objects().RUnlock()
	there, err := a.putObject(ctx, c, u, in)
	if err == nil {
		err = c.Lease.Write(ctx, "save asset", func(tx *store.Tx) (err error) {
			as, err = tx.CreateAsset(c.By, c.Lease.Terms(), in)
			return err
		})
	}
	if err != nil {
		a.abandon(ctx, c, in.Object)
		return as, err
	}
	if there && !known { // it was waiting to be deleted
		if err := a.pool.Catalog().ReviveDead(ctx, c.Shop, in.Object); err != nil {
			a.log.Error("cannot note that an object is in use again", "shop", c.Shop.String(), "object", in.Object, "error", err)
		}
	}
	return as, nil
}

// room looks whether the plan allows one more asset, before its bytes travel,
// and whether its object is known. The transaction that saves it decides.
func room(ctx context.Context, c *web.Caller, in store.NewAsset) (known bool, err error) {
	terms := c.Lease.Terms()
	err = c.Lease.Read(ctx, "look for room", func(v *store.View) error {
		u, _, err := v.Usage(terms)
		if err != nil {
			return err
		}
		if known, err = v.HasObject(in.Object); err != nil {
			return err
		}
		if terms.MaxAssets >= 0 && u.Assets+1 > terms.MaxAssets {
			return store.LimitError{What: "Asset"}
		}
		if !known && terms.StorageBytes >= 0 && u.StorageBytes+in.Size > terms.StorageBytes {
			return store.LimitError{What: "Storage"}
		}
		return nil
	})
	return known, err
}

// putObject says whether the bytes were there already.
func (a *API) putObject(ctx context.Context, c *web.Caller, u *upload, in store.NewAsset) (there bool, err error) {
	if _, err := u.file.Seek(0, io.SeekStart); err != nil {
		return false, fmt.Errorf("read upload: %w", err)
	}
	_, err = a.pool.Assets().Put(ctx, objectKey(c, in.Object), u.file, u.size,
		bucket.PutOptions{IfAbsent: true, ContentType: in.ContentType})
	if errors.Is(err, bucket.ErrExists) {
		return true, nil // the name is the content's hash
	} else if err != nil {
		return false, fmt.Errorf("store asset: %w", err)
	}
	return false, nil
}

// objectKey is where the bytes of a shop's object are.
func objectKey(c *web.Caller, object string) string { return c.Shop.String() + "/" + object }

// afterwards bounds what is tidied up after a request, whose own time may be over.
const afterwards = 10 * time.Second

// abandon lets the bytes of an upload that failed be deleted some day, unless an
// asset names them.
func (a *API) abandon(ctx context.Context, c *web.Caller, object string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	named := false
	err := c.Lease.Read(ctx, "is an object in use", func(v *store.View) (err error) {
		named, err = v.HasObject(object)
		return err
	})
	if err == nil && !named {
		err = a.pool.Catalog().AddDead(ctx, c.Shop, []string{object}, time.Now())
	}
	if err != nil {
		a.log.Error("cannot note an object that nothing names", "shop", c.Shop.String(), "object", object, "error", err)
	}
}

// deleteAsset deletes the row. Its bytes stay as long as a restore may want them.
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
		a.abandon(r.Context(), c, as.Object)
	}
	return noContent(w)
}
