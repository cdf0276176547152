package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lapak/store/sqlite"
)

// Object is the bytes that rows name.
type Object struct {
	Name        string // TYPE/SHA256.EXT
	ContentType string
	Size        int64 // bytes
}

// NamedObjects calls each with every object that an asset names, or one in the
// trash, once and in order of their names; its error ends it.
func (v *View) NamedObjects(each func(Object) error) error {
	return v.c.Query(`SELECT /* whole table, sorted */ object, max(type), max(size) FROM (
			SELECT object, content_type AS type, size FROM assets
			UNION ALL
			SELECT object, json_extract(content, '$.contentType'), json_extract(content, '$.size') FROM trash NOT INDEXED WHERE object IS NOT NULL
		) GROUP BY object ORDER BY object`, nil, func(r *sqlite.Row) error {
		o := Object{Name: r.Text(0), ContentType: r.Text(1), Size: r.Int(2)}
		if kind, _, _ := strings.Cut(o.Name, "/"); !validObject(o.Name, kind) || checkAssetType(kind) != nil {
			return fmt.Errorf("%w: an asset's object is called %q", sqlite.ErrCorrupt, clip(o.Name))
		}
		return each(o)
	})
}

// Tables counts the rows of every table.
func (v *View) Tables() (map[string]int64, error) {
	parts, err := v.schema()
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, part := range parts {
		if part.kind == "table" {
			if counts[part.name], err = v.c.Int(`SELECT /* whole table */ count(*) FROM "` + part.name + `"`); err != nil {
				return nil, fmt.Errorf("count the rows of %s: %w", part.name, err)
			}
		}
	}
	return counts, nil
}

// schemaPart is a row of sqlite_schema.
type schemaPart struct{ kind, name, table, sql string }

// plain says that nothing happens by itself: a trigger, a view or a virtual table.
func (p schemaPart) plain() bool {
	words := strings.Fields(p.sql)
	switch {
	case p.kind == "index" && p.sql == "": // of a UNIQUE or a PRIMARY KEY
		return true
	case len(words) < 3 || words[0] != "CREATE":
		return false
	case p.kind == "table":
		return words[1] == "TABLE"
	}
	return p.kind == "index" && (words[1] == "INDEX" || words[1] == "UNIQUE")
}

// schema is what the file's schema says, in order and without spaces and comments.
func (v *View) schema() (parts []schemaPart, err error) {
	err = v.c.Query("SELECT /* whole table */ type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema", nil, func(r *sqlite.Row) error {
		parts = append(parts, schemaPart{r.Text(0), r.Text(1), r.Text(2), bareSQL(r.Text(3))})
		return nil
	})
	slices.SortFunc(parts, func(a, b schemaPart) int {
		return slices.Compare([]string{a.kind, a.name}, []string{b.kind, b.name})
	})
	return parts, err
}

// bareSQL is SQL without comments and superfluous spaces. Two texts of which one
// is a part of schema.sql mean the same if they are equal so: nothing in there is
// quoted that looks like a comment.
func bareSQL(sql string) string {
	var words []string
	for line := range strings.Lines(sql) {
		code, _, _ := strings.Cut(line, "--")
		words = append(words, strings.Fields(code)...)
	}
	return strings.Join(words, " ")
}

// CheckForeign looks at a file that may come from anywhere, before anything else
// is done with it: it must be a shop's, of this seal, of no newer version, whole,
// and without anything that runs by itself. It returns its version.
func (db *DB) CheckForeign(ctx context.Context, want Seal) (version int, err error) {
	err = db.Read(ctx, "look at a foreign file", func(v *View) error {
		parts, err := v.schema()
		if err != nil {
			return err
		}
		for _, part := range parts {
			if !part.plain() {
				return fmt.Errorf("%s: %w: it has the %s %q", db.Path(), ErrWrongSeal, clip(part.kind), clip(part.name))
			}
		}
		return nil
	})
	if err == nil {
		version, err = db.CheckSeal(ctx, want)
	}
	if err == nil {
		err = db.verifyRules(ctx)
	}
	return version, err
}

// CheckVersion is ErrNewer for a version of the schema that this program does not
// know. What names the file to people.
func CheckVersion(what string, version int) error { return checkVersion(what, version) }

// SameSchema is an error unless both files have the same tables and indexes.
func (db *DB) SameSchema(ctx context.Context, other *DB) error {
	var schemas [2][]schemaPart
	for i, d := range []*DB{db, other} {
		err := d.Read(ctx, "read schema", func(v *View) (err error) {
			schemas[i], err = v.schema()
			return err
		})
		if err != nil {
			return err
		}
	}
	if slices.Equal(schemas[0], schemas[1]) {
		return nil
	}
	return fmt.Errorf("%s: %w: its tables are not those of a shop", db.Path(), ErrWrongSeal)
}

// StripCopy removes from a copy what must not or need not leave with it: sessions,
// whose tokens are this installation's, what is in the trash for too long to be
// brought back, and Litestream's tables. Nothing of it stays in the file.
func (tx *Tx) StripCopy() error {
	// What is deleted is overwritten, not only forgotten.
	if _, err := tx.c.Int("PRAGMA secure_delete = ON"); err != nil {
		return err
	}
	if err := tx.dropSessions(); err != nil {
		return err
	}
	if _, err := tx.c.Exec("DELETE /* whole table */ FROM trash WHERE deleted_at <= ?1", tx.trashedAfter()); err != nil {
		return fmt.Errorf("empty the trash of a copy: %w", err)
	}
	var own []string
	err := tx.c.Query("SELECT /* whole table */ name FROM sqlite_schema WHERE type = 'table'", nil, func(r *sqlite.Row) error {
		if strings.HasPrefix(r.Text(0), "_litestream_") {
			own = append(own, r.Text(0))
		}
		return nil
	})
	for _, table := range own {
		if err == nil {
			_, err = tx.c.Exec(`DROP TABLE "` + table + `"`)
		}
	}
	return err
}

func (tx *Tx) dropSessions() error {
	if _, err := tx.c.Exec("DELETE FROM sessions"); err != nil {
		return fmt.Errorf("delete the sessions of a copy: %w", err)
	}
	return nil
}

// Adopt makes a file from elsewhere a new shop's: it gets another seal, belongs to
// nobody who was signed in, and its usage is counted anew.
func (tx *Tx) Adopt(terms Terms, from, to Seal) (Usage, error) {
	n, err := tx.c.Exec("UPDATE seal SET shop = ?1, uuid = ?2, epoch = ?3, created_at = ?4 WHERE id = 1 AND shop = ?5 AND uuid = ?6 AND epoch = ?7",
		to.Shop.name, to.UUID, to.Epoch, millis(tx.clock()), from.Shop.name, from.UUID, from.Epoch)
	if err == nil && n != 1 {
		err = ErrWrongSeal
	}
	if err == nil {
		err = tx.dropSessions()
	}
	if err != nil {
		return Usage{}, err
	}
	return tx.RecountUsage(terms)
}
