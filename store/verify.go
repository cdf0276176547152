package store

import (
	"context"
	"fmt"

	"lapak/store/sqlite"
)

// Verify reads the whole file and proves it sound: pages, indexes and foreign
// keys. It is sqlite.ErrCorrupt otherwise.
func (db *DB) Verify(ctx context.Context) error {
	return db.DB.Read(ctx, "verify", func(c *sqlite.Conn) error { return verify(c, db.Path()) })
}

// verifyRules is Verify with the rules of the tables: SQLite looks at a CHECK only
// where it may write.
func (db *DB) verifyRules(ctx context.Context) error {
	return db.DB.Write(ctx, "verify", func(c *sqlite.Conn) error { return verify(c, db.Path()) })
}

func verify(c *sqlite.Conn, path string) error {
	for _, check := range []string{"PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"} {
		err := c.Query(check, nil, func(r *sqlite.Row) error {
			if r.Text(0) == "ok" {
				return nil
			}
			return fmt.Errorf("%s: %w: %s", path, sqlite.ErrCorrupt, r.Text(0))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
