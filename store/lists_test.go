package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lapak/store"
)

// namedDesigns makes one design a minute; a name that begins with "+" is a shopper's.
func namedDesigns(t testing.TB, names ...string) (*store.DB, *clock) {
	t.Helper()
	now := newClock("2026-11-23T10:00:00Z")
	db := openShop(t, now)
	for _, name := range names {
		in := newDesign(strings.TrimPrefix(name, "+"))
		if strings.HasPrefix(name, "+") {
			in.Owner = store.CustomerOwner("1")
		}
		createDesign(t, db, in)
		now.add(time.Minute)
	}
	return db, now
}

func TestSearchDesigns(t *testing.T) {
	db, _ := namedDesigns(t, "Kopi 100%", "+kopi susu", "Teh", "a_b", `back\slash`, "axb")
	at := func(minutes int) time.Time {
		return time.Date(2026, 11, 23, 10, minutes, 0, 0, time.UTC)
	}
	for _, c := range []struct {
		f    store.DesignFilter
		want []string
	}{
		{store.DesignFilter{Text: "KOPI"}, []string{"kopi susu", "Kopi 100%"}},
		{store.DesignFilter{Text: "0%"}, []string{"Kopi 100%"}},
		{store.DesignFilter{Text: "a_b"}, []string{"a_b"}},
		{store.DesignFilter{Text: `\s`}, []string{`back\slash`}},
		{store.DesignFilter{Shoppers: true}, []string{"kopi susu"}},
		{store.DesignFilter{Owner: ptr(""), Text: "kopi"}, []string{"Kopi 100%"}},
		{store.DesignFilter{From: at(1), To: at(3)}, []string{"Teh", "kopi susu"}},
		{store.DesignFilter{ProductID: "1", Template: ptr(false), Text: "te"}, []string{"Teh"}},
		{store.DesignFilter{Text: "nothing"}, nil},
	} {
		got, _ := designPage(t, db, c.f, store.Page{})
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.f, got, c.want)
		}
		var byName []string
		read(t, db, func(v *store.View) error {
			items, _, err := v.DesignsByName(c.f, store.Page{})
			for _, d := range items {
				byName = append(byName, d.Name)
			}
			return err
		})
		slices.Sort(c.want)
		slices.Sort(byName)
		if !slices.Equal(byName, c.want) {
			t.Errorf("by name %+v: %q, want %q", c.f, byName, c.want)
		}
	}
}

func TestDesignsByNamePages(t *testing.T) {
	db, _ := namedDesigns(t, "cherry", "apple", "Banana", "apple", "date")
	var got []string
	for after := ""; ; {
		c, err := store.ParseCursor(after)
		if err != nil {
			t.Fatal(err)
		}
		read(t, db, func(v *store.View) error {
			items, next, err := v.DesignsByName(store.DesignFilter{}, store.Page{Limit: 2, After: c})
			for _, d := range items {
				got = append(got, d.Name)
			}
			after = next.String()
			return err
		})
		if after == "" {
			break
		}
	}
	if want := []string{"apple", "apple", "Banana", "cherry", "date"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUsersOf(t *testing.T) {
	db := openShop(t, nil)
	a, err := createAsset(t, db, unlimited, newAsset("gallery", "a", 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"by id": a.ID, "by name": "asset:" + a.Name, "another": "asset:" + a.Name + "x", "case": "asset:" + strings.ToUpper(a.Name)} {
		in := newDesign(name)
		in.DesignJSON, _ = json.Marshal(map[string]string{"src": text})
		createDesign(t, db, in)
	}
	putConfig(t, db, "1", store.ConfigPatch{Config: json.RawMessage(`{"image":"asset:` + a.Name + `"}`)})
	users := func(most int) (u store.Users) {
		read(t, db, func(v *store.View) (err error) { u, err = v.UsersOf(a, most); return err })
		return u
	}
	var names []string
	u := users(10)
	for _, d := range u.Designs {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"by id", "by name"}) || len(u.Configs) != 1 || u.More {
		t.Errorf("%q, %d configs, more %v", names, len(u.Configs), u.More)
	}
	if !users(3).More {
		t.Error("does not say that it looked at a part only")
	}
}

func TestStorageByType(t *testing.T) {
	db := openShop(t, nil)
	for _, in := range []store.NewAsset{newAsset("gallery", "a", 10), newAsset("gallery", "a", 10), newAsset("gallery", "b", 5), newAsset("fonts", "a", 7)} {
		if _, err := createAsset(t, db, unlimited, in); err != nil {
			t.Fatal(err)
		}
	}
	read(t, db, func(v *store.View) error {
		all, err := v.StorageByType()
		want := []store.TypeUsage{{"gallery", 2, 15}, {"base-images", 0, 0}, {"fonts", 1, 7}, {"designs", 0, 0}}
		if !slices.Equal(all, want) {
			t.Errorf("%v, want %v", all, want)
		}
		return err
	})
}

func TestAssetNamedIsTheNewest(t *testing.T) {
	db := openShop(t, nil)
	first, last := newAsset("gallery", "a", 1), newAsset("fonts", "b", 1)
	first.Name, last.Name = "same", "same"
	if _, err := createAsset(t, db, unlimited, first); err != nil {
		t.Fatal(err)
	}
	want, err := createAsset(t, db, unlimited, last)
	if err != nil {
		t.Fatal(err)
	}
	read(t, db, func(v *store.View) error {
		if got, err := v.AssetNamed("same"); err != nil || got.ID != want.ID {
			t.Errorf("%s (%v), want %s", got.ID, err, want.ID)
		}
		if _, err := v.AssetNamed("other"); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		return nil
	})
}

func TestHistory(t *testing.T) {
	now := newClock("2026-11-23T10:00:00Z")
	db := openShop(t, now)
	d := createDesign(t, db, newDesign("a"))
	now.add(time.Minute)
	write(t, db, func(tx *store.Tx) (err error) {
		d, err = tx.UpdateDesign(owner, unlimited, d.ID, store.DesignPatch{Name: ptr("b")}, 0)
		return err
	})
	history := func() (entries []store.Entry, all bool) {
		read(t, db, func(v *store.View) (err error) {
			entries, all, err = v.History("design", d.ID, d.CreatedAt.Time, d.UpdatedAt.Time)
			return err
		})
		return entries, all
	}
	check := func(all bool) {
		t.Helper()
		entries, got := history()
		if len(entries) != 2 || entries[0].Action != "UPDATE" || entries[1].Action != "CREATE" || got != all {
			t.Errorf("%d entries, all %v, want 2 and %v", len(entries), got, all)
		}
	}
	check(true)
	now.add(time.Minute)
	many := func(n int) {
		write(t, db, func(tx *store.Tx) error {
			for i := range n {
				if err := tx.Audit(owner, "CREATE", "design", fmt.Sprint(i), nil, nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	many(3000) // since its last change: it is found behind them
	check(true)
}

func TestDesignsSince(t *testing.T) {
	db, now := namedDesigns(t, "old", "gone", "changed")
	at := now.Now()
	createDesign(t, db, newDesign("new"))
	write(t, db, func(tx *store.Tx) error {
		items, _, err := tx.Designs(store.DesignFilter{}, store.Page{})
		for _, d := range items {
			switch d.Name {
			case "gone":
				err = errors.Join(err, tx.DeleteDesign(owner, unlimited, d.ID, 0))
			case "changed":
				_, e := tx.UpdateDesign(owner, unlimited, d.ID, store.DesignPatch{Name: ptr("x")}, 0)
				err = errors.Join(err, e)
			}
		}
		return err
	})
	read(t, db, func(v *store.View) error {
		got, err := v.DesignsSince(at)
		if want := (store.Since{Changed: 1, Made: 1, Deleted: 1}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		return err
	})
}

func BenchmarkSearchDesigns(b *testing.B) {
	db := openShop(b, nil)
	in := benchDesign()
	for range 100 {
		write(b, db, func(tx *store.Tx) error {
			for i := range 100 {
				in.Name = fmt.Sprint("Kopi ", i)
				if _, err := tx.CreateDesign(owner, unlimited, in); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, c := range []struct {
		name string
		look func(v *store.View) error
	}{
		{"common", func(v *store.View) error {
			_, _, err := v.Designs(store.DesignFilter{Text: "kopi 5"}, store.Page{})
			return err
		}},
		{"nothing found", func(v *store.View) error {
			_, _, err := v.Designs(store.DesignFilter{Text: "none"}, store.Page{})
			return err
		}},
		{"by name", func(v *store.View) error {
			_, _, err := v.DesignsByName(store.DesignFilter{}, store.Page{})
			return err
		}},
		{"users", func(v *store.View) error {
			_, err := v.UsersOf(store.Asset{ID: "x", Name: "y"}, 1000)
			return err
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				read(b, db, c.look)
			}
		})
	}
}
