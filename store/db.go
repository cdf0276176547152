// Package store is one open shop: its types beside their SQL. A *DB is the only
// way to a shop's data and holds nothing of any other shop, so a query that
// forgets the tenant cannot be written.
package store

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"lapak/store/sqlite"
)

var (
	// ErrNotFound says that there is no such row in this shop.
	ErrNotFound = errors.New("not found")
	// ErrChanged says that the row is no longer the version that was named.
	ErrChanged = errors.New("changed meanwhile")
	// ErrExists says that such a row is already there.
	ErrExists = errors.New("exists already")
)

// DB is one open shop file. It is safe for concurrent use.
type DB struct {
	*sqlite.DB
	clock  func() time.Time
	public atomic.Uint64
}

// Options of Open. The zero value is usable.
type Options struct {
	sqlite.Options
	// Clock tells the time of changes and of the current month; nil means
	// time.Now.
	Clock func() time.Time
}

// Open opens the shop file at path. Call CheckSeal before anything else.
func Open(path string, opt Options) *DB {
	if opt.Clock == nil {
		opt.Clock = time.Now
	}
	return &DB{DB: sqlite.Open(path, opt.Options), clock: opt.Clock}
}

// PublicVersion changes with every commit that changes what a shop shows to
// the public: its configs and templates. Read it before the data that is to be
// kept under it.
func (db *DB) PublicVersion() uint64 { return db.public.Load() }

// View reads a shop within one Read or Snapshot.
type View struct {
	c     *sqlite.Conn
	clock func() time.Time
}

// Tx reads and changes a shop within one Write.
type Tx struct {
	View
	now    int64 // see stamp
	public bool  // what a shop shows to the public changed
}

// Read runs fn on a reader; see sqlite.DB.Read.
func (db *DB) Read(ctx context.Context, why string, fn func(*View) error) error {
	return db.DB.Read(ctx, why, func(c *sqlite.Conn) error { return fn(&View{c, db.clock}) })
}

// Snapshot runs fn on a reader that sees one moment; see sqlite.DB.Snapshot.
func (db *DB) Snapshot(ctx context.Context, why string, fn func(*View) error) error {
	return db.DB.Snapshot(ctx, why, func(c *sqlite.Conn) error { return fn(&View{c, db.clock}) })
}

// Write runs fn in a durable transaction; see sqlite.DB.Write. Fn may run
// beside others of the same commit, so it must not wait for anything.
func (db *DB) Write(ctx context.Context, why string, fn func(*Tx) error) error {
	public := false
	err := db.DB.Write(ctx, why, func(c *sqlite.Conn) error {
		tx := Tx{View: View{c, db.clock}}
		err := fn(&tx)
		public = tx.public
		return err
	})
	if public {
		db.public.Add(1)
	}
	return err
}
