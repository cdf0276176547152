package catalog

import (
	"context"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// Redaction is a customer whose data in a shop was to be erased at a moment.
type Redaction struct {
	Shop      store.Shop
	Customer  string    // Shopify's id
	Since     time.Time // what is older is to be gone
	CleanedAt time.Time // the live file and its newest backup were clean at this moment; zero: not yet
}

const (
	selectRedactions  = "SELECT shop, customer, since, cleaned_at FROM redactions "
	openRedactionsSQL = selectRedactions + "WHERE cleaned_at IS NULL ORDER BY since"
)

func scanRedaction(c *cursor) (r Redaction, err error) {
	r.Shop, err = c.shop()
	r.Customer, r.Since, r.CleanedAt = c.text(), c.time(), c.time()
	return r, err
}

// NoteRedaction notes, durably and before anything is erased, that a customer's
// data is to go, and that the shop's maintenance is due at forget if not before.
// A redaction of the customer that is not done yet is returned instead. It is
// ErrNotFound if there is no such shop, or none that will stay.
func (db *DB) NoteRedaction(ctx context.Context, shop store.Shop, customer string, since, forget time.Time) (r Redaction, err error) {
	err = db.db.Write(ctx, "note redaction", func(c *sqlite.Conn) error {
		n, err := c.Exec(`UPDATE shops SET maintain_at = min(coalesce(maintain_at, ?2), ?2) WHERE name = ?1 AND state <> 'erasing'`,
			shop.String(), forget.UnixMilli())
		if err == nil && n == 0 {
			err = fmt.Errorf("shop %s: %w", shop, ErrNotFound)
		}
		if err != nil {
			return err
		}
		_, err = c.Exec(`INSERT INTO redactions (shop, customer, since) SELECT ?1, ?2, ?3
			WHERE NOT EXISTS (SELECT 1 FROM redactions WHERE shop = ?1 AND customer = ?2 AND cleaned_at IS NULL)
			ON CONFLICT DO UPDATE SET cleaned_at = NULL`, shop.String(), customer, since.UnixMilli())
		if err != nil {
			return fmt.Errorf("note redaction: %w", err)
		}
		r, err = first(c, "redaction", selectRedactions+"WHERE shop = ?1 AND customer = ?2 AND cleaned_at IS NULL",
			[]any{shop.String(), customer}, scanRedaction)
		return err
	})
	return r, err
}

// Redactions returns a shop's, the oldest first.
func (db *DB) Redactions(ctx context.Context, shop store.Shop) ([]Redaction, error) {
	return list(ctx, db, "list redactions", selectRedactions+"WHERE shop = ?1 ORDER BY since", []any{shop.String()}, scanRedaction)
}

// OpenRedactions returns those of all shops that are not done, the oldest first.
func (db *DB) OpenRedactions(ctx context.Context) ([]Redaction, error) {
	return list(ctx, db, "list open redactions", openRedactionsSQL, nil, scanRedaction)
}

// FinishRedaction notes that the live file and its newest backup are clean.
func (db *DB) FinishRedaction(ctx context.Context, r Redaction, cleanedAt time.Time) error {
	return db.redaction(ctx, "finish redaction", r, "UPDATE redactions SET cleaned_at = ?4 WHERE shop = ?1 AND customer = ?2 AND since = ?3",
		cleanedAt.UnixMilli())
}

// ForgetRedaction removes one of which no restore can bring anything back, and
// what was known of whom the customer was before.
func (db *DB) ForgetRedaction(ctx context.Context, r Redaction) error {
	err := db.redaction(ctx, "forget a redacted customer's claims", r, "DELETE FROM claims WHERE shop = ?1 AND customer = ?2 AND at <= ?3")
	if err != nil {
		return err
	}
	return db.redaction(ctx, "forget redaction", r, "DELETE FROM redactions WHERE shop = ?1 AND customer = ?2 AND since = ?3")
}

func (db *DB) redaction(ctx context.Context, what string, r Redaction, sql string, more ...any) error {
	return db.db.Write(ctx, what, func(c *sqlite.Conn) error {
		_, err := c.Exec(sql, append([]any{r.Shop.String(), r.Customer, r.Since.UnixMilli()}, more...)...)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	})
}
