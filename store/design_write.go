package store

import (
	"encoding/json"
	"fmt"
)

// NewDesign is the input of CreateDesign.
type NewDesign struct {
	ProductID  string          `json:"shopifyProductId"` // see the function ProductID
	Name       string          `json:"name"`             // one line of at most 200 characters; empty means "Untitled"
	IsTemplate bool            `json:"isTemplate"`       // only of the merchant's own
	DesignJSON json.RawMessage `json:"designJson"`       // any JSON object of at most 1 MiB, kept as it is
	Owner      string          `json:"-"`                // the shopper; "" is the merchant

	valid bool
}

// Validate brings the fields into the form they are kept in, or returns an
// InvalidError. CreateDesign does it too, but others wait for a Write: call
// Validate before it, and leave the fields alone after.
func (in *NewDesign) Validate() (err error) {
	if in.valid {
		return nil
	}
	if in.ProductID, err = ProductID(in.ProductID); err != nil {
		return err
	}
	if in.Name, err = cleanName(in.Name); err != nil {
		return err
	}
	if err := checkTemplate(in.IsTemplate, in.Owner); err != nil {
		return err
	}
	if err := checkObject("designJson", in.DesignJSON, maxDesignJSON); err != nil {
		return err
	}
	in.valid = true
	return nil
}

// checkTemplate keeps shoppers' designs out of what a shop shows to everybody.
func checkTemplate(isTemplate bool, owner string) error {
	if isTemplate && owner != "" {
		return InvalidError{"isTemplate", "must be false for a shopper's design"}
	}
	return nil
}

// CreateDesign saves a new design. It is a LimitError over the plan's limit.
func (tx *Tx) CreateDesign(by By, terms Terms, in NewDesign) (Design, error) {
	if err := in.Validate(); err != nil {
		return Design{}, err
	}
	id, now, err := tx.fresh()
	if err != nil {
		return Design{}, err
	}
	if err := tx.spend(terms, spending{designs: 1}); err != nil {
		return Design{}, err
	}
	d := Design{
		ID: id, ProductID: in.ProductID, Name: in.Name, IsTemplate: in.IsTemplate, DesignJSON: in.DesignJSON,
		Owner: in.Owner, Version: 1, CreatedAt: fromMillis(now), UpdatedAt: fromMillis(now),
	}
	if err := tx.insertDesign(d); err != nil {
		return Design{}, fmt.Errorf("insert design: %w", err)
	}
	tx.public = tx.public || d.IsTemplate
	return d, tx.Audit(by, "CREATE", "design", d.ID, nil, d.record())
}

func (tx *Tx) insertDesign(d Design) error {
	_, err := tx.c.Exec(`INSERT INTO designs (id, product_id, name, is_template, owner, version, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
		d.ID, d.ProductID, d.Name, d.IsTemplate, d.Owner, d.Version, millis(d.CreatedAt.Time), millis(d.UpdatedAt.Time))
	if err != nil {
		return err
	}
	_, err = tx.c.Exec("INSERT INTO design_json (n, json) VALUES (last_insert_rowid(), ?1)", string(d.DesignJSON))
	return err
}

// DesignPatch is the input of UpdateDesign; nil leaves a field as it is. The
// rules are those of NewDesign.
type DesignPatch struct {
	ProductID  *string         `json:"shopifyProductId"`
	Name       *string         `json:"name"`
	IsTemplate *bool           `json:"isTemplate"`
	DesignJSON json.RawMessage `json:"designJson"`

	valid bool
}

// Validate is to UpdateDesign what NewDesign.Validate is to CreateDesign.
func (p *DesignPatch) Validate() error {
	if p.valid {
		return nil
	}
	if p.ProductID != nil {
		id, err := ProductID(*p.ProductID)
		if err != nil {
			return err
		}
		p.ProductID = &id
	}
	if p.Name != nil {
		name, err := cleanName(*p.Name)
		if err != nil {
			return err
		}
		p.Name = &name
	}
	if p.DesignJSON != nil {
		if err := checkObject("designJson", p.DesignJSON, maxDesignJSON); err != nil {
			return err
		}
	}
	p.valid = true
	return nil
}

// apply returns d as p changes it.
func (p DesignPatch) apply(d Design) Design {
	d.ProductID = or(p.ProductID, d.ProductID)
	d.Name = or(p.Name, d.Name)
	d.IsTemplate = or(p.IsTemplate, d.IsTemplate)
	if p.DesignJSON != nil {
		d.DesignJSON = p.DesignJSON
	}
	return d
}

func or[T any](p *T, otherwise T) T {
	if p != nil {
		return *p
	}
	return otherwise
}

// UpdateDesign changes a design and returns it as it is then. It is ErrNotFound
// if there is none and ErrChanged if it is no longer at ifVersion (0: any).
func (tx *Tx) UpdateDesign(by By, terms Terms, id string, p DesignPatch, ifVersion int64) (Design, error) {
	if err := p.Validate(); err != nil {
		return Design{}, err
	}
	old, now, err := tx.designToChange(id, ifVersion)
	if err != nil {
		return Design{}, err
	}
	d := p.apply(old)
	d.Version, d.UpdatedAt = old.Version+1, fromMillis(max(now, millis(old.UpdatedAt.Time)))
	if err := checkTemplate(d.IsTemplate, d.Owner); err != nil {
		return Design{}, err
	}
	if err := tx.updateDesign(d, p.DesignJSON != nil); err != nil {
		return Design{}, fmt.Errorf("update design: %w", err)
	}
	tx.public = tx.public || old.IsTemplate || d.IsTemplate
	return d, tx.Audit(by, "UPDATE", "design", id, old.record(), d.record())
}

func (tx *Tx) updateDesign(d Design, withJSON bool) error {
	_, err := tx.c.Exec("UPDATE designs SET product_id = ?2, name = ?3, is_template = ?4, version = ?5, updated_at = ?6 WHERE n = ?1",
		d.n, d.ProductID, d.Name, d.IsTemplate, d.Version, millis(d.UpdatedAt.Time))
	if err == nil && withJSON {
		_, err = tx.c.Exec("UPDATE design_json SET json = ?2 WHERE n = ?1", d.n, string(d.DesignJSON))
	}
	return err
}

// DeleteDesign deletes a design, for a while into the trash. It is ErrNotFound
// if there is none and ErrChanged if it is no longer at ifVersion (0: any).
func (tx *Tx) DeleteDesign(by By, terms Terms, id string, ifVersion int64) error {
	return tx.deleteDesign(by, terms, id, ifVersion, false)
}

func (tx *Tx) deleteDesign(by By, terms Terms, id string, ifVersion int64, byOwner bool) error {
	old, _, err := tx.designToChange(id, ifVersion)
	if err != nil {
		return err
	}
	if _, err := tx.c.Exec("DELETE FROM designs WHERE n = ?1", old.n); err != nil {
		return fmt.Errorf("delete design: %w", err)
	}
	if err := tx.spend(terms, spending{designs: -1}); err != nil {
		return err
	}
	if err := tx.trashDesign(old, byOwner); err != nil {
		return err
	}
	tx.public = tx.public || old.IsTemplate
	return tx.Audit(by, "DELETE", "design", id, old.record(), nil)
}

func (tx *Tx) designToChange(id string, ifVersion int64) (Design, int64, error) {
	d, err := tx.Design(id)
	if err != nil {
		return Design{}, 0, err
	}
	if err := sameVersion("design", ifVersion, d.Version); err != nil {
		return Design{}, 0, err
	}
	now, err := tx.stamp()
	return d, now, err
}
