package catalog

import (
	"context"
	"fmt"

	"lapak/store/sqlite"
)

// Setting returns what SetSetting kept under key; false if it never did.
func (db *DB) Setting(ctx context.Context, key string) (value string, ok bool, err error) {
	err = db.db.Read(ctx, "read setting", func(c *sqlite.Conn) (err error) {
		ok, err = c.One("SELECT value FROM settings WHERE key = ?1", []any{key}, func(r *sqlite.Row) { value = r.Text(0) })
		return err
	})
	return value, ok, err
}

// SetSetting keeps a value of the program's own under key.
func (db *DB) SetSetting(ctx context.Context, key, value string) error {
	return db.db.Write(ctx, "set setting", func(c *sqlite.Conn) error {
		_, err := c.Exec(`INSERT INTO settings (key, value) VALUES (?1, ?2)
			ON CONFLICT DO UPDATE SET value = excluded.value`, key, value)
		if err != nil {
			return fmt.Errorf("set setting %s: %w", key, err)
		}
		return nil
	})
}
