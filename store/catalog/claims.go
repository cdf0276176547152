package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// claimsKept is how long it is known which visitor a customer was: longer than
// any backup from before stays.
const claimsKept = 400 * 24 * time.Hour

const (
	claimsSQL    = "SELECT claim FROM claims WHERE shop = ?1 AND customer = ?2 AND at <= ?3"
	oldClaimsSQL = "DELETE FROM claims WHERE shop = ?1 AND at < ?2"
)

// NoteClaim notes that a visitor of a shop turned out to be a customer; see
// store.Tx.Claim, before which to call it. A restore of the shop does not change
// it. Claim is the visitor's owner, and customer Shopify's id. It is ErrNotFound
// if there is no such shop.
func (db *DB) NoteClaim(ctx context.Context, shop store.Shop, customer string, claim store.Owner, at time.Time) error {
	err := db.db.Write(ctx, "note claim", func(c *sqlite.Conn) error {
		if err := exists(c, shop); err != nil {
			return err
		}
		_, err1 := c.Exec("INSERT INTO claims (shop, customer, claim, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
			shop.String(), customer, claim, at.UnixMilli())
		_, err2 := c.Exec(oldClaimsSQL, shop.String(), at.Add(-claimsKept).UnixMilli())
		return errors.Join(err1, err2)
	})
	if err != nil {
		return fmt.Errorf("note a claim in shop %s: %w", shop, err)
	}
	return nil
}

// Claims returns the visitors that a customer of a shop had turned out to be by
// a moment.
func (db *DB) Claims(ctx context.Context, shop store.Shop, customer string, until time.Time) ([]store.Owner, error) {
	return list(ctx, db, "list claims", claimsSQL, []any{shop.String(), customer, until.UnixMilli()},
		func(c *cursor) (store.Owner, error) { return c.text(), nil })
}
