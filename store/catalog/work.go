package catalog

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// maintainAfter is how long after a shop's first write maintenance falls due, so
// that a busy hour is tidied once.
const maintainAfter = 5 * time.Minute

// The queries of idle work: each reads its partial index, never a shop that rests.
const (
	dirtySQL   = "SELECT name FROM shops WHERE dirty = 1 ORDER BY dirty_since"
	dueSQL     = "SELECT name FROM shops WHERE maintain_at IS NOT NULL AND maintain_at <= ?1 ORDER BY maintain_at LIMIT ?2"
	failingSQL = selectShops + "WHERE s.failures > 0 ORDER BY s.last_error_at DESC LIMIT ?1"
	nextSQL    = "SELECT maintain_at FROM shops WHERE maintain_at IS NOT NULL ORDER BY maintain_at LIMIT 1"
)

// MarkDirty notes, durably, that the shop's file may hold more than its replica,
// and that maintenance is due in five minutes or when it was due before. Call it
// before the shop's first write. Where all that is noted already it costs no
// disk write.
func (db *DB) MarkDirty(ctx context.Context, shop store.Shop) error {
	now := time.Now()
	return db.db.Write(ctx, "mark shop dirty", func(c *sqlite.Conn) error {
		n, err := c.Exec(`UPDATE shops SET dirty = 1, dirty_since = coalesce(dirty_since, ?2),
			maintain_at = min(coalesce(maintain_at, ?3), ?3)
			WHERE name = ?1 AND (dirty = 0 OR maintain_at IS NULL OR maintain_at > ?3)`,
			shop.String(), now.UnixMilli(), now.Add(maintainAfter).UnixMilli())
		if err != nil {
			return fmt.Errorf("mark shop %s dirty: %w", shop, err)
		}
		if n == 0 {
			return exists(c, shop)
		}
		return nil
	})
}

func exists(c *sqlite.Conn, shop store.Shop) error {
	n, err := c.Int("SELECT 1 FROM shops WHERE name = ?1", shop.String())
	if err == nil && n == 0 {
		err = fmt.Errorf("shop %s: %w", shop, ErrNotFound)
	}
	return err
}

// quiet is a step that changes nothing that OnChange tells of.
func (db *DB) quiet(ctx context.Context, what string, shop store.Shop, sql string, args ...any) error {
	return db.db.Write(ctx, what+" shop", func(c *sqlite.Conn) error {
		return stepIn(c, what, shop, sql, args...)
	})
}

func scanName(c *cursor) (store.Shop, error) { return c.shop() }

// Dirty returns the shops that are marked dirty, the longest so first.
func (db *DB) Dirty(ctx context.Context) ([]store.Shop, error) {
	return list(ctx, db, "list dirty shops", dirtySQL, nil, scanName)
}

// SetMaintenance says when the shop is to be maintained next; the zero Time is never.
func (db *DB) SetMaintenance(ctx context.Context, shop store.Shop, at time.Time) error {
	return db.quiet(ctx, "schedule", shop, "UPDATE shops SET maintain_at = ?2 WHERE name = ?1", optional(at))
}

// MaintenanceDue returns at most limit shops whose maintenance is due, whatever
// their state, the longest due first. They stay due until SetMaintenance.
func (db *DB) MaintenanceDue(ctx context.Context, now time.Time, limit int) ([]store.Shop, error) {
	return list(ctx, db, "list shops to maintain", dueSQL, []any{now.UnixMilli(), max(limit, 0)}, scanName)
}

// NextMaintenance returns when the next shop falls due; false if none will.
func (db *DB) NextMaintenance(ctx context.Context) (at time.Time, ok bool, err error) {
	err = db.db.Read(ctx, "next maintenance", func(c *sqlite.Conn) (err error) {
		ok, err = c.One(nextSQL, nil, func(r *sqlite.Row) { at = time.UnixMilli(r.Int(0)).UTC() })
		return err
	})
	return at, ok, err
}

// maxError bounds the text of a replication error, in bytes.
const maxError = 1000

// SetReplicaError notes that replication of the shop failed, and counts it; ""
// says that it works again.
func (db *DB) SetReplicaError(ctx context.Context, shop store.Shop, text string) error {
	if text == "" {
		return db.quiet(ctx, "clear error of", shop,
			"UPDATE shops SET failures = 0, last_error = '', last_error_at = NULL WHERE name = ?1")
	}
	text = strings.ToValidUTF8(text[:min(len(text), maxError)], "")
	return db.quiet(ctx, "note error of", shop, `UPDATE shops SET failures = failures + 1,
		last_error = ?2, last_error_at = ?3 WHERE name = ?1`, text, time.Now().UnixMilli())
}

// Failing returns at most limit shops whose replication failed last, the newest
// failure first.
func (db *DB) Failing(ctx context.Context, limit int) ([]Shop, error) {
	return list(ctx, db, "list failing shops", failingSQL, []any{max(limit, 0)}, scanShop)
}
