package catalog

import (
	"strings"
	"testing"
	"time"

	"lapak/store"
)

func unprovenNames(t *testing.T, db *DB) (names string) {
	t.Helper()
	shops, err := db.Unproven(t.Context())
	check(t, err)
	for _, s := range shops {
		names += strings.TrimSuffix(s.String(), ".myshopify.com") + " "
	}
	return names
}

func TestDrills(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	_, _, ok, err := db.NextDrill(ctx)
	check(t, err)
	equal(t, "any", ok, false)
	a, b, c := create(t, db, "a"), create(t, db, "b"), create(t, db, "c")
	equal(t, "never proven", len(unprovenNames(t, db)), len("a b c "))
	for i, shop := range []store.Shop{c, b, a} {
		check(t, db.NoteDrill(ctx, shop, at(10+i), ""))
	}
	equal(t, "nothing has changed", unprovenNames(t, db), "")
	equal(t, "replica", record(t, db, b).Replica, Replica{ProvenAt: at(11), DrilledAt: at(11)})

	check(t, db.MarkClean(ctx, a, at(20), 1, &store.Usage{Designs: 3, StorageBytes: 4}))
	equal(t, "a change that was shipped", unprovenNames(t, db), "a ")
	equal(t, "usage", record(t, db, a).Replica.Usage, store.Usage{Designs: 3, StorageBytes: 4})
	check(t, db.MarkDirty(ctx, b))
	equal(t, "and one that was not", unprovenNames(t, db), "b a ")
	shop, last, ok, err := db.NextDrill(ctx)
	check(t, err)
	if shop != b || !last.Equal(at(11)) || !ok {
		t.Errorf("next: %s, %s, %t", shop, last, ok)
	}
	check(t, db.NoteDrill(ctx, b, at(30), "the backup is damaged"))
	r := record(t, db, b).Replica
	equal(t, "proven", r.ProvenAt, at(11))
	equal(t, "drilled", r.DrilledAt, at(30))
	equal(t, "error", r.DrillError, "the backup is damaged")
	equal(t, "back of the queue", unprovenNames(t, db), "a b ")
	check(t, db.NoteDrill(ctx, a, at(40), ""))
	equal(t, "proven again", unprovenNames(t, db), "b ")
	check(t, db.NoteDrill(ctx, b, at(50), ""))
	equal(t, "the error is over", record(t, db, b).Replica.DrillError, "")
	_, _, err = db.BeginRestore(ctx, b, "")
	check(t, err)
	equal(t, "being restored", unprovenNames(t, db), "")
	wantErr(t, db.NoteDrill(ctx, name(t, "none"), at(1), ""), ErrNotFound)
	check(t, db.MarkClean(ctx, b, time.Now(), 1, nil))
	equal(t, "usage of nobody knows", record(t, db, b).Replica.Usage, store.Usage{})
}
