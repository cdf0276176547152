package catalog

import (
	"context"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// Coarse is a time in which changes of a shop up to Span apart share a restore
// point.
type Coarse struct {
	Shop     store.Shop
	From, To time.Time
	Span     time.Duration
}

// NoteCoarse keeps such times, many in one commit. Those of shops that are not
// there any more are left out.
func (db *DB) NoteCoarse(ctx context.Context, spans []Coarse) error {
	if len(spans) == 0 {
		return nil
	}
	return db.db.Write(ctx, "note coarse times", func(c *sqlite.Conn) error {
		for _, s := range spans {
			_, err := c.Exec(`INSERT INTO coarse (shop, from_time, to_time, span_ms)
				SELECT name, ?2, ?3, ?4 FROM shops WHERE name = ?1`,
				s.Shop.String(), s.From.UnixMilli(), s.To.UnixMilli(), s.Span.Milliseconds())
			if err != nil {
				return fmt.Errorf("note a coarse time of shop %s: %w", s.Shop, err)
			}
		}
		return nil
	})
}

const (
	coarseSQL    = "SELECT shop, from_time, to_time, span_ms FROM coarse WHERE shop = ?1 ORDER BY from_time"
	oldCoarseSQL = "DELETE FROM coarse WHERE to_time < ?1"
)

func scanCoarse(c *cursor) (s Coarse, err error) {
	s.Shop, err = c.shop()
	s.From, s.To, s.Span = c.time(), c.time(), time.Duration(c.number())*time.Millisecond
	return s, err
}

// Coarse returns the coarse times of a shop in order.
func (db *DB) Coarse(ctx context.Context, shop store.Shop) ([]Coarse, error) {
	return list(ctx, db, "list coarse times", coarseSQL, []any{shop.String()}, scanCoarse)
}

// ForgetCoarse removes the coarse times that ended before t, when the points
// around them are not kept apart any more either. Where there are none it costs
// no disk write.
func (db *DB) ForgetCoarse(ctx context.Context, t time.Time) error {
	return db.db.Write(ctx, "forget coarse times", func(c *sqlite.Conn) error {
		_, err := c.Exec(oldCoarseSQL, t.UnixMilli())
		return err
	})
}
