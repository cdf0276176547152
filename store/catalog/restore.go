package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// BeginRestore marks an active or suspended shop as Restoring and returns its
// live epoch and a number for the next, which is used up whatever follows. It is
// ErrState if the shop is being restored or erased. Job is kept in the record.
func (db *DB) BeginRestore(ctx context.Context, shop store.Shop, job string) (from, to int, err error) {
	return db.beginSwitch(ctx, "restore", shop, job, `UPDATE shops SET state_before = state, state = 'restoring',
		restore_to = next_epoch, next_epoch = next_epoch + 1, restore_job = ?2
		WHERE name = ?1 AND state IN ('active', 'suspended') RETURNING epoch, restore_to`)
}

// BeginUndo marks an active or suspended shop as Restoring and returns its live
// epoch and the one before the last restore. It is ErrState if there is none, or
// if the shop is being restored or erased.
func (db *DB) BeginUndo(ctx context.Context, shop store.Shop, job string) (from, to int, err error) {
	return db.beginSwitch(ctx, "undo the restore of", shop, job, `UPDATE shops SET state_before = state,
		state = 'restoring', restore_to = previous_epoch, restore_job = ?2
		WHERE name = ?1 AND state IN ('active', 'suspended') AND previous_epoch IS NOT NULL
		RETURNING epoch, restore_to`)
}

func (db *DB) beginSwitch(ctx context.Context, what string, shop store.Shop, job, sql string) (from, to int, err error) {
	err = db.write(ctx, "begin to "+what+" shop", shop, func(c *sqlite.Conn) error {
		found, err := c.One(sql, []any{shop.String(), job}, func(r *sqlite.Row) {
			from, to = int(r.Int(0)), int(r.Int(1))
		})
		if err == nil && !found {
			err = refused(c, what, shop)
		}
		return err
	})
	return from, to, err
}

// FinishRestore makes to, which BeginRestore gave, the live epoch from the
// moment at, and returns the shop to the state it had before. The epoch that was
// left is where an undo goes. It is ErrState if to is not what was begun.
func (db *DB) FinishRestore(ctx context.Context, shop store.Shop, to int, at time.Time) error {
	return db.write(ctx, "finish restore", shop, func(c *sqlite.Conn) error {
		err := stepIn(c, "finish the restore of", shop, `UPDATE shops SET previous_epoch = epoch, epoch = restore_to,
			state = state_before, state_before = NULL, restore_to = NULL, restore_job = NULL
			WHERE name = ?1 AND state = 'restoring' AND restore_to = ?2`, to)
		if err != nil {
			return err
		}
		return switchPeriod(c, shop, to, at.UnixMilli())
	})
}

// FinishUndo is FinishRestore after BeginUndo. The epoch that was left becomes
// the previous one, so that a second undo is a redo.
func (db *DB) FinishUndo(ctx context.Context, shop store.Shop, to int, at time.Time) error {
	return db.FinishRestore(ctx, shop, to, at)
}

// AbortRestore returns a shop to the state and epoch it had before BeginRestore
// or BeginUndo. It is ErrState if none has begun.
func (db *DB) AbortRestore(ctx context.Context, shop store.Shop) error {
	return db.step(ctx, "abort the restore of", shop, `UPDATE shops SET state = state_before,
		state_before = NULL, restore_to = NULL, restore_job = NULL WHERE name = ?1 AND state = 'restoring'`)
}

// Period is a time in which one epoch was a shop's live file.
type Period struct {
	Epoch int
	From  time.Time
	To    time.Time // the first moment of the next period; zero: still live
}

func scanPeriod(c *cursor) (Period, error) {
	return Period{Epoch: int(c.number()), From: c.time(), To: c.time()}, nil
}

// Lineage returns which epochs of a shop were live, the oldest period first. It
// is ErrNotFound if there is no such shop.
func (db *DB) Lineage(ctx context.Context, shop store.Shop) ([]Period, error) {
	all, err := list(ctx, db, "read lineage", `SELECT epoch, live_from, live_to FROM lineage
		WHERE shop = ?1 ORDER BY live_from, n`, []any{shop.String()}, scanPeriod)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("shop %s: %w", shop, ErrNotFound)
	}
	return all, err
}

// LiveAt returns the epoch that was live at a moment; it is ErrNotFound for a
// moment before the shop's first.
func (db *DB) LiveAt(ctx context.Context, shop store.Shop, at time.Time) (epoch int, err error) {
	p, err := get(ctx, db, fmt.Sprintf("epoch of shop %s at %s", shop, at.UTC().Format(time.RFC3339)),
		`SELECT epoch, live_from, live_to FROM lineage WHERE shop = ?1 AND live_from <= ?2
		ORDER BY live_from DESC, n DESC LIMIT 1`, []any{shop.String(), at.UnixMilli()}, scanPeriod)
	return p.Epoch, err
}

func openPeriod(c *sqlite.Conn, shop store.Shop, epoch int, at int64) error {
	_, err := c.Exec("INSERT INTO lineage (shop, epoch, live_from) VALUES (?1, ?2, ?3)", shop.String(), epoch, at)
	if err != nil {
		return fmt.Errorf("open lineage: %w", err)
	}
	return nil
}

// switchPeriod ends the open period and begins the next. A clock that went
// backwards makes an empty period, never one of negative length.
func switchPeriod(c *sqlite.Conn, shop store.Shop, epoch int, at int64) error {
	found, err := c.One(`UPDATE lineage SET live_to = max(live_from, ?2) WHERE shop = ?1 AND live_to IS NULL
		RETURNING live_to`, []any{shop.String(), at}, func(r *sqlite.Row) { at = r.Int(0) })
	if err == nil && !found {
		err = errors.New("no period is open")
	}
	if err != nil {
		return fmt.Errorf("close lineage: %w", err)
	}
	return openPeriod(c, shop, epoch, at)
}
