package proxy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lapak/store"
	"lapak/web"
)

// listDesigns lists the shopper's own. The link to the next page is relative to
// the storefront's address, which we need not know.
func (p *Proxy) listDesigns(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	q, owner := r.URL.Query(), reader(r)
	after, err := store.ParseCursor(q.Get("cursor"))
	if err != nil {
		return err
	}
	limit, err := web.ParseLimit(q.Get("limit"))
	if err != nil {
		return err
	}
	items, next := []store.Design{}, store.Cursor{}
	if owner != "" {
		err = c.Lease.Read(r.Context(), "list a shopper's designs", func(v *store.View) (err error) {
			items, next, err = v.Designs(store.DesignFilter{ProductID: q.Get("product"), Owner: &owner}, store.Page{Limit: limit, After: after})
			return err
		})
	}
	if err != nil {
		return err
	}
	if !next.IsZero() {
		link := url.Values{"cursor": {next.String()}, "limit": {strconv.Itoa(limit)}}
		if q.Has("product") {
			link.Set("product", q.Get("product"))
		}
		w.Header().Set("Link", fmt.Sprintf(`<?%s>; rel="next"`, link.Encode()))
	}
	return web.WriteJSON(w, r, http.StatusOK, items)
}

// body is what a shopper sends of a design; a field that is not there is nil.
type body struct {
	ProductID  *string         `json:"shopifyProductId"`
	Name       *string         `json:"name"`
	IsTemplate *bool           `json:"isTemplate"`
	DesignJSON json.RawMessage `json:"designJson"`
	Claim      string          `json:"claim"`
}

func readBody(c *web.Caller) (b body, err error) {
	if err := c.Decode(&b); err != nil {
		return b, err
	}
	if len(b.DesignJSON) > maxDesign {
		return b, web.TooLarge("designJson", maxDesign)
	}
	return b, nil
}

func (b body) newDesign(owner store.Owner) store.NewDesign {
	in := store.NewDesign{DesignJSON: b.DesignJSON, Owner: owner}
	if b.ProductID != nil {
		in.ProductID = *b.ProductID
	}
	if b.Name != nil {
		in.Name = *b.Name
	}
	in.IsTemplate = b.IsTemplate != nil && *b.IsTemplate
	return in
}

func (p *Proxy) createDesign(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	b, err := readBody(c)
	if err != nil {
		return err
	}
	owner, claim, err := writer(r, b.Claim)
	if err != nil {
		return err
	}
	in := b.newDesign(owner)
	if err := in.Validate(); err != nil {
		return err
	}
	var d store.Design
	err = c.Lease.Write(r.Context(), "save a shopper's design", func(tx *store.Tx) (err error) {
		d, err = tx.CreateShopperDesign(c.By, c.Lease.Terms(), in)
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", "design/"+d.ID) // relative, as the link of a list
	return writeDesign(w, r, http.StatusCreated, d, claim)
}

// writeDesign answers with a design and, the first time, its visitor's claim. What
// is personal no cache may keep: that is the header that every answer has.
func writeDesign(w http.ResponseWriter, r *http.Request, status int, d store.Design, claim string) error {
	w.Header().Set("ETag", d.ETag())
	raw := d.DesignJSON
	d.DesignJSON = nil
	return web.WriteSpliced(w, r, status, struct {
		store.Design
		Claim string `json:"claim,omitempty"`
	}{d, claim}, "designJson", raw)
}

func (p *Proxy) getDesign(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	owner := reader(r)
	var d store.Design
	err := c.Lease.Snapshot(r.Context(), "read a shopper's design", func(v *store.View) (err error) {
		if d, err = v.Design(web.Param(r, "id")); err == nil && !shown(v, d, owner) {
			err = store.ErrNotFound
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeDesign(w, r, http.StatusOK, d, "")
}

// shown says whether a shopper sees the design: their own, and the templates of
// products that may be customized.
func shown(v *store.View, d store.Design, owner store.Owner) bool {
	if d.Owner != "" {
		return d.Owner == owner
	}
	if !d.IsTemplate {
		return false
	}
	cfg, err := v.Config(d.ProductID)
	return err == nil && cfg.Enabled
}

func (p *Proxy) updateDesign(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	id := web.Param(r, "id")
	match, err := web.IfMatch(r, id)
	if err != nil {
		return err
	}
	b, err := readBody(c)
	if err != nil {
		return err
	}
	owner, _, err := writer(r, b.Claim)
	if err != nil {
		return err
	}
	in := store.DesignPatch{ProductID: b.ProductID, Name: b.Name, IsTemplate: b.IsTemplate, DesignJSON: b.DesignJSON}
	if err := in.Validate(); err != nil {
		return err
	}
	var d store.Design
	err = c.Lease.Write(r.Context(), "change a shopper's design", func(tx *store.Tx) error {
		version, err := ownVersion(tx, match, owner, id)
		if err == nil {
			d, err = tx.UpdateDesign(c.By, c.Lease.Terms(), id, in, version)
		}
		return err
	})
	if err != nil {
		return err
	}
	return writeDesign(w, r, http.StatusOK, d, "")
}

func (p *Proxy) deleteDesign(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	id, owner := web.Param(r, "id"), reader(r)
	match, err := web.IfMatch(r, id)
	if err != nil {
		return err
	}
	err = c.Lease.Write(r.Context(), "delete a shopper's design", func(tx *store.Tx) error {
		version, err := ownVersion(tx, match, owner, id)
		if err == nil {
			err = tx.DeleteOwnDesign(c.By, c.Lease.Terms(), owner, id, version)
		}
		return err
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// ownVersion is which version the shopper wants to change of a design of theirs.
func ownVersion(tx *store.Tx, match web.Condition, owner store.Owner, id string) (int64, error) {
	if err := tx.Owns(owner, id); err != nil {
		return 0, err
	}
	return match.Version(func() (int64, error) {
		d, err := tx.Design(id)
		return d.Version, err
	})
}

// claim gives what a visitor made to the customer that they signed in as.
func (p *Proxy) claim(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var in struct {
		Claim string `json:"claim"`
	}
	if err := c.Decode(&in); err != nil {
		return err
	}
	token, err := claimOf(r, in.Claim)
	switch {
	case err != nil:
		return err
	case token == "":
		return web.Invalid("claim", "must be there")
	case customer(r) == "":
		return &web.Error{Status: http.StatusForbidden, Code: "forbidden", Text: "Sign in to the shop first"}
	}
	if err := p.noteClaim(r, c, store.ClaimOwner(token)); err != nil {
		return err
	}
	var moved store.Claimed
	err = c.Lease.Write(r.Context(), "claim a visitor's things", func(tx *store.Tx) (err error) {
		moved, err = tx.Claim(c.By, c.Lease.Terms(), store.ClaimOwner(token), store.CustomerOwner(customer(r)))
		return err
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(w, r, http.StatusOK, moved)
}

// noteClaim remembers who the visitor was, if there is anything of theirs: it has
// to go with the customer, also from a state that is restored from before.
func (p *Proxy) noteClaim(r *http.Request, c *web.Caller, visitor store.Owner) error {
	any := false
	err := c.Lease.Read(r.Context(), "what a visitor has", func(v *store.View) (err error) {
		any, err = v.OwnsAny(visitor)
		return err
	})
	if err != nil || !any {
		return err
	}
	return p.pool.Catalog().NoteClaim(r.Context(), c.Shop, customer(r), visitor, time.Now())
}
