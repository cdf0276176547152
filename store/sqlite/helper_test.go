package sqlite

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"
)

var errStop = errors.New("stop")

// newFile creates a file with one table t(v).
func newFile(t testing.TB) (path string) {
	t.Helper()
	image, err := Image("CREATE TABLE t (v INTEGER NOT NULL UNIQUE) STRICT")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "shop", "0001.db")
	if err := Create(path, image, func(*Conn) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return path
}

func openFile(t testing.TB, path string, opt Options) *DB {
	t.Helper()
	db := Open(path, opt)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func newDB(t testing.TB, opt Options) *DB {
	t.Helper()
	return openFile(t, newFile(t), opt)
}

func insert(v int) func(*Conn) error {
	return func(c *Conn) error {
		_, err := c.Exec("INSERT INTO t (v) VALUES (?1)", v)
		return err
	}
}

func mustWrite(t testing.TB, db *DB, fn func(*Conn) error) {
	t.Helper()
	if err := db.Write(t.Context(), "test", fn); err != nil {
		t.Fatal(err)
	}
}

func values(t testing.TB, db *DB) (vs []int) {
	t.Helper()
	err := db.Read(t.Context(), "values", func(c *Conn) error {
		return c.Query("SELECT v FROM t ORDER BY v", nil, func(r *Row) error {
			vs = append(vs, int(r.Int(0)))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return vs
}

// holdWriter begins a write that lasts until release, which returns its error.
func holdWriter(t testing.TB, db *DB, fn func(*Conn) error) (release func() error) {
	t.Helper()
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- db.Write(t.Context(), "hold", func(c *Conn) error {
			err := fn(c)
			close(begun)
			<-end
			return err
		})
	}()
	<-begun
	return func() error { close(end); return <-done }
}

// waitQueued returns when so many writes wait for their turn.
func waitQueued(db *DB, n int) {
	for {
		db.w.mu.Lock()
		queued := len(db.w.queue)
		db.w.mu.Unlock()
		if queued == n {
			return
		}
		runtime.Gosched()
	}
}
