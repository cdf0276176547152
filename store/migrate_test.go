package store

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lapak"
	"lapak/store/sqlite"
)

// TestMigrationsEndAtTheSchema brings the first released schema to the newest
// version and compares it with a new shop's, row by row of sqlite_schema.
func TestMigrationsEndAtTheSchema(t *testing.T) {
	first, err := os.ReadFile("testdata/v1.sql")
	if err != nil {
		t.Fatal(err)
	}
	old := schemaFile(t, string(first))
	db := Open(old, Options{})
	if err := db.Migrate(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	got, want := schemaOf(t, old), schemaOf(t, schemaFile(t, lapak.Schema))
	if !slices.Equal(got, want) {
		t.Errorf("the chain ends at\n%s\nnot at\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestMigrationsAreAChain(t *testing.T) {
	version := 1
	for _, m := range migrations() {
		if version++; m.To != version {
			t.Errorf("a step leads to %d, want %d", m.To, version)
		}
	}
	if version != lapak.SchemaVersion {
		t.Errorf("the chain ends at %d, the schema is %d", version, lapak.SchemaVersion)
	}
}

func schemaFile(t *testing.T, script string) (path string) {
	t.Helper()
	image, err := sqlite.Image(script)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "shop", "0001.db")
	if err := sqlite.Create(path, image, func(*sqlite.Conn) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return path
}

// schemaOf is what a file's schema says, spaces and comments aside.
func schemaOf(t *testing.T, path string) (schema []string) {
	t.Helper()
	db := sqlite.Open(path, sqlite.Options{})
	defer db.Close()
	err := db.Read(t.Context(), "schema", func(c *sqlite.Conn) error {
		for _, pragma := range []string{"PRAGMA user_version", "PRAGMA application_id"} {
			if err := c.Query(pragma, nil, func(r *sqlite.Row) error {
				schema = append(schema, pragma+" "+strconv.FormatInt(r.Int(0), 10))
				return nil
			}); err != nil {
				return err
			}
		}
		return c.Query("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name", nil, func(r *sqlite.Row) error {
			schema = append(schema, strings.Join([]string{r.Text(0), r.Text(1), r.Text(2), normalise(r.Text(3))}, "|"))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func normalise(sql string) string {
	var words []string
	for line := range strings.Lines(sql) {
		code, _, _ := strings.Cut(line, "--")
		words = append(words, strings.Fields(code)...)
	}
	return strings.Join(words, " ")
}
