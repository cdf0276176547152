package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// CopyInto writes the database as it is at one moment to a new file, while others
// read and write: VACUUM INTO reads within one transaction. Unlike a copy of the
// file's pages it holds nothing of what was deleted, and needs no write-ahead log
// beside it. The new file is not yet durable. After an error there is none; the
// context's end is one.
func (db *DB) CopyInto(ctx context.Context, file string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// Made here: SQLite would let others read it.
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	c, err := open(db.path, db.opt.CacheKiB, true)
	if err == nil {
		c.ctx = ctx // nobody else's work is on this connection
		_, err = c.Exec("VACUUM INTO ?1", file)
		c.ctx = nil
		err = errors.Join(err, c.close())
	}
	if err != nil {
		return errors.Join(fmt.Errorf("copy %s: %w", db.path, err), os.Remove(file))
	}
	return nil
}
