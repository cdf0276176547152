package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lapak/store/sqlite"
)

// Design is what a merchant or a shopper made of a product. Lists leave its
// DesignJSON nil.
type Design struct {
	ID         string          `json:"id"`
	ProductID  string          `json:"shopifyProductId"`
	Name       string          `json:"name"`
	IsTemplate bool            `json:"isTemplate"`
	DesignJSON json.RawMessage `json:"designJson,omitempty"`
	CreatedAt  Time            `json:"createdAt"`
	UpdatedAt  Time            `json:"updatedAt"`
	// Owner is the shopper whose design it is; "" is the merchant.
	Owner string `json:"-"`
	// Version counts the design's changes from 1.
	Version int64 `json:"-"`

	n int64
}

// ETag is the entity tag of this version of the design, quotes included.
func (d Design) ETag() string { return etag(d.ID, d.Version) }

func etag(id string, version int64) string {
	return fmt.Sprintf("%q", fmt.Sprintf("%s-%d", id, version))
}

// designRecord is a design in the audit log.
type designRecord struct {
	ProductID  string `json:"shopifyProductId"`
	Name       string `json:"name"`
	IsTemplate bool   `json:"isTemplate"`
	Version    int64  `json:"version"`
	digest
}

func (d Design) record() designRecord {
	return designRecord{d.ProductID, d.Name, d.IsTemplate, d.Version, digestOf(d.DesignJSON)}
}

// The first two columns are those that lists are ordered by.
const designColumns = "d.updated_at, d.n, d.id, d.product_id, d.name, d.is_template, d.owner, d.version, d.created_at"

func scanDesign(r *sqlite.Row) Design {
	return Design{
		UpdatedAt: fromMillis(r.Int(0)), n: r.Int(1), ID: r.Text(2), ProductID: r.Text(3), Name: r.Text(4),
		IsTemplate: r.Bool(5), Owner: r.Text(6), Version: r.Int(7), CreatedAt: fromMillis(r.Int(8)),
	}
}

func scanWholeDesign(r *sqlite.Row) Design {
	d := scanDesign(r)
	d.DesignJSON = r.Bytes(9)
	return d
}

// Design returns the design with its JSON, or ErrNotFound.
func (v *View) Design(id string) (d Design, err error) {
	found, err := v.c.One("SELECT "+designColumns+", j.json FROM designs d JOIN design_json j ON j.n = d.n WHERE d.id = ?1",
		[]any{id}, func(r *sqlite.Row) { d = scanWholeDesign(r) })
	return d, must("design", found, err)
}

// DesignFilter chooses designs; its zero value chooses all.
type DesignFilter struct {
	ProductID string  // "" means any
	Template  *bool   // nil means both
	Owner     *string // nil means anybody, "" the merchant
	Shoppers  bool    // of shoppers alone, whoever they are

	Text     string    // a part of the name, A to Z in any case; "" means any
	From, To time.Time // of the last change: From is included, To is not; zero means no bound
}

// Designs lists designs without their JSON, the last changed first.
func (v *View) Designs(f DesignFilter, p Page) ([]Design, Cursor, error) {
	if err := f.clean(); err != nil {
		return nil, Cursor{}, err
	}
	p.After = before(orderDesigns, f.To, p.After)
	args := [4]any{f.ProductID, f.Owner, containing(f.Text), since(f.From)}
	if f.Text != "" && f.ProductID == "" && f.Owner == nil && f.Template == nil {
		return search(v, f.search(p.After), orderDesigns, p, args, scanDesign)
	}
	return list(v, f.query(), orderDesigns, p, args[:], scanDesign)
}

func (f *DesignFilter) clean() (err error) {
	if f.ProductID != "" {
		f.ProductID, err = ProductID(f.ProductID)
	}
	return err
}

// query names the index, so that no statistics can talk SQLite into a sort.
func (f DesignFilter) query() string {
	index, where := "designs_updated", ""
	if f.Owner != nil {
		index, where = "designs_owner", where+" AND d.owner = ?5"
	}
	if f.Template != nil && *f.Template {
		index, where = "designs_templates", where+" AND d.is_template = 1"
	} else if f.Template != nil {
		where += " AND d.is_template = 0"
	}
	if f.ProductID != "" {
		where += " AND d.product_id = ?4"
		switch {
		case f.Owner != nil && *f.Owner != "": // a shopper has few, a product may have many
			index = "designs_owner"
		case index == "designs_templates":
			index = "designs_template"
		default:
			index = "designs_product"
		}
	}
	if f.Shoppers {
		where += " AND d.owner <> ''"
	}
	if f.Text != "" {
		where += " AND " + like("d.name", "?6", f.Text)
	}
	if !f.From.IsZero() {
		where += " AND d.updated_at >= ?7"
	}
	return "SELECT " + designColumns + " FROM designs d INDEXED BY " + index +
		" WHERE (d.updated_at, d.n) < (?1, ?2)" + where + " ORDER BY d.updated_at DESC, d.n DESC LIMIT ?3"
}

// search is the query of a search among all designs.
func (f DesignFilter) search(after Cursor) searched {
	all := f.query()
	return searched{
		all:   all,
		place: "SELECT updated_at, n FROM designs INDEXED BY designs_updated WHERE (updated_at, n) < (?1, ?2) ORDER BY updated_at DESC, n DESC LIMIT 1 OFFSET ?3",
		near:  strings.Replace(all, " ORDER BY", " AND (d.updated_at, d.n) >= (?8, ?9) ORDER BY", 1),
		whole: whole(all, "designs_updated", "d.updated_at", "d.n", after),
	}
}
