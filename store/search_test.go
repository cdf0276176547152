package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lapak/store"
)

// TestSearchFarBack: what is looked for is among the newest, far back, or both,
// and pages follow each other whichever way they were found.
func TestSearchFarBack(t *testing.T) {
	now := newClock("2026-11-23T10:00:00Z")
	db := openShop(t, now)
	want := map[string][]string{} // by what is looked for, newest first
	write(t, db, func(tx *store.Tx) error {
		for i := range 1300 {
			now.add(time.Second)
			name := fmt.Sprintf("Mug %d", i)
			switch {
			case i < 60:
				name = fmt.Sprintf("Old %d", i)
			case i%2 == 0:
				name = fmt.Sprintf("Even %d", i)
			case i == 700 || i == 1299:
				name = fmt.Sprintf("Rare %d", i)
			}
			if _, err := tx.CreateDesign(owner, unlimited, newDesign(name)); err != nil {
				return err
			}
			asset := newAsset("gallery", "a", 1)
			asset.Name = name
			if _, err := tx.CreateAsset(owner, unlimited, asset); err != nil {
				return err
			}
			word := strings.ToLower(name[:3])
			want[word] = append([]string{name}, want[word]...)
		}
		return nil
	})
	for _, word := range []string{"old", "eve", "rar", "mug", "nothing"} {
		names := want[word]
		read(t, db, func(v *store.View) error {
			designs := pages(t, func(p store.Page) ([]string, store.Cursor, error) {
				items, next, err := v.Designs(store.DesignFilter{Text: word}, p)
				return namesOf(items, func(d store.Design) string { return d.Name }), next, err
			})
			assets := pages(t, func(p store.Page) ([]string, store.Cursor, error) {
				items, next, err := v.Assets(store.AssetFilter{Text: word}, p)
				return namesOf(items, func(a store.Asset) string { return a.Name }), next, err
			})
			if fmt.Sprint(designs) != fmt.Sprint(names) || fmt.Sprint(assets) != fmt.Sprint(names) {
				t.Errorf("%s: %d designs and %d assets, want %d", word, len(designs), len(assets), len(names))
			}
			return nil
		})
	}
}

func namesOf[T any](items []T, name func(T) string) (out []string) {
	for _, item := range items {
		out = append(out, name(item))
	}
	return out
}

// pages reads a list to its end.
func pages(t *testing.T, page func(store.Page) ([]string, store.Cursor, error)) (all []string) {
	t.Helper()
	for p := (store.Page{Limit: 24}); ; {
		items, next, err := page(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, items...)
		if p.After = next; next.IsZero() {
			return all
		}
	}
}
