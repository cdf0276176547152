// Package catalog is the database that all shops share: who they are and what
// they may use (plans, shops), who may come in (keys), and what is under way
// (jobs, restores, replication). It holds none of a shop's own data.
package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"lapak/store"
	"lapak/store/sqlite"
)

// Options of Open. The zero value is usable.
type Options struct {
	// Options are the engine's; Readers 0 means 4 here.
	sqlite.Options
	// OnChange is told, after the commit, of each shop whose record may differ
	// from what was read before: its config, state or epoch, its creation and its
	// end. The zero shop stands for all of them (a plan was changed). What was
	// read before a call must not be kept after it. Nil means nobody listens.
	OnChange func(store.Shop)
}

// DB is the open catalog. It is safe for concurrent use.
type DB struct {
	db       *sqlite.DB
	onChange func(store.Shop)

	keys    *lru.Cache[keyHash, Key]
	keysMu  sync.Mutex // held to add to or take from keys
	revoked uint64     // counts revocations; see FindKey

	signins signinCache
}

// Open opens the catalog at path, first making it with the four plans if there
// is no file, and brings an older one up to date. It is ErrNotCatalog for
// another kind of file and ErrNewer for one from a newer program.
func Open(ctx context.Context, path string, opt Options) (*DB, error) {
	if err := createMissing(path); err != nil {
		return nil, err
	}
	if opt.Readers == 0 {
		opt.Readers = 4
	}
	keys, err := lru.New[keyHash, Key](keyCacheSize)
	if err != nil {
		return nil, err
	}
	db := &DB{db: sqlite.Open(path, opt.Options), onChange: opt.OnChange, keys: keys}
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func createMissing(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	image, err := sqlite.Image(schema)
	if err != nil {
		return fmt.Errorf("create catalog: %w", err)
	}
	if err := sqlite.Create(path, image, func(*sqlite.Conn) error { return nil }); err != nil {
		return fmt.Errorf("create catalog: %w", err)
	}
	return nil
}

// Path is the file's name as it was given to Open.
func (db *DB) Path() string { return db.db.Path() }

// Close waits for running calls and closes the file; later calls get sqlite.ErrClosed.
func (db *DB) Close() error { return db.db.Close() }

// Ping reads a row, to find out whether the catalog can be used.
func (db *DB) Ping(ctx context.Context) error {
	_, err := db.Plan(ctx, DefaultPlan)
	return err
}

func (db *DB) changed(shop store.Shop) {
	if db.onChange != nil {
		db.onChange(shop)
	}
}

// write is a Write that tells of the shop's change when it is durable.
func (db *DB) write(ctx context.Context, why string, shop store.Shop, fn func(*sqlite.Conn) error) error {
	err := db.db.Write(ctx, why, fn)
	if err == nil {
		db.changed(shop)
	}
	return err
}

// cursor reads a row's columns one after the other.
type cursor struct {
	*sqlite.Row
	i int
}

func (c *cursor) next() int     { c.i++; return c.i - 1 }
func (c *cursor) text() string  { return c.Text(c.next()) }
func (c *cursor) number() int64 { return c.Int(c.next()) }
func (c *cursor) truth() bool   { return c.Bool(c.next()) }
func (c *cursor) ptr() *string  { return c.TextPtr(c.next()) }

// time is the zero Time where the column is NULL.
func (c *cursor) time() time.Time {
	i := c.next()
	if c.Null(i) {
		return time.Time{}
	}
	return time.UnixMilli(c.Int(i)).UTC()
}

// shop is the zero Shop where the column is NULL or empty.
func (c *cursor) shop() (store.Shop, error) {
	name := c.text()
	if name == "" {
		return store.Shop{}, nil
	}
	return store.ParseShop(name)
}

// optional is NULL for the zero Time.
func optional(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// collect gathers what scan makes of every row; never nil, so that JSON says [].
func collect[T any](c *sqlite.Conn, sql string, args []any, scan func(*cursor) (T, error)) ([]T, error) {
	all := []T{}
	err := c.Query(sql, args, func(r *sqlite.Row) error {
		v, err := scan(&cursor{Row: r})
		all = append(all, v)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// first is what scan makes of the first row, or ErrNotFound with what was sought.
func first[T any](c *sqlite.Conn, what, sql string, args []any, scan func(*cursor) (T, error)) (T, error) {
	all, err := collect(c, sql, args, scan)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	if err != nil {
		var none T
		return none, err
	}
	return all[0], nil
}

// list is collect on a reader.
func list[T any](ctx context.Context, db *DB, why, sql string, args []any, scan func(*cursor) (T, error)) (all []T, err error) {
	err = db.db.Read(ctx, why, func(c *sqlite.Conn) error {
		all, err = collect(c, sql, args, scan)
		return err
	})
	return all, err
}

// get is first on a reader.
func get[T any](ctx context.Context, db *DB, what, sql string, args []any, scan func(*cursor) (T, error)) (v T, err error) {
	err = db.db.Read(ctx, "read "+what, func(c *sqlite.Conn) error {
		v, err = first(c, what, sql, args, scan)
		return err
	})
	return v, err
}
