package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Vacuum writes the whole file anew, without what was deleted from it: until
// then deleted rows stay readable where the file is free. The caller keeps
// writers away meanwhile; readers go on. BeforeWrite and AfterCommit are told as
// of a write.
func (db *DB) Vacuum(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if before := db.opt.BeforeWrite; before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	c, err := open(db.path, db.opt.CacheKiB, false)
	if err != nil {
		return err
	}
	// The copy may be larger than the memory.
	_, err = c.Exec("PRAGMA temp_store=FILE")
	if err == nil {
		_, err = c.Exec("VACUUM")
	}
	if err = errors.Join(err, c.close()); err != nil {
		return fmt.Errorf("vacuum %s: %w", db.path, err)
	}
	if after := db.opt.AfterCommit; after != nil {
		after(time.Now())
	}
	return nil
}
