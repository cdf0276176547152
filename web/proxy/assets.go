package proxy

import (
	"net/http"

	"lapak/store"
	"lapak/web"
	"lapak/web/storefront"
	"lapak/web/upload"
)

// getProduct is the same for everybody who looks at a product, so caches may keep
// it for a moment.
func (p *Proxy) getProduct(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	product, err := storefront.Read(r.Context(), c.Lease, web.Param(r, "product"), p.origins)
	if err != nil {
		return err
	}
	return product.Send(w, r, "public, max-age=60")
}

// uploadType is what a shopper's images are.
const uploadType = "designs"

// upload takes the whole image before it opens the shop, so that a slow sender
// occupies nothing.
func (p *Proxy) upload(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	kind, name, inBody := uploadType, "", ""
	f, err := p.uploads.Form(r, map[string]func(string) error{
		"type": upload.To(&kind), "name": upload.To(&name), "claim": upload.To(&inBody), "shop": c.Names,
	})
	if err != nil {
		return err
	}
	defer f.Close()
	if kind != uploadType {
		return web.Invalid("type", "must be "+uploadType)
	}
	owner, claim, err := writer(r, inBody)
	if err != nil {
		return err
	}
	in, err := f.Asset(uploadType, name)
	if err != nil {
		return err
	}
	if err := f.Passive(in); err != nil {
		return err
	}
	in.Owner = owner
	as, err := p.keep(r, c, f, in)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "asset/"+as.ID)
	return web.WriteJSON(w, r, http.StatusCreated, struct {
		store.Asset
		Claim string `json:"claim,omitempty"`
	}{as, claim})
}

// keep looks for room before the bytes travel; the transaction decides.
func (p *Proxy) keep(r *http.Request, c *web.Caller, f *upload.File, in store.NewAsset) (as store.Asset, err error) {
	if err := c.Open(r.Context()); err != nil {
		return as, err
	}
	terms := c.Lease.Terms()
	err = c.Lease.Read(r.Context(), "look for a shopper's room", func(v *store.View) error {
		return v.RoomForUpload(terms, in.Owner, in.Size)
	})
	if err != nil {
		return as, err
	}
	return p.uploads.Keep(r.Context(), c.Lease, f, in, func(tx *store.Tx, in store.NewAsset) (store.Asset, error) {
		return tx.CreateShopperAsset(c.By, c.Lease.Terms(), in)
	})
}

// getAsset sends a shopper's own upload, or what the merchant shows to all.
func (p *Proxy) getAsset(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var as store.Asset
	err := c.Lease.Read(r.Context(), "read a shopper's asset", func(v *store.View) (err error) {
		as, err = v.Asset(web.Param(r, "id"))
		return err
	})
	if err != nil {
		return err
	}
	cache := "public, max-age=86400"
	if as.Owner != "" {
		cache = "no-store"
	}
	if !as.Public() && (as.Owner == "" || as.Owner != reader(r)) {
		return store.ErrNotFound
	}
	return p.uploads.Send(w, r, c.Lease, as, cache)
}
