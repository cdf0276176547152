package store

import (
	"encoding/json"
	"fmt"
	"time"

	"lapak/store/sqlite"
)

// Fill is Create with rows from elsewhere: fill writes them with the Load
// functions, all in one transaction and without waiting for the disk. The file
// is there, whole and durable, when fill has returned, or not at all.
func (t Template) Fill(path string, seal Seal, fill func(*Tx) error) error {
	return sqlite.Create(path, t.image, func(c *sqlite.Conn) error {
		if _, err := c.Exec("BEGIN"); err != nil {
			return err
		}
		if err := insertSeal(c, seal, time.Now()); err != nil {
			return err
		}
		if err := fill(&Tx{View: View{c, time.Now}}); err != nil {
			return err
		}
		_, err := c.Exec("COMMIT")
		return err
	})
}

// The Load functions write a row as it was in another program's database, its id
// and times included: nothing is counted, limited or audited. Extra is a JSON
// object of what has no column; nil where there is nothing. The caller validates
// first. They are ErrExists if there is such a row.

// LoadDesign loads a design of the merchant's.
func (tx *Tx) LoadDesign(d Design, extra json.RawMessage) error {
	n, err := tx.c.Exec(`INSERT INTO designs (id, product_id, name, is_template, version, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING`,
		d.ID, d.ProductID, d.Name, d.IsTemplate, max(d.Version, 1), millis(d.CreatedAt.Time), millis(d.UpdatedAt.Time))
	if err := added("design", n, err); err != nil {
		return err
	}
	tx.public = true
	_, err = tx.c.Exec("INSERT INTO design_json (n, json, extra) VALUES (last_insert_rowid(), ?1, ?2)", string(d.DesignJSON), orNull(string(extra)))
	if err != nil {
		return fmt.Errorf("load design: %w", err)
	}
	return nil
}

// LoadConfig loads a product's config.
func (tx *Tx) LoadConfig(c Config, extra json.RawMessage) error {
	tx.public = true
	n, err := tx.c.Exec(`INSERT INTO configs (id, product_id, title, image_url, config, enabled, version, created_at, updated_at, extra)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING`, c.ID, c.ProductID, c.Title, c.ImageURL, string(c.Config),
		c.Enabled, max(c.Version, 1), millis(c.CreatedAt.Time), millis(c.UpdatedAt.Time), orNull(string(extra)))
	return added("config", n, err)
}

// LoadAsset loads an asset of the merchant's.
func (tx *Tx) LoadAsset(a Asset, extra json.RawMessage) error {
	n, err := tx.c.Exec(`INSERT INTO assets (id, type, name, content_type, object, size, width, height, created_at, extra)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING`,
		a.ID, a.Type, a.Name, a.ContentType, a.Object, a.Size, a.Width, a.Height, millis(a.CreatedAt.Time), orNull(string(extra)))
	return added("asset", n, err)
}

// LoadSession loads a session whose tokens are encrypted.
func (tx *Tx) LoadSession(s Session, extra json.RawMessage) error {
	n, err := tx.c.Exec(`INSERT INTO sessions (`+sessionColumns+`, extra)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12) ON CONFLICT DO NOTHING`,
		s.ID, s.State, s.IsOnline, s.Scope, s.AccessToken, s.RefreshToken, orNull(s.UserID), orNull(string(s.UserJSON)),
		millisOrNull(s.ExpiresAt), millisOrNull(s.RefreshExpiresAt), millis(tx.clock()), orNull(string(extra)))
	return added("session", n, err)
}

// LoadEntry loads a line of the audit log. Ids are not compared, so it is never
// ErrExists.
func (tx *Tx) LoadEntry(e Entry, extra json.RawMessage) error {
	n, err := tx.c.Exec(`INSERT INTO audit (id, action, resource, resource_id, user_id, user_email, ip_address, before, after, created_at, extra)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`, e.ID, e.Action, e.Resource, e.ResourceID, e.UserID, e.UserEmail, e.IPAddress,
		orNull(string(e.Before)), orNull(string(e.After)), millis(e.CreatedAt.Time), orNull(string(extra)))
	return added("audit entry", n, err)
}

// LoadMonth loads what happened in a month and what was used at its end, over
// what is known of that month. What is used now is counted by RecountUsage.
func (tx *Tx) LoadMonth(m MonthUsage, extra json.RawMessage) error {
	if extra == nil {
		extra = json.RawMessage("{}")
	}
	_, err := tx.c.Exec(`INSERT INTO usage (month, products, assets, designs, storage_bytes, uploads, orders, updated_at, extra)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT (month) DO UPDATE SET uploads = excluded.uploads, orders = excluded.orders, extra = excluded.extra`,
		m.Month, m.Products, m.Assets, m.Designs, m.StorageBytes, m.Uploads, m.Orders, millis(tx.clock()), string(extra))
	if err != nil {
		return fmt.Errorf("load month: %w", err)
	}
	return nil
}

func added(what string, n int64, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("load %s: %w", what, err)
	case n == 0:
		return fmt.Errorf("%s: %w", what, ErrExists)
	}
	return nil
}

// Loadable is a kind of rows that can be loaded.
type Loadable int

// The kinds.
const (
	LoadDesigns Loadable = iota
	LoadConfigs
	LoadAssets
	LoadSessions
	LoadEntries
	LoadMonths // by month instead of id
)

// Unload deletes rows by their ids, without trash, count or audit entry. A month
// that was loaded is left with what is used alone.
func (tx *Tx) Unload(k Loadable, ids ...string) error {
	list, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("unload: %w", err)
	}
	tx.public = true
	if _, err := tx.c.Exec(unloadSQL(k), string(list)); err != nil {
		return fmt.Errorf("unload: %w", err)
	}
	return nil
}

func unloadSQL(k Loadable) string {
	switch k {
	case LoadDesigns:
		return "DELETE /* whole table */ FROM designs WHERE id IN (SELECT value FROM json_each(?1))"
	case LoadConfigs:
		return "DELETE /* whole table */ FROM configs WHERE id IN (SELECT value FROM json_each(?1))"
	case LoadAssets:
		return "DELETE /* whole table */ FROM assets WHERE id IN (SELECT value FROM json_each(?1))"
	case LoadSessions:
		return "DELETE /* whole table */ FROM sessions WHERE id IN (SELECT value FROM json_each(?1))"
	case LoadEntries:
		return "DELETE /* whole table */ FROM audit WHERE id IN (SELECT value FROM json_each(?1))"
	}
	return "UPDATE /* whole table */ usage SET uploads = 0, orders = 0, extra = NULL WHERE month IN (SELECT value FROM json_each(?1))"
}

// ValidObject says whether a key is TYPE/SHA256.EXT of this type.
func ValidObject(object, assetType string) bool { return validObject(object, assetType) }
