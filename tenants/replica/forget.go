package replica

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/superfly/ltx"
)

// Forget deletes all that a replica has from before a moment. The
// oldest point is then the first one after it, or the newest of all where nothing
// came after. It is for data that must not be in any backup any more, in a file
// that held it at that moment no longer, not even where it is free, as after a
// VACUUM. Cut off at any step it leaves what can be restored, and the next call
// goes on.
func (s *Set) Forget(ctx context.Context, name string, before time.Time) error {
	var early *BeforeFirstError
	base, next, err := s.Find(ctx, name, before)
	if errors.Is(err, ErrNoBackup) {
		return nil
	}
	if next.ID != 0 {
		base = next // long ago, points lie an hour apart: the one before may be too old
	}
	if err == nil || errors.As(err, &early) {
		err = s.client(name).forget(ctx, ltx.TXID(base.ID))
	}
	if err != nil {
		return fmt.Errorf("forget the past of %s: %w", name, err)
	}
	return nil
}

// forget makes a full copy at base the oldest file.
func (c *client) forget(ctx context.Context, base ltx.TXID) error {
	snaps, err := c.files(ctx, levelSnapshot, 0, 0)
	if err != nil {
		return err
	}
	copied := false
	for _, f := range snaps {
		copied = copied || f.MaxTXID == base
	}
	if !copied {
		plan, err := c.plan(ctx, base)
		if err != nil {
			return err
		}
		k := keeper{client: c}
		if _, err := k.store(ctx, plan, levelSnapshot); err != nil {
			return err
		}
	}
	if err := c.forgetBelow(ctx, levelSnapshot, base-1); err != nil {
		return err
	}
	for _, level := range []int{levelHour, levelMinute, levelExact} {
		if err := c.forgetBelow(ctx, level, base); err != nil {
			return err
		}
	}
	return nil
}

// forgetBelow deletes a level's files that end at limit or before. The newest
// stays, since it tells where to go on; it ends at or after the full copy.
func (c *client) forgetBelow(ctx context.Context, level int, limit ltx.TXID) error {
	files, err := c.files(ctx, level, 0, 0)
	if err != nil {
		return err
	}
	n := 0
	for n < len(files)-1 && files[n].MaxTXID <= limit {
		n++
	}
	return c.DeleteLTXFiles(ctx, files[:n])
}
