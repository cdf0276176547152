// Package sqlite opens one SQLite file the way every file of Lapak is opened:
// one writer whose concurrent callers share a commit, readers that never wait
// for it, statements prepared once per connection, and the same pragmas on
// every connection. It drives modernc.org/sqlite's connections directly,
// because database/sql costs a goroutine per file and half of a short query.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	driver "modernc.org/sqlite"
)

var (
	// ErrClosed is returned by every call after Close.
	ErrClosed = errors.New("database is closed")
	// ErrMissing is returned by Open when there is no file: nothing but an
	// explicit creation may bring one into being.
	ErrMissing = errors.New("database file does not exist")
	// ErrBusy says that somebody else uses the file.
	ErrBusy = errors.New("database file is in use")
)

// Options of Open. The zero value is usable.
type Options struct {
	// Readers is how many readers may be open at once; 0 means 2. Only as many
	// are opened as were ever needed at the same time.
	Readers int
	// CacheKiB bounds a connection's page cache; 0 means 2,000 KiB.
	CacheKiB int
	// BeforeWrite runs before a batch of writes begins; its error refuses the
	// batch. Nil means nothing.
	BeforeWrite func() error
	// AfterCommit runs after each durable commit, before its callers return.
	// Nil means nothing.
	AfterCommit func(at time.Time)
	// Observe is told how long each Read, Snapshot and Write took, the wait for
	// the writer not counted. Nil means nobody listens.
	Observe func(why string, took time.Duration)
}

// DB is one open file. It is safe for concurrent use.
type DB struct {
	path  string
	opt   Options
	slots chan struct{} // one per reader that may run

	mu      sync.Mutex
	free    []*Conn // idle readers
	readers int     // readers open, idle or not
	closed  bool

	w writer
}

// Open opens the file at path. No connection is made before the first use; it
// is the caller's first Read that finds out whether the file is sound.
func Open(path string, opt Options) *DB {
	if opt.Readers <= 0 {
		opt.Readers = 2
	}
	if opt.CacheKiB <= 0 {
		opt.CacheKiB = defaultCacheKiB
	}
	db := &DB{path: path, opt: opt, slots: make(chan struct{}, opt.Readers)}
	db.w.db = db
	return db
}

// Path is the file's name as it was given to Open.
func (db *DB) Path() string { return db.path }

// Connections is how many connections are open now.
func (db *DB) Connections() int {
	db.mu.Lock()
	n := db.readers
	db.mu.Unlock()
	if db.w.open.Load() {
		n++
	}
	return n
}

// Read runs fn on a reader. Each statement sees the newest commit; use Snapshot
// where several must agree. The context's end interrupts the running statement.
// Why is what the slow-query log will say.
func (db *DB) Read(ctx context.Context, why string, fn func(*Conn) error) error {
	c, err := db.reader(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", why, err)
	}
	defer db.release(c)
	c.ctx = ctx
	defer func(start time.Time) { c.ctx = nil; db.observe(why, start) }(time.Now())
	return fn(c)
}

// Snapshot is Read with one consistent view over all statements of fn.
func (db *DB) Snapshot(ctx context.Context, why string, fn func(*Conn) error) error {
	return db.Read(ctx, why, func(c *Conn) error {
		// Without the context: at its end the driver may report an error for a
		// BEGIN that was done, and nobody would end that transaction.
		c.ctx = nil
		if _, err := c.Exec("BEGIN"); err != nil {
			return fmt.Errorf("%s: %w", why, err)
		}
		c.ctx = ctx
		defer func() { c.ctx = nil; _, _ = c.Exec("ROLLBACK") }()
		return fn(c)
	})
}

func (db *DB) observe(why string, start time.Time) {
	if db.opt.Observe != nil {
		db.opt.Observe(why, time.Since(start))
	}
}

func (db *DB) reader(ctx context.Context) (*Conn, error) {
	select {
	case db.slots <- struct{}{}:
	default:
		select {
		case db.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a reader: %w", ctx.Err())
		}
	}
	c, err := db.freeReader()
	if c != nil || err != nil {
		if err != nil {
			<-db.slots
		}
		return c, err
	}
	if c, err = open(db.path, db.opt.CacheKiB, true); err != nil {
		<-db.slots
		return nil, err
	}
	db.mu.Lock()
	db.readers++
	db.mu.Unlock()
	return c, nil
}

func (db *DB) freeReader() (*Conn, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, ErrClosed
	}
	n := len(db.free)
	if n == 0 {
		return nil, nil
	}
	c := db.free[n-1]
	db.free = db.free[:n-1]
	return c, nil
}

// giveReader gives up an idle reader, nil if there is none.
func (db *DB) giveReader() *Conn {
	db.mu.Lock()
	defer db.mu.Unlock()
	n := len(db.free)
	if n == 0 {
		return nil
	}
	c := db.free[n-1]
	db.free = db.free[:n-1]
	db.readers--
	return c
}

func (db *DB) release(c *Conn) {
	db.mu.Lock()
	db.free = append(db.free, c)
	db.mu.Unlock()
	<-db.slots
}

// Close waits for running reads and writes, then closes every connection. The
// write-ahead log stays beside the file, as replication needs it.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed = true
	db.mu.Unlock()
	for range cap(db.slots) {
		db.slots <- struct{}{}
	}
	errs := []error{db.w.close()}
	for _, c := range db.free {
		errs = append(errs, c.close())
	}
	for range cap(db.slots) {
		<-db.slots
	}
	return errors.Join(errs...)
}

// open makes one connection: the only place where pragmas are set.
func open(path string, cacheKiB int, readOnly bool) (*Conn, error) {
	// mode=rw: the driver would otherwise create a missing file. mode=ro: the last
	// connection that may write copies the whole write-ahead log into the file
	// when it closes, each time again; a shop that is only read is spared that.
	mode := "rw"
	if readOnly {
		mode = "ro"
	}
	uri := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=" + mode + "&_dqs=0"}
	raw, err := (&driver.Driver{}).Open(uri.String())
	if err != nil {
		return nil, openError(path, err)
	}
	c := newConn(raw)
	if err := c.prepareFile(cacheKiB, readOnly); err != nil {
		_ = c.close()
		return nil, openError(path, err)
	}
	return c, nil
}

func (c *Conn) prepareFile(cacheKiB int, readOnly bool) error {
	if _, err := c.raw.(driver.FileControl).FileControlPersistWAL("main", 1); err != nil {
		return fmt.Errorf("keep the write-ahead log on close: %w", err)
	}
	pragmas := commonPragmas
	if cacheKiB != defaultCacheKiB {
		pragmas += fmt.Sprintf("PRAGMA cache_size=-%d;", cacheKiB)
	}
	if !readOnly {
		pragmas += writerPragmas
	}
	return c.script(pragmas)
}

// Each pragma costs an opening about ten microseconds, so a reader has only what
// it needs; it is read-only by the way it was opened.
const (
	commonPragmas = "PRAGMA busy_timeout=5000; PRAGMA trusted_schema=OFF;"
	// Litestream owns checkpoints: an automatic one would hide frames from it.
	writerPragmas = "PRAGMA wal_autocheckpoint=0; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON;"
)

// defaultCacheKiB is SQLite's own bound.
const defaultCacheKiB = 2000

// Checkpoint moves the write-ahead log into the file and empties it, so that the
// file is whole on its own; ErrBusy while somebody else reads or writes it. Only
// for a file that is not replicated: Litestream makes its own checkpoints.
func (db *DB) Checkpoint() error {
	c, err := open(db.path, db.opt.CacheKiB, false)
	if err != nil {
		return err
	}
	busy, err := c.Int("PRAGMA wal_checkpoint(TRUNCATE)")
	if err = errors.Join(err, c.close()); err == nil && busy != 0 {
		err = fmt.Errorf("checkpoint %s: %w", db.path, ErrBusy)
	}
	return err
}
