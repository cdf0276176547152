package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/replica"
)

// abandonedMark ends the name of an empty file that says: this epoch never was
// live, and what the bucket has of it is to be deleted. It is there until that
// is done, however often the program ends meanwhile.
const abandonedMark = ".abandoned"

// abandon removes the files of an epoch that never was live and marks it, so that
// dropAbandoned will clear the bucket, now or in the next round of keepHouse.
func (p *Pool) abandon(ctx context.Context, shop store.Shop, epoch int) error {
	path := p.Path(shop, epoch)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil { // not there on a new machine
		return fmt.Errorf("abandon %s: %w", path, err)
	}
	err := os.WriteFile(path+abandonedMark, nil, 0o600)
	removeFile(path)
	removeFile(path + ".restoring")
	err = errors.Join(err, os.RemoveAll(replica.MetaDir(path)), sqlite.SyncDir(filepath.Dir(path)))
	if err != nil {
		return fmt.Errorf("abandon %s: %w", path, err)
	}
	return p.catalog.SetMaintenance(ctx, shop, time.Now())
}

// dropAbandoned deletes what the bucket has of a shop's abandoned epochs.
func (p *Pool) dropAbandoned(ctx context.Context, shop store.Shop) error {
	dir := filepath.Dir(p.Path(shop, 1))
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		file, marked := strings.CutSuffix(e.Name(), abandonedMark)
		if !marked {
			continue
		}
		if err := p.replicas.DeleteAll(ctx, shop.String()+"/"+file); err != nil {
			return fmt.Errorf("delete the backup of an epoch that never was live: %w", err)
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// settleInterrupted ends what a crash interrupted: the catalog says which epoch
// is live; what lies beside it was never seen by anybody.
func (p *Pool) settleInterrupted(ctx context.Context) error {
	shops, err := p.catalog.Restoring(ctx)
	if err != nil {
		return err
	}
	for _, rec := range shops {
		if err := p.settleShop(ctx, rec); err != nil {
			return fmt.Errorf("end the interrupted restore of %s: %w", rec.Name, err)
		}
	}
	if err := p.settleJobs(ctx); err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	p.opt.FailPoint("settled")
	return nil
}

func (p *Pool) settleShop(ctx context.Context, rec catalog.Shop) error {
	if p.recovered {
		at, err := p.wentLive(ctx, rec)
		if err != nil {
			return err
		}
		if !at.IsZero() {
			p.log.Warn("a restore had ended after the catalog's last backup", "shop", rec.Name.String(), "epoch", rec.RestoreTo)
			return p.catalog.FinishRestore(ctx, rec.Name, rec.RestoreTo, at)
		}
	}
	undo := rec.RestoreTo == rec.PreviousEpoch // its target is a file of its own right
	if !undo {
		if err := p.abandon(ctx, rec.Name, rec.RestoreTo); err != nil {
			return err
		}
	}
	p.opt.FailPoint("settling")
	if err := p.catalog.AbortRestore(ctx, rec.Name); err != nil {
		return err
	}
	p.opt.FailPoint("aborted")
	p.log.Warn("a restore was interrupted; the shop is as it was before", "shop", rec.Name.String())
	if !undo {
		p.wg.Go(func() { p.dropInBackground(rec.Name) })
	}
	return nil
}

func (p *Pool) dropInBackground(shop store.Shop) {
	ctx, cancel := context.WithTimeout(p.ctx, abortTimeout)
	defer cancel()
	if err := p.dropAbandoned(ctx, shop); err != nil && p.ctx.Err() == nil {
		p.log.Warn("a failed restore's backup will be deleted later", "shop", shop.String(), "error", err)
	}
}

// wentLive answers what a recovered catalog does not know: whether the switch
// that it shows as begun was made after its last backup. It was, if the other
// epoch has changes newer than all of the old one, and not just its first
// backup. Then it returns when, else the zero time.
func (p *Pool) wentLive(ctx context.Context, rec catalog.Shop) (time.Time, error) {
	to, from := replicaName(rec.Name, rec.RestoreTo), replicaName(rec.Name, rec.Epoch)
	first, err := p.replicas.First(ctx, to)
	if errors.Is(err, replica.ErrNoBackup) {
		return time.Time{}, nil
	}
	newest := time.Now().Add(24 * time.Hour) // whatever the clock of the old machine said
	toLast, _, toErr := p.replicas.Find(ctx, to, newest)
	fromLast, _, fromErr := p.replicas.Find(ctx, from, newest)
	if err := errors.Join(err, toErr, fromErr); err != nil {
		return time.Time{}, err
	}
	if toLast.ID == first.ID || !toLast.At.After(fromLast.At) {
		return time.Time{}, nil
	}
	at := fromLast.At.Add(time.Millisecond)
	if first.At.After(at) {
		at = first.At
	}
	if job, err := p.catalog.Job(ctx, rec.Name, rec.RestoreJob); err == nil && job.StartedAt.After(at) {
		at = job.StartedAt
	}
	return at, nil
}

// settleJobs ends the records of jobs that the last process left running: a
// restore that got as far as its switch is done.
func (p *Pool) settleJobs(ctx context.Context) error {
	jobs, err := p.catalog.UnfinishedJobs(ctx)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		var req RestoreRequest
		if j.Kind != jobRestore || j.State != catalog.Running || json.Unmarshal(j.Request, &req) != nil {
			continue
		}
		if to, at, err := p.switchedSince(ctx, j); err != nil {
			return err
		} else if to > 0 {
			done := Restored{Shop: j.Shop, Wish: req.At, To: to, Took: at.Sub(j.StartedAt).Seconds()}
			if err := p.catalog.FinishJob(ctx, j.ID, done); err != nil {
				return err
			}
		}
	}
	_, err = p.catalog.FailInterrupted(ctx)
	return err
}

// switchedSince is the epoch that went live after a job started; 0 if none did.
func (p *Pool) switchedSince(ctx context.Context, j catalog.Job) (int, time.Time, error) {
	periods, err := p.catalog.Lineage(ctx, j.Shop)
	if err != nil || len(periods) == 0 {
		return 0, time.Time{}, err
	}
	last := periods[len(periods)-1]
	if len(periods) > 1 && !last.From.Before(j.StartedAt) {
		return last.Epoch, last.From, nil
	}
	return 0, time.Time{}, nil
}
