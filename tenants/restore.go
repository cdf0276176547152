package tenants

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/replica"
)

// ErrFuture says that somebody wants a state that is not there yet.
var ErrFuture = errors.New("that moment is in the future")

const (
	restoreTimeout = 30 * time.Minute
	drainTimeout   = 30 * time.Second // a request may take so long
	abortTimeout   = 10 * time.Second
	ledgerTimeout  = 10 * time.Second // for the catalog's backup around a switch
)

// Restored is what a restore or an undo did.
type Restored struct {
	Shop  store.Shop `json:"shop"`
	Wish  time.Time  `json:"wish,omitzero"`  // the moment that was asked for
	Point time.Time  `json:"point,omitzero"` // of the last change that the restored state holds
	Next  time.Time  `json:"next,omitzero"`  // of the first change that it lacks, where one is known
	From  int        `json:"fromEpoch"`
	To    int        `json:"toEpoch"`
	Took  float64    `json:"seconds,omitzero"` // not yet known in the audit log
}

// RestoreRequest asks for a state of the past.
type RestoreRequest struct {
	At   time.Time `json:"at,omitzero"`
	Undo bool      `json:"undo,omitempty"` // back to before the last restore
}

// jobRestore is the kind of a restore's job.
const jobRestore = "restore"

// StartRestore begins to restore a shop and returns the job that tells how it
// goes; the pool finishes it whatever becomes of the caller. A wish that cannot
// be met is an error at once, and nothing has happened: ErrFuture,
// *replica.BeforeFirstError, replica.ErrNoBackup, catalog.ErrState.
func (p *Pool) StartRestore(ctx context.Context, shop store.Shop, by store.By, req RestoreRequest) (catalog.Job, error) {
	if !req.Undo {
		if err := p.checkWish(ctx, shop, req.At); err != nil {
			return catalog.Job{}, err
		}
	}
	job, err := p.catalog.CreateJob(ctx, shop, jobRestore, req)
	if err != nil {
		return job, err
	}
	from, to, err := p.beginRestore(ctx, shop, job.ID, req)
	if err == nil {
		if err = p.catalog.StartJob(ctx, job.ID); err != nil {
			err = errors.Join(err, p.catalog.AbortRestore(context.WithoutCancel(ctx), shop))
		}
	}
	if err != nil {
		return job, errors.Join(err, p.catalog.FailJob(context.WithoutCancel(ctx), job.ID, sentence(err)))
	}
	job.State = catalog.Running
	p.wg.Go(func() { p.runRestore(job, by, req, from, to) })
	return job, nil
}

func (p *Pool) beginRestore(ctx context.Context, shop store.Shop, job string, req RestoreRequest) (from, to int, err error) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return 0, 0, ErrClosed
	}
	if req.Undo {
		return p.catalog.BeginUndo(ctx, shop, job)
	}
	return p.catalog.BeginRestore(ctx, shop, job)
}

// runRestore is the job: whatever happens, the shop ends at its old epoch or the
// new one and is served again.
func (p *Pool) runRestore(job catalog.Job, by store.By, req RestoreRequest, from, to int) {
	ctx, cancel := context.WithTimeout(p.ctx, restoreTimeout)
	defer cancel()
	shop, start := job.Shop, time.Now()
	p.opt.FailPoint("begun")
	done, err := p.switchEpoch(ctx, shop, by, req, from, to)
	done.Took = time.Since(start).Seconds()
	end, cancelEnd := context.WithTimeout(context.Background(), abortTimeout)
	defer cancelEnd()
	if err != nil {
		if !req.Undo {
			err = errors.Join(err, p.abandon(end, shop, to))
		}
		err = errors.Join(err, p.catalog.AbortRestore(end, shop))
		p.thaw(shop)
		defer p.dropInBackground(shop)
		p.log.Error("restore failed; the shop is as it was", "shop", shop.String(), "job", job.ID, "error", err)
		err = p.catalog.FailJob(end, job.ID, sentence(err))
	} else {
		p.thaw(shop)
		p.log.Info("restored", "shop", shop.String(), "job", job.ID, "point", stamp(done.Point), "undo", req.Undo, "epoch", to, "took", time.Since(start))
		err = p.catalog.FinishJob(end, job.ID, done)
	}
	if err != nil {
		p.log.Error("cannot note the end of a job", "shop", shop.String(), "job", job.ID, "error", err)
	}
}

// sentence is an error for people.
func sentence(err error) string { return err.Error() }

func (p *Pool) switchEpoch(ctx context.Context, shop store.Shop, by store.By, req RestoreRequest, from, to int) (Restored, error) {
	done := Restored{Shop: shop, Wish: req.At, From: from, To: to}
	drain, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if err := p.freeze(drain, shop, ErrRestoring); err != nil {
		return done, err
	}
	p.opt.FailPoint("frozen")
	rec, err := p.catalog.Shop(ctx, shop)
	if err != nil {
		return done, err
	}
	var unnamed []string // objects of customers who were redacted since
	if req.Undo {
		unnamed, err = p.readyUndo(ctx, rec, to)
	} else {
		unnamed, err = p.buildEpoch(ctx, rec, by, &done)
	}
	if err != nil {
		return done, err
	}
	return done, p.finishSwitch(ctx, rec, by, &done, unnamed)
}

// shipCatalog puts what the catalog holds now into the bucket.
func (p *Pool) shipCatalog(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, ledgerTimeout)
	defer cancel()
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	_, err := p.ledger.sendLocked(ctx, func() {})
	return err
}

// buildEpoch makes the next epoch's file and its own replica, beside the live
// ones, which it does not touch. It returns objects that are not named any more,
// because their customers were redacted.
func (p *Pool) buildEpoch(ctx context.Context, rec catalog.Shop, by store.By, done *Restored) (unnamed []string, err error) {
	shop := rec.Name
	epoch, at, next, err := p.findPoint(ctx, shop, done.Wish)
	if err != nil {
		return nil, err
	}
	done.Point, done.Next = at.At, next.At
	old := store.Seal{Shop: shop, UUID: rec.UUID, Epoch: epoch}
	path := p.Path(shop, done.To)
	tmp := path + ".restoring"
	if err := p.materialize(ctx, old, at.ID, tmp); err != nil {
		return nil, err
	}
	defer removeFile(tmp)
	p.opt.FailPoint("materialized")
	if unnamed, err = p.reseal(ctx, tmp, rec, old, by, done); err != nil {
		return nil, err
	}
	if err := os.Rename(tmp, path); err != nil {
		return nil, err
	}
	if err := sqlite.SyncDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	p.opt.FailPoint("renamed")
	return unnamed, p.firstBackup(ctx, shop, done.To)
}

// reseal makes the restored copy the next epoch, with a line in its own audit
// log and without the customers who were redacted since, and leaves it whole in
// one file.
func (p *Pool) reseal(ctx context.Context, path string, rec catalog.Shop, old store.Seal, by store.By, done *Restored) (unnamed []string, err error) {
	db := store.Open(path, store.Options{})
	version, err := db.CheckSeal(ctx, old)
	if err == nil {
		err = db.Migrate(ctx, version)
	}
	if err == nil {
		unnamed, err = p.cleanseWhole(ctx, db, rec)
	}
	if err == nil {
		err = p.carrySessions(ctx, db, rec)
	}
	if err == nil {
		err = db.Write(ctx, "seal the restored copy", func(tx *store.Tx) error {
			next := old
			next.Epoch = done.To
			if err := tx.SetEpoch(old, next); err != nil {
				return err
			}
			return tx.Audit(by, "RESTORE", "shop", old.Shop.String(), nil, done)
		})
	}
	if err == nil {
		err = db.Checkpoint()
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, fmt.Errorf("seal the restored copy: %w", err)
	}
	return unnamed, nil
}

// firstBackup replicates the new epoch before it goes live: from its first
// moment on it can be recovered.
func (p *Pool) firstBackup(ctx context.Context, shop store.Shop, epoch int) error {
	live := p.liveAlone(shop, epoch)
	err := live.Sync(ctx)
	if err = errors.Join(err, live.Detach(ctx)); err != nil {
		return fmt.Errorf("back the restored copy up: %w", err)
	}
	p.opt.FailPoint("backed-up")
	return nil
}

// liveAlone replicates an epoch that nobody has open.
func (p *Pool) liveAlone(shop store.Shop, epoch int) *replica.Live {
	return p.replicas.Live(p.Path(shop, epoch), replicaName(shop, epoch), func() time.Time { return time.Time{} }, p.quiet)
}

// finishSwitch makes the other epoch live. What its assets lack or have again is
// kept from deletion before; but for what redacted customers alone had, which
// goes at once.
func (p *Pool) finishSwitch(ctx context.Context, rec catalog.Shop, by store.By, done *Restored, unnamed []string) error {
	now := time.Now()
	kept, err := p.keepObjects(ctx, rec, done.From, now)
	if err != nil {
		return err
	}
	unnamed = slices.DeleteFunc(unnamed, func(o string) bool { return slices.Contains(kept, o) })
	if err := p.purgeObjects(ctx, rec.Name, unnamed); err != nil {
		return err
	}
	// From here on whoever recovers from the bucket knows of the other epoch.
	if err := p.shipCatalog(ctx); err != nil {
		return fmt.Errorf("back up that a restore is under way: %w", err)
	}
	p.opt.FailPoint("before-switch")
	if err := p.catalog.FinishRestore(ctx, rec.Name, done.To, now); err != nil {
		return err
	}
	p.opt.FailPoint("switched")
	// The switch stands, whatever fails now. A recovery finds out without it: see wentLive.
	if err := errors.Join(p.catalog.MarkDirty(ctx, rec.Name), p.shipCatalog(ctx)); err != nil {
		p.log.Warn("a restore is done, but that is not in the catalog's backup yet", "shop", rec.Name.String(), "error", err)
	}
	if done.Wish.IsZero() {
		p.noteUndo(ctx, rec.Name, by, done)
	}
	return nil
}

// noteUndo leaves a line in the audit log of the epoch that is live again. (A
// restore's line is in the copy before it goes live.)
func (p *Pool) noteUndo(ctx context.Context, shop store.Shop, by store.By, done *Restored) {
	p.thaw(shop)
	l, err := p.Acquire(ctx, shop)
	if err == nil {
		defer l.Release()
		err = l.Write(ctx, "note the undo", func(tx *store.Tx) error {
			return tx.Audit(by, "RESTORE", "shop", shop.String(), nil, done)
		})
	}
	if err != nil {
		p.log.Error("cannot note an undo in the audit log", "shop", shop.String(), "error", err)
	}
}

// keepObjects lets the bytes that only the epoch to be left knows die now, not
// before: it can be come back to. It returns all that that epoch names.
func (p *Pool) keepObjects(ctx context.Context, rec catalog.Shop, epoch int, now time.Time) (objects []string, err error) {
	path := p.Path(rec.Name, epoch)
	db := store.Open(path, store.Options{})
	defer db.Close()
	err = db.Read(ctx, "list objects", func(v *store.View) error {
		return v.Objects(func(o string) error { objects = append(objects, o); return nil })
	})
	if err != nil && p.sound(ctx, rec, epoch) != nil {
		objects, err = nil, ctx.Err() // a file that is no use names none; their bytes stay
	}
	if err == nil {
		err = p.catalog.AddDead(ctx, rec.Name, objects, now)
	}
	if err == nil {
		err = p.catalog.ResetDead(ctx, rec.Name, now)
	}
	if err != nil {
		return nil, fmt.Errorf("keep the assets of the state that is left: %w", err)
	}
	return objects, nil
}
