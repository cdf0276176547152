package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lapak/store/sqlite"
)

// ErrWrongSeal says that a file is not the shop, identity or epoch that was
// asked for, or no shop's file at all. It must not be used.
var ErrWrongSeal = errors.New("this file belongs to another shop, identity or epoch")

// ErrNewer says that a file was written by a newer version of Lapak.
var ErrNewer = errors.New("this file was written by a newer version of Lapak")

// applicationID is 'LAPK', as schema.sql sets it.
const applicationID = 1279348811

// Seal is who a file belongs to: it stands in the file, in the catalog and in
// the replica's path, and all three must agree.
type Seal struct {
	Shop  Shop
	UUID  string // the shop's identity; a shop created again under an old name has another
	Epoch int    // counts the shop's files from 1; a restore makes the next
}

// String names the seal for messages.
func (s Seal) String() string { return fmt.Sprintf("%s %s epoch %d", s.Shop, s.UUID, s.Epoch) }

// CheckSeal returns the file's schema version if its seal is exactly want, else
// ErrWrongSeal, and ErrNewer with the version of a file from the future.
func (db *DB) CheckSeal(ctx context.Context, want Seal) (version int, err error) {
	var got Seal
	var app int64
	err = db.DB.Read(ctx, "check seal", func(c *sqlite.Conn) error {
		v, err := c.Int("PRAGMA user_version")
		if err != nil {
			return err
		}
		version = int(v)
		if app, err = c.Int("PRAGMA application_id"); err != nil || app != applicationID {
			return err
		}
		_, err = c.One("SELECT shop, uuid, epoch FROM seal WHERE id = 1", nil, func(r *sqlite.Row) {
			got = Seal{Shop: Shop{r.Text(0)}, UUID: r.Text(1), Epoch: int(r.Int(2))}
		})
		return err
	})
	if err != nil {
		return version, err
	}
	if app != applicationID {
		return version, fmt.Errorf("%s: %w: not a shop's file", db.Path(), ErrWrongSeal)
	}
	if got != want {
		return version, fmt.Errorf("%s: %w: it says %s, not %s", db.Path(), ErrWrongSeal, got, want)
	}
	return version, checkVersion(db.Path(), version)
}

// SetEpoch makes a restored copy the next epoch of the same shop.
func (tx *Tx) SetEpoch(from, to Seal) error {
	n, err := tx.c.Exec("UPDATE seal SET epoch = ?1 WHERE id = 1 AND shop = ?2 AND uuid = ?3 AND epoch = ?4",
		to.Epoch, from.Shop.name, from.UUID, from.Epoch)
	if err == nil && n != 1 {
		err = ErrWrongSeal
	}
	return err
}

func insertSeal(c *sqlite.Conn, s Seal, now time.Time) error {
	_, err := c.Exec("INSERT INTO seal (id, shop, uuid, epoch, created_at) VALUES (1, ?1, ?2, ?3, ?4)",
		s.Shop.name, s.UUID, s.Epoch, millis(now))
	return err
}
