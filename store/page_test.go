package store_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"lapak/store"
)

func designPage(t testing.TB, db *store.DB, f store.DesignFilter, p store.Page) (names []string, next store.Cursor) {
	t.Helper()
	read(t, db, func(v *store.View) error {
		designs, n, err := v.Designs(f, p)
		for _, d := range designs {
			names = append(names, d.Name)
		}
		next = n
		return err
	})
	return names, next
}

func TestPagesAreStableUnderInserts(t *testing.T) {
	now := newClock("2026-03-01T00:00:00Z")
	db := openShop(t, now)
	var want []string
	for i := range 7 { // several in the same millisecond
		now.add(time.Duration(i%2) * time.Millisecond)
		name := fmt.Sprint("d", i)
		createDesign(t, db, newDesign(name))
		want = append([]string{name}, want...)
	}
	var got []string
	page := store.Page{Limit: 2}
	for {
		names, next := designPage(t, db, store.DesignFilter{}, page)
		got = append(got, names...)
		if next.IsZero() {
			break
		}
		parsed, err := store.ParseCursor(next.String())
		if err != nil {
			t.Fatal(err)
		}
		page.After = parsed
		createDesign(t, db, newDesign("later"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLastPageEndsExactly(t *testing.T) {
	db := openShop(t, nil)
	for range 4 {
		createDesign(t, db, newDesign(""))
	}
	_, next := designPage(t, db, store.DesignFilter{}, store.Page{Limit: 2})
	names, end := designPage(t, db, store.DesignFilter{}, store.Page{Limit: 2, After: next})
	if len(names) != 2 || !end.IsZero() {
		t.Errorf("got %d rows and next %q, want 2 and none", len(names), end)
	}
}

func TestPageLimit(t *testing.T) {
	db := openShop(t, nil)
	write(t, db, func(tx *store.Tx) error {
		for range 101 {
			if _, err := tx.CreateDesign(owner, unlimited, newDesign("")); err != nil {
				return err
			}
		}
		return nil
	})
	for limit, want := range map[int]int{0: 20, 1: 1, 100: 100, 101: 100, math.MaxInt: 100} {
		if names, _ := designPage(t, db, store.DesignFilter{}, store.Page{Limit: limit}); len(names) != want {
			t.Errorf("limit %d: got %d rows, want %d", limit, len(names), want)
		}
	}
	err := db.Read(t.Context(), "test", func(v *store.View) error {
		_, _, err := v.Designs(store.DesignFilter{}, store.Page{Limit: -1})
		return err
	})
	wantInvalid(t, err, "limit")
}

func TestCursorOfAnotherList(t *testing.T) {
	db := openShop(t, nil)
	createDesign(t, db, newDesign("a"))
	createDesign(t, db, newDesign("b"))
	_, next := designPage(t, db, store.DesignFilter{}, store.Page{Limit: 1})
	p := store.Page{After: next}
	for name, list := range map[string]func(*store.View) error{
		"audit": func(v *store.View) error { _, _, err := v.AuditLog(store.AuditFilter{}, p); return err },
		"audit up to now": func(v *store.View) error {
			_, _, err := v.AuditLog(store.AuditFilter{To: time.Now()}, p)
			return err
		},
		"assets":  func(v *store.View) error { _, _, err := v.Assets(store.AssetFilter{}, p); return err },
		"configs": func(v *store.View) error { _, _, err := v.Configs(p); return err },
	} {
		t.Run(name, func(t *testing.T) { wantInvalid(t, db.Read(t.Context(), "test", list), "cursor") })
	}
}

func TestParseCursor(t *testing.T) {
	if c, err := store.ParseCursor(""); err != nil || !c.IsZero() {
		t.Errorf("empty: %v, %v", c, err)
	}
	for _, bad := range []string{"x", "ZA", "2026-01-01", "zzzzzzzzzzzzzzzzzzzzzzz", "ZAAAAAAAAAAAAAAAAAAAAAA\n", "ZAAAAAAAAAAAAAAAAAAAAAAA", "'; DROP TABLE designs"} {
		_, err := store.ParseCursor(bad)
		wantInvalid(t, err, "cursor")
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, s := range []string{"", "ZAAAAAAAAAAAAAAAAAAAAAA", "bAAAAAAAAAAAAAAAAAAAAAA", "Z\nAAAAAAAAAAAAAAAAAAAAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := store.ParseCursor(s)
		if err == nil && c.String() != s {
			t.Fatalf("%q reads as %q", s, c)
		}
		if err != nil && !c.IsZero() {
			t.Fatalf("%q: an error and a cursor", s)
		}
	})
}
