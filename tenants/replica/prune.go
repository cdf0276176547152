package replica

import (
	"context"
	"time"

	"github.com/superfly/ltx"
)

// prune deletes what the policy no longer keeps. Files go together with all that
// share a file of the coarser level, when the newest of them is old enough: so
// what stays begins where a coarser file ends, and each point in it is reachable.
func (k *keeper) prune(ctx context.Context) error {
	limit, err := k.heldUpTo(ctx, k.minutes, k.policy.Exact)
	if err != nil {
		return err
	}
	if limit > 0 {
		exact, err := k.files(ctx, levelExact, 0, limit)
		if err != nil {
			return err
		}
		if err := k.drop(ctx, exact, limit, k.end); err != nil {
			return err
		}
	}
	if limit, err = k.heldUpTo(ctx, k.hours, k.policy.Minutes); err != nil {
		return err
	}
	if err := k.drop(ctx, k.minutes, limit, endOf(k.minutes)); err != nil {
		return err
	}
	return k.pruneBase(ctx)
}

// heldUpTo is the end of the newest file that is older than keep. It notes when
// the next one will be.
func (k *keeper) heldUpTo(ctx context.Context, files []*ltx.FileInfo, keep time.Duration) (ltx.TXID, error) {
	n, err := k.searchTime(ctx, files, k.now.Add(-keep))
	if err != nil {
		return 0, err
	}
	if n < len(files) {
		at, err := k.time(ctx, files[n])
		if err != nil {
			return 0, err
		}
		k.dueAt(at.Add(keep))
	}
	return endOf(files[:n]), nil
}

// pruneBase keeps the newest full copy that is older than the window, from which
// the window's first hour is restored, and deletes what lies before it.
func (k *keeper) pruneBase(ctx context.Context) error {
	base, err := k.heldUpTo(ctx, k.snaps, k.policy.Hours)
	if err != nil || base == 0 {
		return err
	}
	if err := k.drop(ctx, k.hours, base, endOf(k.hours)); err != nil {
		return err
	}
	return k.drop(ctx, k.snaps, base-1, base)
}

// drop deletes the files that end at or before limit, but not the one that ends
// at stays: the newest of a level tells where to go on.
func (k *keeper) drop(ctx context.Context, files []*ltx.FileInfo, limit, stays ltx.TXID) error {
	n := 0
	for n < len(files) && files[n].MaxTXID <= limit && files[n].MaxTXID != stays {
		n++
	}
	return k.DeleteLTXFiles(ctx, files[:n])
}
