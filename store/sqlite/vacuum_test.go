package sqlite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store/sqlite"
)

// TestVacuum wants a deleted row's bytes gone from the file, and the connections
// that were open before to go on.
func TestVacuum(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	image, err := sqlite.Image("CREATE TABLE t (n INTEGER PRIMARY KEY, v TEXT NOT NULL) STRICT")
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Create(path, image, func(*sqlite.Conn) error { return nil }); err != nil {
		t.Fatal(err)
	}
	began, committed := 0, 0
	db := sqlite.Open(path, sqlite.Options{
		BeforeWrite: func() error { began++; return nil }, AfterCommit: func(time.Time) { committed++ },
	})
	defer db.Close()
	exec := func(sql string, args ...any) {
		t.Helper()
		err := db.Write(t.Context(), "test", func(c *sqlite.Conn) error { _, err := c.Exec(sql, args...); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	rows := func() (n int64) {
		t.Helper()
		err := db.Read(t.Context(), "test", func(c *sqlite.Conn) (err error) { n, err = c.Int("SELECT count(*) FROM t"); return err })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	secret := strings.Repeat("a secret that goes", 1000)
	exec("INSERT INTO t (n, v) VALUES (?1, ?2)", 1, secret)
	exec("INSERT INTO t (n, v) VALUES (?1, ?2)", 7, "stays")
	if rows() != 2 {
		t.Fatal("two rows are missing")
	}
	exec("DELETE FROM t WHERE n = ?1", 1)
	if err := db.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	if !holds(t, path, "a secret that goes") {
		t.Fatal("without a vacuum the row is gone already: this test shows nothing")
	}
	if err := db.Vacuum(t.Context()); err != nil {
		t.Fatal(err)
	}
	if began != 4 || committed != 4 {
		t.Errorf("%d writes were told of before, %d after; want 4", began, committed)
	}
	exec("INSERT INTO t (n, v) VALUES (?1, ?2)", 8, "more")
	if n := rows(); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
	if err := db.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	if holds(t, path, "a secret that goes") {
		t.Error("the deleted row is still in the file")
	}
}

func holds(t *testing.T, path, text string) bool {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(raw, []byte(text))
}
