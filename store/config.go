package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"lapak/store/sqlite"
)

// Config is how a merchant lets one product be customized.
type Config struct {
	ID        string          `json:"id"`
	ProductID string          `json:"shopifyProductId"`
	Title     string          `json:"title"`    // of the product; "" if it is not known
	ImageURL  string          `json:"imageUrl"` // of the product; "" if it is not known
	Config    json.RawMessage `json:"config"`
	Enabled   bool            `json:"enabled"`
	CreatedAt Time            `json:"createdAt"`
	UpdatedAt Time            `json:"updatedAt"`
	// Version counts the config's changes from 1.
	Version int64 `json:"-"`

	n int64
}

// ETag is the entity tag of this version of the config, quotes included.
func (c Config) ETag() string { return etag(c.ID, c.Version) }

// maxAuditConfig is the size in bytes up to which the audit log holds a config
// itself, not only its digest.
const maxAuditConfig = 4 << 10

// configRecord is a config in the audit log.
type configRecord struct {
	Title    string          `json:"title"`
	ImageURL string          `json:"imageUrl"`
	Enabled  bool            `json:"enabled"`
	Version  int64           `json:"version"`
	Config   json.RawMessage `json:"config,omitempty"`
	digest
}

func (c Config) record() configRecord {
	r := configRecord{Title: c.Title, ImageURL: c.ImageURL, Enabled: c.Enabled, Version: c.Version, digest: digestOf(c.Config)}
	if len(c.Config) <= maxAuditConfig {
		r.Config = c.Config
	}
	return r
}

const configColumns = "updated_at, n, id, product_id, title, image_url, config, enabled, version, created_at"

func scanConfig(r *sqlite.Row) Config {
	return Config{
		UpdatedAt: fromMillis(r.Int(0)), n: r.Int(1), ID: r.Text(2), ProductID: r.Text(3), Title: r.Text(4), ImageURL: r.Text(5),
		Config: r.Bytes(6), Enabled: r.Bool(7), Version: r.Int(8), CreatedAt: fromMillis(r.Int(9)),
	}
}

// Config returns a product's config, or ErrNotFound.
func (v *View) Config(productID string) (c Config, err error) {
	if productID, err = ProductID(productID); err != nil {
		return Config{}, err
	}
	found, err := v.c.One("SELECT "+configColumns+" FROM configs WHERE product_id = ?1", []any{productID},
		func(r *sqlite.Row) { c = scanConfig(r) })
	return c, must("config", found, err)
}

// Configs lists all configs, the last changed first.
func (v *View) Configs(p Page) ([]Config, Cursor, error) {
	return list(v, "SELECT "+configColumns+` FROM configs INDEXED BY configs_updated
		WHERE (updated_at, n) < (?1, ?2) ORDER BY updated_at DESC, n DESC LIMIT ?3`, orderConfigs, p, nil, scanConfig)
}

// ConfigPatch is the input of PutConfig; nil leaves a field as it is, or as it
// is by default in a new config.
type ConfigPatch struct {
	Title    *string         `json:"title"`    // one line of at most 200 characters; "" by default
	ImageURL *string         `json:"imageUrl"` // at most 2,000 characters; "" by default
	Config   json.RawMessage `json:"config"`   // any JSON object of at most 256 KiB; a new config must have it
	Enabled  *bool           `json:"enabled"`  // true by default

	valid bool
}

// Validate brings the fields into the form they are kept in, or returns an
// InvalidError. PutConfig does it too, but others wait for a Write: call
// Validate before it, and leave the fields alone after.
func (p *ConfigPatch) Validate() error {
	if p.valid {
		return nil
	}
	if p.Title != nil {
		title, err := cleanText("title", *p.Title, maxName)
		if err != nil {
			return err
		}
		p.Title = &title
	}
	if p.ImageURL != nil {
		url, err := cleanText("imageUrl", *p.ImageURL, maxURL)
		if err != nil {
			return err
		}
		p.ImageURL = &url
	}
	if p.Config != nil {
		if err := checkObject("config", p.Config, maxConfigJSON); err != nil {
			return err
		}
	}
	p.valid = true
	return nil
}

func (p ConfigPatch) apply(c Config) Config {
	c.Title = or(p.Title, c.Title)
	c.ImageURL = or(p.ImageURL, c.ImageURL)
	c.Enabled = or(p.Enabled, c.Enabled)
	if p.Config != nil {
		c.Config = p.Config
	}
	return c
}

// PutConfig creates or changes a product's config and says whether it is new.
// A new one counts as a product and is a LimitError over the plan's limit. It is
// ErrChanged if there is no config at ifVersion (0: any, or none).
func (tx *Tx) PutConfig(by By, terms Terms, productID string, p ConfigPatch, ifVersion int64) (c Config, created bool, err error) {
	if err := p.Validate(); err != nil {
		return Config{}, false, err
	}
	old, err := tx.Config(productID)
	switch {
	case err == nil:
		c, err = tx.updateConfig(by, old, p, ifVersion)
		return c, false, err
	case !errors.Is(err, ErrNotFound):
		return Config{}, false, err
	case ifVersion != 0:
		return Config{}, false, fmt.Errorf("config is not there: %w", ErrChanged)
	}
	c, err = tx.createConfig(by, terms, productID, p)
	return c, err == nil, err
}

func (tx *Tx) createConfig(by By, terms Terms, productID string, p ConfigPatch) (Config, error) {
	if p.Config == nil {
		return Config{}, InvalidError{"config", "must be a JSON object"}
	}
	productID, err := ProductID(productID)
	if err != nil {
		return Config{}, err
	}
	id, now, err := tx.fresh()
	if err != nil {
		return Config{}, err
	}
	if err := tx.spend(terms, spending{products: 1}); err != nil {
		return Config{}, err
	}
	c := p.apply(Config{ID: id, ProductID: productID, Enabled: true, Version: 1, CreatedAt: fromMillis(now), UpdatedAt: fromMillis(now)})
	if err := tx.insertConfig(c); err != nil {
		return Config{}, fmt.Errorf("insert config: %w", err)
	}
	tx.public = true
	return c, tx.Audit(by, "CREATE", "config", productID, nil, c.record())
}

func (tx *Tx) insertConfig(c Config) error {
	_, err := tx.c.Exec(`INSERT INTO configs (id, product_id, title, image_url, config, enabled, version, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`, c.ID, c.ProductID, c.Title, c.ImageURL, string(c.Config), c.Enabled,
		c.Version, millis(c.CreatedAt.Time), millis(c.UpdatedAt.Time))
	return err
}

func (tx *Tx) updateConfig(by By, old Config, p ConfigPatch, ifVersion int64) (Config, error) {
	if err := sameVersion("config", ifVersion, old.Version); err != nil {
		return Config{}, err
	}
	now, err := tx.stamp()
	if err != nil {
		return Config{}, err
	}
	c := p.apply(old)
	c.Version, c.UpdatedAt = old.Version+1, fromMillis(max(now, millis(old.UpdatedAt.Time)))
	_, err = tx.c.Exec("UPDATE configs SET title = ?2, image_url = ?3, config = ?4, enabled = ?5, version = ?6, updated_at = ?7 WHERE n = ?1",
		c.n, c.Title, c.ImageURL, string(c.Config), c.Enabled, c.Version, millis(c.UpdatedAt.Time))
	if err != nil {
		return Config{}, fmt.Errorf("update config: %w", err)
	}
	tx.public = true
	return c, tx.Audit(by, "UPDATE", "config", c.ProductID, old.record(), c.record())
}

// DeleteConfig deletes a product's config, for a while into the trash. It is
// ErrNotFound if there is none and ErrChanged if it is no longer at ifVersion
// (0: any).
func (tx *Tx) DeleteConfig(by By, terms Terms, productID string, ifVersion int64) error {
	old, err := tx.Config(productID)
	if err != nil {
		return err
	}
	if err := sameVersion("config", ifVersion, old.Version); err != nil {
		return err
	}
	if _, err := tx.c.Exec("DELETE FROM configs WHERE n = ?1", old.n); err != nil {
		return fmt.Errorf("delete config: %w", err)
	}
	if err := tx.spend(terms, spending{products: -1}); err != nil {
		return err
	}
	if err := tx.trashConfig(old); err != nil {
		return err
	}
	tx.public = true
	return tx.Audit(by, "DELETE", "config", old.ProductID, old.record(), nil)
}
