package replica

import (
	"context"
	"fmt"
	"time"

	"github.com/superfly/ltx"
)

// Debounce is how long a commit waits for others before it is replicated, and so
// how far apart changes may be and still share a point.
const Debounce = 200 * time.Millisecond

// Policy is for how long points are kept, counted back from now.
type Policy struct {
	Exact    time.Duration // every point; at least an hour is kept
	Minutes  time.Duration // one point a minute in which something changed
	Hours    time.Duration // one point an hour in which something changed
	Snapshot time.Duration // between full copies, which bound a restore's work
}

// minExact is the least time for which level-0 files stay: the fence between two
// writers is made of them.
const minExact = time.Hour

// DefaultPolicy keeps every point for a day, minutes for a week, hours for 30 days.
func DefaultPolicy() Policy {
	return Policy{Exact: 24 * time.Hour, Minutes: 7 * 24 * time.Hour, Hours: 30 * 24 * time.Hour, Snapshot: 24 * time.Hour}
}

// compactEvery is how long new points wait until they are also kept as minutes,
// so that a restore reads few files.
const compactEvery = 5 * time.Minute

// Maintain merges and prunes one replica's files by the policy and returns when
// it should be done again; the zero time says never, as long as nothing is
// written. It reads the bucket alone and needs no open database. Cut off at any
// step it leaves what can be restored, and the next call goes on.
func (s *Set) Maintain(ctx context.Context, name string, p Policy, now time.Time) (time.Time, error) {
	p.Exact = max(p.Exact, minExact)
	k := keeper{client: s.client(name), policy: p, now: now}
	if err := k.run(ctx); err != nil {
		return noTime, fmt.Errorf("maintain %s: %w", k.root, err)
	}
	return k.next(), nil
}

// keeper maintains one replica once. It lists each level once and keeps the
// lists up to date with what it does.
type keeper struct {
	*client
	policy                Policy
	now                   time.Time
	snaps, hours, minutes []*ltx.FileInfo
	end                   ltx.TXID  // the replica's newest transaction
	due                   time.Time // when there will be work; zero is never
}

func (k *keeper) run(ctx context.Context) (err error) {
	if k.snaps, err = k.files(ctx, levelSnapshot, 0, 0); err != nil {
		return err
	}
	if k.hours, err = k.files(ctx, levelHour, 0, 0); err != nil {
		return err
	}
	if k.minutes, err = k.files(ctx, levelMinute, 0, 0); err != nil {
		return err
	}
	held := max(endOf(k.minutes), endOf(k.hours))
	exact, err := k.files(ctx, levelExact, held+1, 0)
	if err != nil {
		return err
	}
	k.end = max(endOf(exact), held)
	if k.minutes, err = k.merge(ctx, exact, k.minutes, held, levelMinute, time.Minute); err != nil {
		return err
	}
	held = endOf(k.hours)
	if k.hours, err = k.merge(ctx, after(k.minutes, held), k.hours, held, levelHour, time.Hour); err != nil {
		return err
	}
	if err := k.snapshot(ctx); err != nil {
		return err
	}
	return k.prune(ctx)
}

// endOf is the last transaction in files, which are in order; 0 is none.
func endOf(files []*ltx.FileInfo) ltx.TXID {
	if len(files) == 0 {
		return 0
	}
	return files[len(files)-1].MaxTXID
}

// after returns the files beyond a transaction.
func after(files []*ltx.FileInfo, end ltx.TXID) []*ltx.FileInfo {
	for len(files) > 0 && files[0].MaxTXID <= end {
		files = files[1:]
	}
	return files
}

// merge makes one file of level dst from src in each window that is over, and
// returns dst's files with them. Late or early, it never merges two windows.
func (k *keeper) merge(ctx context.Context, src, dst []*ltx.FileInfo, end ltx.TXID, level int, window time.Duration) ([]*ltx.FileInfo, error) {
	if whole := reachable(src, &ltx.FileInfo{MaxTXID: end}); len(whole) < len(src) {
		return dst, fmt.Errorf("backup files between transactions %s and %s are missing",
			max(end, endOf(whole)), src[len(whole)].MinTXID)
	}
	for len(src) > 0 {
		n, over, err := k.window(ctx, src, window)
		if err != nil {
			return dst, err
		}
		if over.After(k.now) {
			k.dueAt(over)
			return dst, nil
		}
		f, err := k.store(ctx, src[:n], level)
		if err != nil {
			return dst, err
		}
		dst, src = append(dst, f), src[n:]
	}
	return dst, nil
}

// window returns how many of the files lie in the first one's window, and when
// that is over.
func (k *keeper) window(ctx context.Context, files []*ltx.FileInfo, window time.Duration) (n int, over time.Time, err error) {
	first, err := k.time(ctx, files[0])
	over = first.Truncate(window).Add(window)
	for n = 1; n < len(files) && err == nil; n++ {
		var at time.Time
		if at, err = k.time(ctx, files[n]); err == nil && !at.Before(over) {
			break
		}
	}
	return n, over, err
}

// store makes one file of a chain, with the time of its last commit.
func (k *keeper) store(ctx context.Context, chain []*ltx.FileInfo, level int) (*ltx.FileInfo, error) {
	last := chain[len(chain)-1]
	at, err := k.time(ctx, last)
	if err != nil {
		return nil, err
	}
	s := k.stream(ctx, chain)
	defer s.Close()
	return k.put(ctx, level, chain[0].MinTXID, last.MaxTXID, s, -1, at)
}

// snapshot stores a full copy of the newest minute when the last copy, or the
// beginning, is long enough ago.
func (k *keeper) snapshot(ctx context.Context) error {
	if len(k.minutes) == 0 || endOf(k.snaps) >= endOf(k.minutes) {
		return nil
	}
	last := k.minutes[0]
	if len(k.snaps) > 0 {
		last = k.snaps[len(k.snaps)-1]
	} else if len(k.hours) > 0 {
		last = k.hours[0]
	}
	newest := k.minutes[len(k.minutes)-1]
	was, err := k.time(ctx, last)
	if err != nil {
		return err
	}
	at, err := k.time(ctx, newest)
	if err != nil || at.Sub(was) < k.policy.Snapshot {
		return err
	}
	plan, err := k.plan(ctx, newest.MaxTXID)
	if err != nil {
		return fmt.Errorf("plan a full copy: %w", err)
	}
	snap, err := k.store(ctx, plan, levelSnapshot)
	if err == nil {
		k.snaps = append(k.snaps, snap)
	}
	return err
}

func (k *keeper) dueAt(at time.Time) {
	if k.due.IsZero() || at.Before(k.due) {
		k.due = at
	}
}

func (k *keeper) next() time.Time {
	if soonest := k.now.Add(compactEvery); !k.due.IsZero() && k.due.Before(soonest) {
		return soonest
	}
	return k.due
}
