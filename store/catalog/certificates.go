package catalog

import (
	"context"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// Certificate is what is kept of a shop that was erased.
type Certificate struct {
	UUID     string // the shop's identity
	Shop     store.Shop
	Text     string // signed JSON
	ErasedAt time.Time
}

const selectCertificates = "SELECT uuid, shop, certificate, erased_at FROM certificates "

func scanCertificate(c *cursor) (e Certificate, err error) {
	e.UUID = c.text()
	if e.Shop, err = c.shop(); err != nil {
		return e, err
	}
	e.Text, e.ErasedAt = c.text(), c.time()
	return e, nil
}

// BeginErase marks a shop for its end; only DeleteShop follows. Idle work leaves
// it alone from now on. Draft is kept until then; see Draft. If all that was done
// before, the earlier draft stays and it is no error; it is ErrState while the
// shop is being restored.
func (db *DB) BeginErase(ctx context.Context, shop store.Shop, draft string) error {
	return db.write(ctx, "begin to erase shop", shop, func(c *sqlite.Conn) error {
		err := stepIn(c, "begin to erase", shop, `UPDATE shops SET state = 'erasing', dirty = 0, dirty_since = NULL,
			maintain_at = NULL, failures = 0, last_error = '', last_error_at = NULL WHERE name = ?1 AND state <> 'restoring'`)
		if err != nil {
			return err
		}
		_, err = c.Exec(`INSERT INTO certificates (uuid, shop, certificate) SELECT uuid, name, ?2 FROM shops WHERE name = ?1
			ON CONFLICT DO NOTHING`, shop.String(), draft)
		return err
	})
}

// Draft returns what BeginErase or SetDraft kept of an erasure that has not
// ended, or ErrNotFound.
func (db *DB) Draft(ctx context.Context, uuid string) (string, error) {
	e, err := get(ctx, db, "draft of a certificate", selectCertificates+"WHERE uuid = ?1 AND erased_at IS NULL", []any{uuid}, scanCertificate)
	return e.Text, err
}

// SetDraft keeps what is known so far of an erasure that has not ended.
func (db *DB) SetDraft(ctx context.Context, uuid, draft string) error {
	return db.db.Write(ctx, "set draft", func(c *sqlite.Conn) error {
		n, err := c.Exec("UPDATE certificates SET certificate = ?2 WHERE uuid = ?1 AND erased_at IS NULL", uuid, draft)
		if err == nil && n == 0 {
			err = fmt.Errorf("draft of a certificate: %w", ErrNotFound)
		}
		return err
	})
}

// Certificate returns that of a shop's identity, or ErrNotFound.
func (db *DB) Certificate(ctx context.Context, uuid string) (Certificate, error) {
	return get(ctx, db, "certificate", selectCertificates+"WHERE uuid = ?1 AND erased_at IS NOT NULL", []any{uuid}, scanCertificate)
}

// Certificates returns at most limit certificates of shops that had this name,
// the newest first.
func (db *DB) Certificates(ctx context.Context, shop store.Shop, limit int) ([]Certificate, error) {
	return list(ctx, db, "list certificates", selectCertificates+`WHERE shop = ?1 AND erased_at IS NOT NULL
		ORDER BY erased_at DESC LIMIT ?2`, []any{shop.String(), max(limit, 0)}, scanCertificate)
}

// DeleteShop removes all that the catalog has of a shop that BeginErase marked,
// and keeps its certificate instead. Call it when everything else is gone. It
// proves that no other row names the shop, or changes nothing.
func (db *DB) DeleteShop(ctx context.Context, shop store.Shop, certificate string, at time.Time) error {
	err := db.write(ctx, "delete shop", shop, func(c *sqlite.Conn) error {
		_, err := c.Exec(`UPDATE certificates SET certificate = ?2, erased_at = ?3
			WHERE uuid = (SELECT uuid FROM shops WHERE name = ?1 AND state = 'erasing')`,
			shop.String(), certificate, at.UnixMilli())
		if err != nil {
			return fmt.Errorf("keep the certificate of shop %s: %w", shop, err)
		}
		// These have no foreign key; whatever else is about the shop goes with it.
		for _, sql := range []string{"DELETE FROM jobs WHERE shop = ?1", "DELETE FROM deliveries WHERE shop = ?1"} {
			if _, err := c.Exec(sql, shop.String()); err != nil {
				return fmt.Errorf("delete what is about shop %s: %w", shop, err)
			}
		}
		if err := stepIn(c, "delete", shop, "DELETE FROM shops WHERE name = ?1 AND state = 'erasing'"); err != nil {
			return err
		}
		return unnamed(c, shop)
	})
	if err == nil {
		db.forgetKeys()
		db.signins.forget()
	}
	return err
}

// unnamed is an error if any table but that of the certificates names the shop.
func unnamed(c *sqlite.Conn, shop store.Shop) error {
	tables, err := collect(c, `SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) i
		WHERE t.type = 'table' AND i.name = 'shop' AND t.name <> 'certificates'`, nil,
		func(r *cursor) (string, error) { return r.text(), nil })
	if err != nil {
		return fmt.Errorf("look for shop %s: %w", shop, err)
	}
	for _, table := range tables {
		n, err := c.Int(`SELECT count(*) FROM "`+table+`" WHERE shop = ?1`, shop.String())
		if err == nil && n > 0 {
			err = fmt.Errorf("%d rows of the table %s are left", n, table)
		}
		if err != nil {
			return fmt.Errorf("delete shop %s: %w", shop, err)
		}
	}
	return nil
}
