package store

import (
	"encoding/json"
	"errors"
	"fmt"
)

// What the trash keeps of each kind, beside the columns of its own. JSON that
// others wrote is text in it, so that it comes back byte by byte.

type trashedDesign struct {
	IsTemplate bool   `json:"isTemplate"`
	Version    int64  `json:"version"`
	CreatedAt  int64  `json:"createdAt"`
	UpdatedAt  int64  `json:"updatedAt"`
	DesignJSON string `json:"designJson"`
}

type trashedAsset struct {
	Type        string `json:"type"`
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"`
	Width       *int64 `json:"width"`
	Height      *int64 `json:"height"`
	CreatedAt   int64  `json:"createdAt"`
}

type trashedConfig struct {
	ImageURL  string `json:"imageUrl"`
	Enabled   bool   `json:"enabled"`
	Version   int64  `json:"version"`
	CreatedAt int64  `json:"createdAt"`
	UpdatedAt int64  `json:"updatedAt"`
	Config    string `json:"config"`
}

func (tx *Tx) trashDesign(d Design, byOwner bool) error {
	t := Trashed{ID: d.ID, Resource: "design", Name: d.Name, ProductID: d.ProductID, Owner: d.Owner}
	return tx.throwAway(t, byOwner, trashedDesign{
		d.IsTemplate, d.Version, millis(d.CreatedAt.Time), millis(d.UpdatedAt.Time), string(d.DesignJSON),
	})
}

func (tx *Tx) trashAsset(a Asset) error {
	t := Trashed{ID: a.ID, Resource: "asset", Name: a.Name, Owner: a.Owner, Object: a.Object}
	return tx.throwAway(t, false, trashedAsset{a.Type, a.ContentType, a.Size, a.Width, a.Height, millis(a.CreatedAt.Time)})
}

func (tx *Tx) trashConfig(c Config) error {
	t := Trashed{ID: c.ID, Resource: "config", Name: c.Title, ProductID: c.ProductID}
	return tx.throwAway(t, false, trashedConfig{
		c.ImageURL, c.Enabled, c.Version, millis(c.CreatedAt.Time), millis(c.UpdatedAt.Time), string(c.Config),
	})
}

func (tx *Tx) undeleteDesign(by By, terms Terms, t Trashed, content []byte) error {
	var was trashedDesign
	if err := json.Unmarshal(content, &was); err != nil {
		return fmt.Errorf("undelete design: %w", err)
	}
	d := Design{
		ID: t.ID, ProductID: t.ProductID, Name: t.Name, IsTemplate: was.IsTemplate, DesignJSON: json.RawMessage(was.DesignJSON),
		Owner: t.Owner, Version: was.Version, CreatedAt: fromMillis(was.CreatedAt), UpdatedAt: fromMillis(was.UpdatedAt),
	}
	if err := tx.spend(terms, spending{designs: 1}); err != nil {
		return err
	}
	if err := tx.insertDesign(d); err != nil {
		return fmt.Errorf("undelete design: %w", err)
	}
	tx.public = tx.public || d.IsTemplate
	return tx.Audit(by, "RESTORE", "design", d.ID, nil, d.record())
}

// undeleteAsset counts no upload: no bytes came.
func (tx *Tx) undeleteAsset(by By, terms Terms, t Trashed, content []byte) error {
	var was trashedAsset
	if err := json.Unmarshal(content, &was); err != nil {
		return fmt.Errorf("undelete asset: %w", err)
	}
	a := Asset{
		ID: t.ID, Type: was.Type, Name: t.Name, ContentType: was.ContentType, Object: t.Object, Size: was.Size,
		Width: was.Width, Height: was.Height, Owner: t.Owner, CreatedAt: fromMillis(was.CreatedAt),
	}
	more, err := tx.objectCost(a.Object, a.Size)
	if err != nil {
		return err
	}
	if err := tx.spend(terms, spending{assets: 1, storage: more}); err != nil {
		return err
	}
	if err := tx.insertAsset(a); err != nil {
		return fmt.Errorf("undelete asset: %w", err)
	}
	tx.public = tx.public || a.Public()
	return tx.Audit(by, "RESTORE", "asset", a.ID, nil, a.record())
}

func (tx *Tx) undeleteConfig(by By, terms Terms, t Trashed, content []byte) error {
	var was trashedConfig
	if err := json.Unmarshal(content, &was); err != nil {
		return fmt.Errorf("undelete config: %w", err)
	}
	if _, err := tx.Config(t.ProductID); err == nil {
		return fmt.Errorf("config of product %s: %w", t.ProductID, ErrExists)
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	c := Config{
		ID: t.ID, ProductID: t.ProductID, Title: t.Name, ImageURL: was.ImageURL, Config: json.RawMessage(was.Config),
		Enabled: was.Enabled, Version: was.Version, CreatedAt: fromMillis(was.CreatedAt), UpdatedAt: fromMillis(was.UpdatedAt),
	}
	if err := tx.spend(terms, spending{products: 1}); err != nil {
		return err
	}
	if err := tx.insertConfig(c); err != nil {
		return fmt.Errorf("undelete config: %w", err)
	}
	tx.public = true
	return tx.Audit(by, "RESTORE", "config", c.ProductID, nil, c.record())
}
