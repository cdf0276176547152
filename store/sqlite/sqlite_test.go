package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// endless is one step that never ends by itself.
const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

// rows is a statement of very many steps.
const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"

func TestContextInterruptsALongRead(t *testing.T) {
	db := newDB(t, Options{Readers: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := db.Read(ctx, "endless", func(c *Conn) error { _, err := c.Int(endless); return err })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
	values(t, db) // the reader is as good as new
}

func TestContextEndsAmidRows(t *testing.T) {
	for name, read := range map[string]func(*DB, context.Context, string, func(*Conn) error) error{
		"read": (*DB).Read, "snapshot": (*DB).Snapshot,
	} {
		t.Run(name, func(t *testing.T) {
			db := newDB(t, Options{Readers: 1})
			ctx, cancel := context.WithCancel(t.Context())
			seen := 0
			err := read(db, ctx, "rows", func(c *Conn) error {
				return c.Query(rows, nil, func(*Row) error {
					if seen++; seen == 10 {
						cancel()
					}
					return nil
				})
			})
			if !errors.Is(err, context.Canceled) || seen != 10 {
				t.Errorf("got %v after %d rows, want Canceled after 10", err, seen)
			}
			mustWrite(t, db, insert(1))
			if got := values(t, db); !slices.Equal(got, []int{1}) {
				t.Errorf("the reader still sees the old state: %v", got)
			}
		})
	}
}

// TestSnapshotLeavesNoTransaction ends contexts at every moment of a Snapshot:
// none may leave its reader within an old transaction.
func TestSnapshotLeavesNoTransaction(t *testing.T) {
	db := newDB(t, Options{Readers: 1})
	for range 20_000 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		_ = db.Snapshot(ctx, "interrupted", func(c *Conn) error { _, err := c.Int("SELECT count(*) FROM t"); return err })
		cancel()
		if err := db.Snapshot(t.Context(), "test", func(*Conn) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReaderWaitsForASlotOnlyAsLongAsItsContext(t *testing.T) {
	db := newDB(t, Options{Readers: 1})
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Read(t.Context(), "outer", func(*Conn) error {
		cancel()
		return db.Read(ctx, "inner", func(*Conn) error { return nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
}

func TestReaderDoesNotWaitForAWriter(t *testing.T) {
	db := newDB(t, Options{})
	mustWrite(t, db, insert(1))
	release := holdWriter(t, db, insert(2))
	if got := values(t, db); !slices.Equal(got, []int{1}) {
		t.Errorf("during the write: %v, want 1", got)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if got := values(t, db); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("after the write: %v, want 1 and 2", got)
	}
}

func TestSnapshotSeesOneMoment(t *testing.T) {
	db := newDB(t, Options{})
	err := db.Snapshot(t.Context(), "test", func(c *Conn) error {
		before, err1 := c.Int("SELECT count(*) FROM t")
		mustWrite(t, db, insert(1))
		after, err2 := c.Int("SELECT count(*) FROM t")
		if before != 0 || after != 0 {
			t.Errorf("saw %d, then %d", before, after)
		}
		return errors.Join(err1, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAPanicLeavesTheReaderUsable(t *testing.T) {
	db := newDB(t, Options{Readers: 1})
	mustWrite(t, db, insert(1))
	func() {
		defer func() { _ = recover() }()
		_ = db.Snapshot(t.Context(), "test", func(c *Conn) error {
			return c.Query("SELECT v FROM t ORDER BY v", nil, func(*Row) error { panic("boom") })
		})
	}()
	mustWrite(t, db, insert(2))
	if got := values(t, db); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("got %v, want 1 and 2", got)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	db := newDB(t, Options{})
	if err := db.Read(t.Context(), "test", insert(1)); !errors.Is(err, ErrReadOnly) {
		t.Errorf("got %v, want ErrReadOnly", err)
	}
}

func TestAStatementIsNotReadTwiceAtOnce(t *testing.T) {
	db := newDB(t, Options{})
	mustWrite(t, db, insert(1))
	err := db.Read(t.Context(), "test", func(c *Conn) error {
		return c.Query("SELECT v FROM t", nil, func(*Row) error {
			_, err := c.Int("SELECT v FROM t")
			return err
		})
	})
	if err == nil {
		t.Error("a statement started again amid its rows")
	}
}

func TestMissingFile(t *testing.T) {
	dir := t.TempDir()
	db := openFile(t, filepath.Join(dir, "no", "0001.db"), Options{})
	if err := db.Read(t.Context(), "test", func(*Conn) error { return nil }); !errors.Is(err, ErrMissing) {
		t.Errorf("read: got %v, want ErrMissing", err)
	}
	if err := db.Write(t.Context(), "test", insert(1)); !errors.Is(err, ErrMissing) {
		t.Errorf("write: got %v, want ErrMissing", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("created %v, %v", files, err)
	}
	if n := db.Connections(); n != 0 {
		t.Errorf("%d connections are open", n)
	}
}

func TestCorruptFile(t *testing.T) {
	noDatabase := filepath.Join(t.TempDir(), "0001.db")
	if err := os.WriteFile(noDatabase, make([]byte, 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(noDatabase, []byte("<html>this was never a database, though it is long enough to be one</html>"+string(make([]byte, 8000))), 0o600); err != nil {
		t.Fatal(err)
	}
	spoiled := newFile(t)
	f, err := os.OpenFile(spoiled, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(slices.Repeat([]byte{0xff}, 2000), 4096) // the second page: the table's
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"no database": noDatabase, "spoiled page": spoiled} {
		db := openFile(t, path, Options{})
		err := db.Read(t.Context(), "test", func(c *Conn) error { _, err := c.Int("SELECT v FROM t NOT INDEXED"); return err })
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: got %v, want ErrCorrupt", name, err)
		}
	}
}

func TestClosed(t *testing.T) {
	db := newDB(t, Options{})
	mustWrite(t, db, insert(1))
	values(t, db)
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	if err := db.Read(t.Context(), "test", func(*Conn) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("read: got %v, want ErrClosed", err)
	}
	if err := db.Write(t.Context(), "test", insert(2)); !errors.Is(err, ErrClosed) {
		t.Errorf("write: got %v, want ErrClosed", err)
	}
	if _, err := os.Stat(db.Path() + "-wal"); err != nil {
		t.Errorf("the write-ahead log is gone, which replication needs: %v", err)
	}
}

func TestConnectionsAreOpenedWhenNeeded(t *testing.T) {
	db := newDB(t, Options{Readers: 3})
	counts := []int{db.Connections()}
	values(t, db)
	values(t, db)
	counts = append(counts, db.Connections())
	mustWrite(t, db, insert(1))
	counts = append(counts, db.Connections())
	err := db.Read(t.Context(), "outer", func(*Conn) error { values(t, db); return nil })
	counts = append(counts, db.Connections())
	if want := []int{0, 1, 1, 3}; err != nil || !slices.Equal(counts, want) {
		t.Errorf("connections %v, %v, want %v", counts, err, want)
	}
}

func TestPragmas(t *testing.T) {
	db := newDB(t, Options{CacheKiB: 123})
	for pragma, want := range map[string][2]int64{ // of a reader and of the writer
		"synchronous": {2, 2}, "foreign_keys": {0, 1}, "wal_autocheckpoint": {1000, 0}, "query_only": {0, 0},
		"trusted_schema": {0, 0}, "cache_size": {-123, -123}, "busy_timeout": {5000, 5000}, "temp_store": {0, 2},
	} {
		var got [2]int64
		ask := func(i int) func(*Conn) error {
			return func(c *Conn) (err error) { got[i], err = c.Int("PRAGMA " + pragma); return err }
		}
		if err := errors.Join(db.Read(t.Context(), "test", ask(0)), db.Write(t.Context(), "test", ask(1))); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: %v, want %v", pragma, got, want)
		}
	}
}

func TestCreate(t *testing.T) {
	path := newFile(t)
	if err := Create(path, nil, func(*Conn) error { return nil }); !errors.Is(err, fs.ErrExist) {
		t.Errorf("again: got %v, want ErrExist", err)
	}
	failed := filepath.Join(t.TempDir(), "shop", "0001.db")
	if err := Create(failed, nil, func(*Conn) error { return errStop }); !errors.Is(err, errStop) {
		t.Errorf("got %v, want the caller's error", err)
	}
	if files, _ := os.ReadDir(filepath.Dir(failed)); len(files) != 0 {
		t.Errorf("a failed creation left %v", files)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("a creation left more than the file: %v", files)
	}
}

func TestStrangePaths(t *testing.T) {
	for _, name := range []string{"a b", "a?mode=memory", "a%20b", "a#b", "ä"} {
		path := filepath.Join(t.TempDir(), name, "x?y.db")
		if err := Create(path, nil, func(c *Conn) error { return c.Script("CREATE TABLE t (v INTEGER)") }); err != nil {
			t.Fatal(err)
		}
		mustWrite(t, openFile(t, path, Options{}), insert(1))
		if _, err := os.Stat(path + "-wal"); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestValues(t *testing.T) {
	db := newDB(t, Options{})
	blob, text, number := []byte{0, 255}, "a\x00b", int64(-1)
	err := db.Read(t.Context(), "test", func(c *Conn) error {
		_, err := c.One("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10", []any{
			blob, text, number, 1.5, true, &text, &number, (*string)(nil), (*int64)(nil), 7,
		}, func(r *Row) {
			if !slices.Equal(r.Bytes(0), blob) || r.Text(1) != text || r.Int(2) != number || r.Float(3) != 1.5 || !r.Bool(4) ||
				*r.TextPtr(5) != text || *r.IntPtr(6) != number || r.TextPtr(7) != nil || r.IntPtr(8) != nil || !r.Null(8) ||
				r.Int(9) != 7 || r.Float(9) != 7 || r.Bytes(8) != nil {
				t.Errorf("read %v", r.v)
			}
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
