package catalog

import (
	"context"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// unproven is the condition of the index shops_unproven, word by word: the
// backup has changed since it was proven. Shops that rest are not in it.
const unproven = "(dirty = 1 OR proven_at IS NULL OR replicated_at >= proven_at) AND state IN ('active', 'suspended')"

const (
	unprovenSQL  = "SELECT name FROM shops INDEXED BY shops_unproven WHERE " + unproven + " ORDER BY drilled_at"
	nextDrillSQL = "SELECT name, drilled_at FROM shops INDEXED BY shops_unproven WHERE " + unproven + " ORDER BY drilled_at LIMIT 1"
)

// Unproven returns the shops whose backup has changed since it was proven, the
// one whose last drill is longest ago first.
func (db *DB) Unproven(ctx context.Context) ([]store.Shop, error) {
	return list(ctx, db, "list unproven shops", unprovenSQL, nil, scanName)
}

// NextDrill returns the first of Unproven and when it was drilled last, the zero
// Time for never; false if there is none.
func (db *DB) NextDrill(ctx context.Context) (shop store.Shop, last time.Time, ok bool, err error) {
	err = db.db.Read(ctx, "next drill", func(c *sqlite.Conn) error {
		_, err := collect(c, nextDrillSQL, nil, func(r *cursor) (s store.Shop, err error) {
			shop, err = r.shop()
			last, ok = r.time(), true
			return shop, err
		})
		return err
	})
	return shop, last, ok, err
}

// NoteDrill keeps how a drill at a moment ended: problem says what it found
// wrong, "" that the backup of that moment is equal to the file.
func (db *DB) NoteDrill(ctx context.Context, shop store.Shop, at time.Time, problem string) error {
	problem = strings.ToValidUTF8(problem[:min(len(problem), maxError)], "")
	return db.quiet(ctx, "note the drill of", shop, `UPDATE shops SET drilled_at = ?2, drill_error = ?3,
		proven_at = iif(?3 = '', ?2, proven_at) WHERE name = ?1`, at.UnixMilli(), problem)
}
