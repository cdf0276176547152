package catalog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lapak/store"
	"lapak/store/sqlite"
)

// open is a catalog in a folder of the test's own.
func open(t testing.TB, opt Options) *DB {
	t.Helper()
	db, err := Open(context.Background(), filepath.Join(t.TempDir(), "data", "catalog.db"), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { check(t, db.Close()) })
	return db
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func name(t testing.TB, label string) store.Shop {
	t.Helper()
	s, err := store.ParseShop(label + ".myshopify.com")
	check(t, err)
	return s
}

// create is a shop in the catalog.
func create(t testing.TB, db *DB, label string) store.Shop {
	t.Helper()
	s, err := db.CreateShop(context.Background(), NewShop{Shop: name(t, label)})
	check(t, err)
	return s.Name
}

func record(t testing.TB, db *DB, shop store.Shop) Shop {
	t.Helper()
	s, err := db.Shop(context.Background(), shop)
	check(t, err)
	return s
}

func TestOpenKeepsWhatIsThere(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "catalog.db")
	for i, want := range []bool{false, true} {
		db, err := Open(ctx, path, Options{})
		check(t, err)
		_, ok, err := db.Setting(ctx, "k")
		check(t, err)
		if ok != want {
			t.Fatalf("opening %d: setting is there: %v", i+1, ok)
		}
		check(t, db.SetSetting(ctx, "k", "a"))
		check(t, db.SetSetting(ctx, "k", "b"))
		v, _, err := db.Setting(ctx, "k")
		check(t, err)
		equal(t, "setting", v, "b")
		equal(t, "path", db.Path(), path)
		check(t, db.Ping(ctx))
		check(t, db.Close())
		wantErr(t, db.Ping(ctx), sqlite.ErrClosed)
	}
	info, err := os.Stat(path)
	check(t, err)
	equal(t, "mode", info.Mode().Perm(), 0o600)
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	script := func(sql string) []byte {
		image, err := sqlite.Image(sql)
		check(t, err)
		return image
	}
	for _, tc := range []struct {
		what string
		file []byte
		want error
	}{
		{"newer", script(schema + "PRAGMA user_version = 99;"), ErrNewer},
		{"other", script("CREATE TABLE t (a INTEGER) STRICT; PRAGMA user_version = 1;"), ErrNotCatalog},
		{"unfinished", script(schema + "PRAGMA user_version = 0;"), ErrNotCatalog},
		{"empty", nil, ErrNotCatalog},
		{"text", []byte("this is a text and no database at all, however long it may be"), sqlite.ErrCorrupt},
	} {
		path := filepath.Join(dir, tc.what+".db")
		check(t, os.WriteFile(path, tc.file, 0o600))
		db, err := Open(t.Context(), path, Options{})
		if db != nil {
			t.Errorf("%s: was opened", tc.what)
		}
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", tc.what, err, tc.want)
		}
	}
}

// The chain of migrations must lead from the first released schema to schema.sql,
// in tables and in rows.
func TestMigrationsEndAtSchema(t *testing.T) {
	v1, err := os.ReadFile("testdata/v1.sql")
	check(t, err)
	image, err := sqlite.Image(string(v1))
	check(t, err)
	path := filepath.Join(t.TempDir(), "catalog.db")
	check(t, os.WriteFile(path, image, 0o600))
	old, err := Open(t.Context(), path, Options{})
	check(t, err)
	defer old.Close()
	got, want := dump(t, old), dump(t, open(t, Options{}))
	if !slices.Equal(got, want) {
		t.Fatalf("migrated:\n%q\nschema.sql:\n%q", got, want)
	}
	version, err := old.version(t.Context())
	check(t, err)
	equal(t, "version", version, SchemaVersion)
	equal(t, "last step", 1+len(migrations()), SchemaVersion)
}

// dump is the schema and the plans as text.
func dump(t *testing.T, db *DB) (lines []string) {
	t.Helper()
	check(t, db.db.Read(t.Context(), "dump", func(c *sqlite.Conn) error {
		for _, sql := range []string{
			"SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY type, name",
			"SELECT concat_ws('|', " + planColumns + ", position) FROM plans ORDER BY name",
		} {
			err := c.Query(sql, nil, func(r *sqlite.Row) error {
				lines = append(lines, r.Text(0))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return lines
}
