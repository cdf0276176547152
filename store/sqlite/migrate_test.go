package sqlite

import (
	"strings"
	"testing"
)

var chain = []Migration{
	{To: 2, SQL: "ALTER TABLE t ADD COLUMN a INTEGER; CREATE INDEX t_a ON t (a);"},
	{To: 3, SQL: "UPDATE t SET a = v * 2"},
	{To: 4, SQL: "ALTER TABLE t RENAME COLUMN a TO b"},
}

func version(t *testing.T, db *DB) (v int64) {
	t.Helper()
	err := db.Read(t.Context(), "version", func(c *Conn) (err error) { v, err = c.Int("PRAGMA user_version"); return err })
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func migrate(t *testing.T, db *DB, from int, steps []Migration) error {
	return db.Write(t.Context(), "migrate", func(c *Conn) error { return Migrate(c, from, steps) })
}

func TestMigrate(t *testing.T) {
	db := newDB(t, Options{})
	mustWrite(t, db, insert(21))
	if err := migrate(t, db, 1, chain[:1]); err != nil || version(t, db) != 2 {
		t.Fatalf("first step: %v, at version %d", err, version(t, db))
	}
	if err := migrate(t, db, 2, chain); err != nil || version(t, db) != 4 {
		t.Fatalf("the others: %v, at version %d", err, version(t, db))
	}
	if err := migrate(t, db, 4, chain); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
	var b int64
	err := db.Read(t.Context(), "test", func(c *Conn) (err error) { b, err = c.Int("SELECT b FROM t"); return err })
	if err != nil || b != 42 {
		t.Errorf("b = %d, %v, want 42", b, err)
	}
}

func TestAStepThatFailsLeavesTheOldVersion(t *testing.T) {
	db := newDB(t, Options{})
	mustWrite(t, db, insert(1))
	steps := append(chain[:2:2], Migration{To: 4, SQL: "CREATE TABLE half (x); UPDATE nowhere SET a = 1"})
	err := migrate(t, db, 1, steps)
	if err == nil || !strings.Contains(err.Error(), "version 4") {
		t.Errorf("got %v, want the step's name", err)
	}
	if v := version(t, db); v != 0 { // newFile sets none
		t.Errorf("at version %d, want 0", v)
	}
	columns := 0
	err = db.Read(t.Context(), "test", func(c *Conn) error {
		return c.Query("PRAGMA table_list", nil, func(r *Row) error {
			if r.Text(1) == "half" {
				t.Error("the failed step left a table")
			}
			if r.Text(1) == "t" {
				columns = int(r.Int(3))
			}
			return nil
		})
	})
	if err != nil || columns != 1 {
		t.Errorf("t has %d columns, %v, want 1", columns, err)
	}
	mustWrite(t, db, insert(2))
}
