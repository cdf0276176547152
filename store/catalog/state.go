package catalog

import (
	"context"
	"fmt"

	"lapak/store"
	"lapak/store/sqlite"
)

// Suspend stops serving an active shop. It is no error if the shop is suspended
// already, and ErrState if it is being restored or erased.
func (db *DB) Suspend(ctx context.Context, shop store.Shop) error {
	return db.step(ctx, "suspend", shop,
		"UPDATE shops SET state = 'suspended' WHERE name = ?1 AND state IN ('active', 'suspended')")
}

// Resume serves a suspended shop again. It is no error if the shop is active
// already, and ErrState if it is being restored or erased.
func (db *DB) Resume(ctx context.Context, shop store.Shop) error {
	return db.step(ctx, "resume", shop,
		"UPDATE shops SET state = 'active' WHERE name = ?1 AND state IN ('active', 'suspended')")
}

// step is one compare-and-set of a shop's state.
func (db *DB) step(ctx context.Context, what string, shop store.Shop, sql string, args ...any) error {
	return db.write(ctx, what+" shop", shop, func(c *sqlite.Conn) error {
		return stepIn(c, what, shop, sql, args...)
	})
}

// stepIn runs sql, whose first argument is the shop. Where it changed no row it
// says why: ErrNotFound or ErrState.
func stepIn(c *sqlite.Conn, what string, shop store.Shop, sql string, args ...any) error {
	n, err := c.Exec(sql, append([]any{shop.String()}, args...)...)
	if err != nil {
		return fmt.Errorf("%s shop %s: %w", what, shop, err)
	}
	if n == 0 {
		return refused(c, what, shop)
	}
	return nil
}

// refused is why a step changed no row of the shop.
func refused(c *sqlite.Conn, what string, shop store.Shop) error {
	s, err := shopRecord(c, shop)
	if err != nil {
		return err
	}
	return fmt.Errorf("%s shop %s, which is %s: %w", what, shop, s.State, ErrState)
}

const unfinishedSQL = selectShops + "WHERE s.state IN ('restoring', 'erasing') AND s.state = ?1 ORDER BY s.name"

// Restoring returns the shops whose restore or undo has begun and not ended: at
// start-up, those that a crash interrupted.
func (db *DB) Restoring(ctx context.Context) ([]Shop, error) {
	return list(ctx, db, "list shops in restore", unfinishedSQL, []any{string(Restoring)}, scanShop)
}

// Erasing returns the shops whose erasure has begun and not ended.
func (db *DB) Erasing(ctx context.Context) ([]Shop, error) {
	return list(ctx, db, "list shops in erasure", unfinishedSQL, []any{string(Erasing)}, scanShop)
}
