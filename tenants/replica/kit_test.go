package replica

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lapak/store/bucket"
	"lapak/store/sqlite"
)

// file is a database as the product writes it: state n has the rows 1 to n.
type file struct {
	t    testing.TB
	path string
	db   *sqlite.DB
	n    int
	last atomic.Int64 // ns of the newest commit; 0 while one is under way
	// clock is the time of the commits instead of the real one; 0 is real.
	clock atomic.Int64
}

func newFile(t testing.TB) *file {
	t.Helper()
	image, err := sqlite.Image("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB NOT NULL) STRICT")
	if err != nil {
		t.Fatal(err)
	}
	f := &file{t: t, path: filepath.Join(t.TempDir(), "shop", "0001.db")}
	if err := sqlite.Create(f.path, image, func(*sqlite.Conn) error { return nil }); err != nil {
		t.Fatal(err)
	}
	f.open()
	return f
}

func (f *file) open() {
	f.db = newFileDB(f)
	f.t.Cleanup(func() { _ = f.db.Close() })
}

func newFileDB(f *file) *sqlite.DB {
	return sqlite.Open(f.path, sqlite.Options{
		BeforeWrite: func() error { f.last.Store(0); return nil },
		AfterCommit: func(at time.Time) {
			if ns := f.clock.Load(); ns != 0 {
				at = time.Unix(0, ns)
			}
			f.last.Store(at.UnixNano())
		},
	})
}

func (f *file) lastCommit() time.Time {
	if ns := f.last.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

func (f *file) live(s *Set) *Live { return f.liveAs(s, "shop/0001.db") }

func (f *file) liveAs(s *Set, name string) *Live {
	l := s.Live(f.path, name, f.lastCommit, quiet())
	f.t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = f.db.Close()
		_ = l.Detach(ctx)
	})
	return l
}

// write adds a row of size random bytes.
func (f *file) write(size int) {
	f.t.Helper()
	err := f.db.Write(f.t.Context(), "add", func(c *sqlite.Conn) error {
		_, err := c.Exec("INSERT INTO t (id, v) VALUES (?, randomblob(?))", int64(f.n+1), int64(size))
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.n++
}

// writeAt is write with the commit at a moment of the test's choice.
func (f *file) writeAt(at time.Time, size int) {
	f.t.Helper()
	f.clock.Store(at.UnixNano())
	f.write(size)
}

// close closes the program's connections, then Litestream.
func (f *file) close(l *Live) {
	f.t.Helper()
	if err := f.db.Close(); err != nil {
		f.t.Fatal(err)
	}
	if err := l.Detach(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// copyTo copies the database with its log and Litestream's folder, as a machine's
// image or a kill -9 leaves them.
func (f *file) copy() *file {
	f.t.Helper()
	g := &file{t: f.t, path: filepath.Join(f.t.TempDir(), "shop", "0001.db"), n: f.n}
	err := os.CopyFS(filepath.Dir(g.path), os.DirFS(filepath.Dir(f.path)))
	if err != nil {
		f.t.Fatal(err)
	}
	if err := os.Remove(g.path + "-shm"); err != nil && !errors.Is(err, os.ErrNotExist) {
		f.t.Fatal(err)
	}
	g.open()
	return g
}

func sync1(t testing.TB, l *Live) {
	t.Helper()
	if err := l.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// state reads a database file and proves that it is whole.
func state(t testing.TB, path string) int {
	t.Helper()
	db := sqlite.Open(path, sqlite.Options{})
	defer db.Close()
	var n, most, broken int64
	err := db.Snapshot(t.Context(), "state", func(c *sqlite.Conn) (err error) {
		if n, err = c.Int("SELECT count(*) FROM t"); err != nil {
			return err
		}
		if most, err = c.Int("SELECT coalesce(max(id), 0) FROM t"); err != nil {
			return err
		}
		broken, err = c.Int("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != most || broken != 0 {
		t.Fatalf("%s: %d rows up to %d, %d faults", path, n, most, broken)
	}
	return int(n)
}

// restored is the state at a point, 0 for the newest.
func restored(t testing.TB, s *Set, point uint64) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "restored.db")
	if err := s.Restore(t.Context(), "shop/0001.db", point, path); err != nil {
		t.Fatal(err)
	}
	return state(t, path)
}

func wantState(t testing.TB, s *Set, point uint64, want int) {
	t.Helper()
	if got := restored(t, s, point); got != want {
		t.Fatalf("restored state %d, want %d", got, want)
	}
}

func newSet(t testing.TB) (*Set, *faulty) {
	t.Helper()
	b, err := bucket.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	f := &faulty{Bucket: b, counts: map[string]int{}}
	return NewSet(f, "replica", false), f
}

// faulty is a real bucket that counts its calls and fails when told to.
type faulty struct {
	bucket.Bucket
	mu     sync.Mutex
	counts map[string]int
	blind  bool
	open   int // bodies open now
	most   int // and at once
	fault  func(op, key string) error
	before func(ctx context.Context, op, key string)
	after  func(op, key string) error // the answer is lost
}

var errDown = errors.New("the bucket is down")

func (f *faulty) call(ctx context.Context, op, key string) error {
	f.mu.Lock()
	f.counts[op]++
	fault, before := f.fault, f.before
	f.mu.Unlock()
	if before != nil {
		before(ctx, op, key)
	}
	if fault != nil {
		if err := fault(op, key); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (f *faulty) set(fault func(op, key string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

func (f *faulty) down() { f.set(func(string, string) error { return errDown }) }

// counted returns the calls that fn makes, by kind.
func (f *faulty) counted(fn func()) map[string]int {
	f.mu.Lock()
	f.counts = map[string]int{}
	f.mu.Unlock()
	fn()
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.counts)
}

func (f *faulty) Put(ctx context.Context, key string, r io.Reader, size int64, opt bucket.PutOptions) (bucket.Info, error) {
	if err := f.call(ctx, "put", key); err != nil {
		return bucket.Info{}, err
	}
	info, err := f.Bucket.Put(ctx, key, r, size, opt)
	if err == nil && f.after != nil {
		err = f.after("put", key)
	}
	return info, err
}

func (f *faulty) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, bucket.Info, error) {
	if err := f.call(ctx, "get", key); err != nil {
		return nil, bucket.Info{}, err
	}
	r, info, err := f.Bucket.Get(ctx, key, offset, length)
	if err != nil {
		return nil, info, err
	}
	f.mu.Lock()
	f.open++
	f.most = max(f.most, f.open)
	f.mu.Unlock()
	return &counted{r, sync.OnceFunc(func() { f.mu.Lock(); f.open--; f.mu.Unlock() })}, info, nil
}

type counted struct {
	io.ReadCloser
	closed func()
}

func (c *counted) Close() error { c.closed(); return c.ReadCloser.Close() }

func (f *faulty) Stat(ctx context.Context, key string) (bucket.Info, error) {
	if err := f.call(ctx, "stat", key); err != nil {
		return bucket.Info{}, err
	}
	return f.Bucket.Stat(ctx, key)
}

func (f *faulty) List(ctx context.Context, prefix, after string, fn func(bucket.Info) error) error {
	if err := f.call(ctx, "list", prefix); err != nil {
		return err
	}
	if f.blind { // as a folder whose disk is not mounted
		return nil
	}
	return f.Bucket.List(ctx, prefix, after, func(o bucket.Info) error {
		f.mu.Lock()
		f.counts["listed"]++
		f.mu.Unlock()
		return fn(o)
	})
}

// Delete deletes key by key, so that it can be cut off between two.
func (f *faulty) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := f.call(ctx, "delete", key); err != nil {
			return err
		}
		if err := f.Bucket.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// keys are the replica's files of a level, by name.
func keys(t testing.TB, s *Set, level int) []string {
	t.Helper()
	c := s.client("shop/0001.db")
	var names []string
	err := c.bucket.List(t.Context(), c.dir(level), "", func(o bucket.Info) error {
		names = append(names, strings.TrimPrefix(o.Key, c.dir(level)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// fullCopies counts Litestream's own full copies in a log.
type fullCopies struct {
	slog.Handler
	n *atomic.Int64
}

func countFullCopies() (*slog.Logger, *atomic.Int64) {
	n := new(atomic.Int64)
	h := slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug})
	return slog.New(fullCopies{h, n}), n
}

func (h fullCopies) WithAttrs(a []slog.Attr) slog.Handler {
	return fullCopies{h.Handler.WithAttrs(a), h.n}
}
func (h fullCopies) WithGroup(g string) slog.Handler {
	return fullCopies{h.Handler.WithGroup(g), h.n}
}
func (h fullCopies) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == "sync" {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "snap" {
				h.n.Add(1)
			}
			return true
		})
	}
	return h.Handler.Handle(ctx, r)
}
