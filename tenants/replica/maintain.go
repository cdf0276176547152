package replica

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// Debounce is how long a commit waits for others before it is replicated, and so
// how far apart changes may be and still share a point.
const Debounce = 200 * time.Millisecond

// Policy is for how long points are kept, counted back from now.
type Policy struct {
	Exact    time.Duration // every point
	Minutes  time.Duration // one point a minute in which something changed
	Hours    time.Duration // one point an hour in which something changed
	Snapshot time.Duration // between full copies, which bound a restore's work
}

// DefaultPolicy keeps every point for a day, minutes for a week, hours for 30 days.
func DefaultPolicy() Policy {
	return Policy{Exact: 24 * time.Hour, Minutes: 7 * 24 * time.Hour, Hours: 30 * 24 * time.Hour, Snapshot: 24 * time.Hour}
}

// compactEvery is how long new points wait until they are also kept as minutes,
// so that a restore reads few files.
const compactEvery = 5 * time.Minute

// Maintain merges and prunes one replica's files by the policy and returns when
// it should be done again; the zero time says never, as long as nothing is
// written. It reads the bucket alone and needs no open database.
func (s *Set) Maintain(ctx context.Context, name string, p Policy, now time.Time) (time.Time, error) {
	c := s.client(name)
	if err := c.merge(ctx, levelExact, levelMinute, time.Minute, now); err != nil {
		return noTime, err
	}
	if err := c.merge(ctx, levelMinute, levelHour, time.Hour, now); err != nil {
		return noTime, err
	}
	if err := c.snapshot(ctx, p.Snapshot); err != nil {
		return noTime, err
	}
	return c.prune(ctx, p, now)
}

// merge makes one file of level dst from the files of level src in each window
// that is over. Late or early, it never merges two windows into one.
func (c *client) merge(ctx context.Context, src, dst int, window time.Duration, now time.Time) error {
	last, err := c.last(ctx, dst)
	if err != nil {
		return err
	}
	files, err := c.files(ctx, src, last.MaxTXID+1)
	if err != nil {
		return err
	}
	var group []*ltx.FileInfo
	for _, f := range files {
		if f.CreatedAt, err = c.time(ctx, f); err != nil {
			return err
		}
		if len(group) > 0 && !f.CreatedAt.Truncate(window).Equal(group[0].CreatedAt.Truncate(window)) {
			if err := c.compact(ctx, group, dst); err != nil {
				return err
			}
			group = nil
		}
		group = append(group, f)
	}
	if len(group) > 0 && group[0].CreatedAt.Truncate(window).Add(window).Before(now) {
		return c.compact(ctx, group, dst)
	}
	return nil
}

// last is the newest file of a level; its MaxTXID is 0 where there is none.
func (c *client) last(ctx context.Context, level int) (ltx.FileInfo, error) {
	files, err := c.files(ctx, level, 0)
	if err != nil || len(files) == 0 {
		return ltx.FileInfo{}, err
	}
	return *files[len(files)-1], nil
}

// compact stores contiguous files as one of level dst, with the time of the last.
func (c *client) compact(ctx context.Context, files []*ltx.FileInfo, dst int) error {
	var readers []io.Reader
	for _, f := range files {
		r, err := c.OpenLTXFile(ctx, f.Level, f.MinTXID, f.MaxTXID, 0, 0)
		if err != nil {
			return fmt.Errorf("merge backup files: %w", err)
		}
		defer r.Close()
		readers = append(readers, r)
	}
	pr, pw := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		m, err := ltx.NewCompactor(pw, readers)
		if err == nil {
			m.HeaderFlags = ltx.HeaderFlagNoChecksum
			err = m.Compact(ctx)
		}
		_ = pw.CloseWithError(err)
	}()
	last := files[len(files)-1]
	at, err := c.time(ctx, last)
	if err == nil {
		_, err = c.put(ctx, dst, files[0].MinTXID, last.MaxTXID, pr, at, false)
	}
	_ = pr.CloseWithError(err)
	<-done
	return err
}

// snapshot stores a full copy when the last one is older than every and
// something was merged since.
func (c *client) snapshot(ctx context.Context, every time.Duration) error {
	newest, err := c.last(ctx, levelMinute)
	if err != nil || newest.MaxTXID == 0 {
		return err
	}
	snap, err := c.last(ctx, levelSnapshot)
	if err != nil || snap.MaxTXID >= newest.MaxTXID {
		return err
	}
	at, err := c.time(ctx, &newest)
	if err != nil {
		return err
	}
	if snap.MaxTXID > 0 {
		was, err := c.time(ctx, &snap)
		if err != nil || at.Sub(was) < every {
			return err
		}
	}
	plan, err := litestream.CalcRestorePlan(ctx, c, newest.MaxTXID, noTime, quiet())
	if err != nil {
		return fmt.Errorf("plan a full copy: %w", err)
	}
	return c.compact(ctx, plan, levelSnapshot)
}

// prune deletes what the policy no longer keeps, never what the next coarser
// level does not hold yet, and returns when there will be more to do.
func (c *client) prune(ctx context.Context, p Policy, now time.Time) (next time.Time, err error) {
	due := &schedule{}
	held := map[int]ltx.TXID{}
	for _, l := range []struct {
		level, coarser int
		keep           time.Duration
	}{{levelExact, levelMinute, p.Exact}, {levelMinute, levelHour, p.Minutes}} {
		top, err := c.last(ctx, l.coarser)
		if err != nil {
			return next, err
		}
		held[l.coarser] = top.MaxTXID
		if err := c.pruneLevel(ctx, l.level, top.MaxTXID, now.Add(-l.keep), l.keep, due); err != nil {
			return next, err
		}
	}
	if err := c.pruneSnapshots(ctx, p.Hours, now, due); err != nil {
		return next, err
	}
	return due.next(now), nil
}

// pruneLevel deletes the files of a level older than the limit whose content the
// coarser level holds. The newest stays: Litestream reads from it where it is.
func (c *client) pruneLevel(ctx context.Context, level int, held ltx.TXID, limit time.Time, keep time.Duration, due *schedule) error {
	files, err := c.files(ctx, level, 0)
	if err != nil || len(files) == 0 {
		return err
	}
	if files[len(files)-1].MaxTXID > held {
		due.soon = true
	}
	old, err := c.searchTime(ctx, files[:len(files)-1], limit)
	if err != nil {
		return err
	}
	for old > 0 && files[old-1].MaxTXID > held {
		old--
	}
	if old < len(files)-1 {
		at, err := c.time(ctx, files[old])
		if err != nil {
			return err
		}
		due.add(at.Add(keep))
	}
	return c.DeleteLTXFiles(ctx, files[:old])
}

// pruneSnapshots keeps the newest full copy that is older than the window, from
// which its first hour is restored, and deletes what lies before it.
func (c *client) pruneSnapshots(ctx context.Context, window time.Duration, now time.Time, due *schedule) error {
	snaps, err := c.files(ctx, levelSnapshot, 0)
	if err != nil || len(snaps) < 2 {
		return err
	}
	old, err := c.searchTime(ctx, snaps, now.Add(-window))
	if err != nil {
		return err
	}
	if old < len(snaps) {
		at, err := c.time(ctx, snaps[old])
		if err != nil {
			return err
		}
		due.add(at.Add(window))
	}
	if old < 2 {
		return nil
	}
	base := snaps[old-1]
	for _, level := range []int{levelExact, levelMinute, levelHour} {
		files, err := c.files(ctx, level, 0)
		if err != nil || len(files) == 0 {
			return err
		}
		n := 0
		for n < len(files)-1 && files[n].MaxTXID <= base.MaxTXID {
			n++
		}
		if err := c.DeleteLTXFiles(ctx, files[:n]); err != nil {
			return err
		}
	}
	return c.DeleteLTXFiles(ctx, snaps[:old-1])
}

// schedule collects when a replica needs maintenance again.
type schedule struct {
	at   time.Time
	soon bool // something waits to be merged
}

func (s *schedule) add(at time.Time) {
	if s.at.IsZero() || at.Before(s.at) {
		s.at = at
	}
}

func (s *schedule) next(now time.Time) time.Time {
	if s.soon {
		s.add(now.Add(compactEvery))
	}
	if !s.at.IsZero() && s.at.Before(now.Add(compactEvery)) {
		return now.Add(compactEvery)
	}
	return s.at
}
