package catalog

import (
	"context"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// DeadObject is bytes in the assets bucket that no row of the shop's live file
// names any more.
type DeadObject struct {
	Shop   store.Shop
	Object string // the key behind the shop's name: TYPE/SHA256.EXT
	Since  time.Time
}

const deadBeforeSQL = "SELECT shop, object, since FROM dead_objects WHERE since < ?1 ORDER BY since LIMIT ?2"

func scanDead(c *cursor) (d DeadObject, err error) {
	d.Shop, err = c.shop()
	d.Object, d.Since = c.text(), c.time()
	return d, err
}

// AddDead notes that objects of a shop died at a moment. One that is dead
// already dies again: the later moment counts.
func (db *DB) AddDead(ctx context.Context, shop store.Shop, objects []string, at time.Time) error {
	return db.db.Write(ctx, "add dead objects", func(c *sqlite.Conn) error {
		if err := exists(c, shop); err != nil {
			return err
		}
		for _, o := range objects {
			_, err := c.Exec(`INSERT INTO dead_objects (shop, object, since) VALUES (?1, ?2, ?3)
				ON CONFLICT DO UPDATE SET since = max(since, excluded.since)`, shop.String(), o, at.UnixMilli())
			if err != nil {
				return fmt.Errorf("add dead object %s of shop %s: %w", o, shop, err)
			}
		}
		return nil
	})
}

// ReviveDead notes that an object is named again; it is no error if it never died.
func (db *DB) ReviveDead(ctx context.Context, shop store.Shop, object string) error {
	return db.db.Write(ctx, "revive dead object", func(c *sqlite.Conn) error {
		_, err := c.Exec("DELETE FROM dead_objects WHERE shop = ?1 AND object = ?2", shop.String(), object)
		return err
	})
}

// ResetDead lets all dead objects of a shop have died at a moment: after a
// restore the waiting begins anew.
func (db *DB) ResetDead(ctx context.Context, shop store.Shop, at time.Time) error {
	return db.db.Write(ctx, "reset dead objects", func(c *sqlite.Conn) error {
		_, err := c.Exec("UPDATE dead_objects SET since = ?2 WHERE shop = ?1", shop.String(), at.UnixMilli())
		return err
	})
}

// DeadBefore returns at most limit objects that died before t, the oldest first.
func (db *DB) DeadBefore(ctx context.Context, t time.Time, limit int) ([]DeadObject, error) {
	return list(ctx, db, "list dead objects", deadBeforeSQL, []any{t.UnixMilli(), max(limit, 0)}, scanDead)
}

// RemoveDead forgets objects that DeadBefore gave and returns those that were
// still as they were given. Only their bytes may be deleted: the others were
// revived, or died anew, in between.
func (db *DB) RemoveDead(ctx context.Context, dead []DeadObject) (removed []DeadObject, err error) {
	err = db.db.Write(ctx, "remove dead objects", func(c *sqlite.Conn) error {
		for _, d := range dead {
			n, err := c.Exec("DELETE FROM dead_objects WHERE shop = ?1 AND object = ?2 AND since = ?3",
				d.Shop.String(), d.Object, d.Since.UnixMilli())
			if err != nil {
				return fmt.Errorf("remove dead object %s of shop %s: %w", d.Object, d.Shop, err)
			}
			if n == 1 {
				removed = append(removed, d)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return removed, nil
}
