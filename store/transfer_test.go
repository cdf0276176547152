package store_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/sqlite"
)

func object(kind, letter string) string { return kind + "/" + strings.Repeat(letter, 64) + ".png" }

// TestNamedObjects names each once, those in the trash included.
func TestNamedObjects(t *testing.T) {
	db := openShop(t, nil)
	for _, in := range []store.NewAsset{newAsset("fonts", "b", 2), newAsset("fonts", "b", 2), newAsset("gallery", "a", 1)} {
		if _, err := createAsset(t, db, unlimited, in); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := createAsset(t, db, unlimited, newAsset("designs", "c", 3))
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx *store.Tx) error { _, _, err := tx.DeleteAsset(owner, unlimited, gone.ID); return err })
	want := []store.Object{
		{Name: object("designs", "c"), ContentType: "image/png", Size: 3},
		{Name: object("fonts", "b"), ContentType: "image/png", Size: 2},
		{Name: object("gallery", "a"), ContentType: "image/png", Size: 1},
	}
	var got []store.Object
	read(t, db, func(v *store.View) error {
		return v.NamedObjects(func(o store.Object) error { got = append(got, o); return nil })
	})
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	stop := errors.New("stop")
	err = db.Read(t.Context(), "test", func(v *store.View) error {
		return v.NamedObjects(func(store.Object) error { return stop })
	})
	if !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// TestStripCopy takes what must not leave, and leaves the rest.
func TestStripCopy(t *testing.T) {
	now := newClock("2026-01-01T00:00:00Z")
	db := openShop(t, now)
	old, recent := createDesign(t, db, newDesign("old")), createDesign(t, db, newDesign("recent"))
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.DeleteDesign(owner, unlimited, old.ID, 0), tx.StoreSession(store.Session{ID: "s", AccessToken: []byte("secret")}))
	})
	now.add(store.TrashFor)
	write(t, db, func(tx *store.Tx) error { return tx.DeleteDesign(owner, unlimited, recent.ID, 0) })
	write(t, db, func(tx *store.Tx) error { return tx.StripCopy() })
	read(t, db, func(v *store.View) error {
		counts, err := v.Tables()
		if counts["sessions"] != 0 || counts["trash"] != 1 || counts["audit"] == 0 {
			t.Errorf("%v", counts)
		}
		return err
	})
}

// TestAdopt gives a file another seal, if it has the one that is expected.
func TestAdopt(t *testing.T) {
	db := openShop(t, nil)
	createDesign(t, db, newDesign("a"))
	from := testSeal(t)
	to := store.Seal{Shop: mustShop(t, "other.myshopify.com"), UUID: "22222222-2222-4222-8222-222222222222", Epoch: 1}
	err := db.Write(t.Context(), "test", func(tx *store.Tx) error { _, err := tx.Adopt(unlimited, to, from); return err })
	if !errors.Is(err, store.ErrWrongSeal) {
		t.Errorf("from another: %v", err)
	}
	write(t, db, func(tx *store.Tx) error {
		u, err := tx.Adopt(unlimited, from, to)
		if u.Designs != 1 {
			t.Errorf("usage: %+v", u)
		}
		return err
	})
	if _, err := db.CheckSeal(t.Context(), to); err != nil {
		t.Error(err)
	}
}

// TestCheckForeign refuses what a shop's file never has.
func TestCheckForeign(t *testing.T) {
	for script, want := range map[string]error{
		"": nil,
		"CREATE TRIGGER x AFTER INSERT ON audit BEGIN DELETE FROM designs; END": store.ErrWrongSeal,
		"CREATE VIEW x AS SELECT 1": store.ErrWrongSeal,
		"PRAGMA application_id = 1": store.ErrWrongSeal,
		"PRAGMA user_version = 99":  store.ErrNewer,
	} {
		path := createShop(t)
		db := openFile(t, path, store.Options{})
		if err := db.DB.Write(t.Context(), "test", func(c *sqlite.Conn) error { return c.Script(script) }); err != nil {
			t.Fatal(err)
		}
		if _, err := db.CheckForeign(t.Context(), testSeal(t)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", script, err, want)
		}
	}
}

// TestSameSchema sees a table, a column and an index that are not alike.
func TestSameSchema(t *testing.T) {
	model := openShop(t, nil)
	for script, same := range map[string]bool{
		"": true, "CREATE TABLE x (y)": false, "ALTER TABLE applied ADD COLUMN x TEXT": false, "DROP INDEX designs_owner": false,
		"DROP INDEX applied_at; CREATE INDEX applied_at ON applied (at) -- as it was": true,
		"DROP INDEX applied_at; CREATE INDEX applied_at ON applied (key)":             false,
	} {
		db := openShop(t, nil)
		if err := db.DB.Write(t.Context(), "test", func(c *sqlite.Conn) error { return c.Script(script) }); err != nil {
			t.Fatal(err)
		}
		if err := db.SameSchema(t.Context(), model); (err == nil) != same {
			t.Errorf("%s: %v", script, err)
		}
	}
}

// TestCopyOfAShop is a shop's file by itself.
func TestCopyOfAShop(t *testing.T) {
	db := openShop(t, nil)
	createDesign(t, db, newDesign("a"))
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := db.CopyInto(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if _, err := openFile(t, file, store.Options{}).CheckForeign(t.Context(), testSeal(t)); err != nil {
		t.Error(err)
	}
}
