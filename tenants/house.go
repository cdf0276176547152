package tenants

import (
	"context"
	"errors"
	"os"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/replica"
)

const (
	houseEvery   = time.Minute // how often the house is looked after, while anything happens
	houseAtOnce  = 50          // shops or objects a round
	catchUpRetry = 30 * time.Second
	jobsKept     = 90 * 24 * time.Hour
)

func (p *Pool) wakeCatchUp() {
	select {
	case p.behind <- struct{}{}:
	default:
	}
}

// catchUp ships the tails of shops that are not open: after a start those that
// the last process left, later those of new shops and of shops that were closed
// while the bucket failed.
func (p *Pool) catchUp(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := time.Hour
		if !p.catchUpOnce(ctx) {
			wait = catchUpRetry
		}
		timer.Reset(wait)
		select {
		case <-p.behind:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// catchUpOnce says whether all could be shipped.
func (p *Pool) catchUpOnce(ctx context.Context) bool {
	shops, err := p.catalog.Dirty(ctx)
	if err != nil && ctx.Err() == nil {
		p.log.Error("cannot list shops to replicate", "error", err)
	}
	if err != nil {
		return false
	}
	all := true
	for _, shop := range shops {
		if ctx.Err() != nil {
			return true
		}
		if p.isOpen(shop) {
			continue // its own shipment is under way
		}
		if err := p.catchUpShop(ctx, shop); err != nil && ctx.Err() == nil {
			all = false
			p.log.Warn("a shop's last changes are not replicated yet", "shop", shop.String(), "error", err)
			if errors.Is(err, ErrNotReplicated) {
				return false // the bucket fails: the others wait too
			}
		}
	}
	return all
}

func (p *Pool) isOpen(shop store.Shop) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tenants[shop] != nil
}

func (p *Pool) catchUpShop(ctx context.Context, shop store.Shop) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	l, err := p.Acquire(ctx, shop)
	if err != nil {
		return err
	}
	defer l.Release()
	return l.Replicate(ctx)
}

// keepHouse merges and prunes backups that are due, deletes assets' bytes that
// no kept state needs, and notes who was active. Shops that rest cost nothing:
// each step asks an index for what is due.
func (p *Pool) keepHouse(ctx context.Context) {
	tick := time.NewTicker(houseEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := p.houseRound(ctx, time.Now()); err != nil && ctx.Err() == nil {
			p.log.Error("looking after the backups", "error", err)
		}
	}
}

func (p *Pool) houseRound(ctx context.Context, now time.Time) error {
	errs := []error{p.noteActive(ctx), p.MaintainDue(ctx, now), p.SweepObjects(ctx, now)}
	_, err := p.ledgers.Maintain(ctx, "", p.opt.Policy, now)
	_, jobsErr := p.catalog.DeleteJobs(ctx, now.Add(-jobsKept))
	return errors.Join(append(errs, err, jobsErr)...)
}

func (p *Pool) noteActive(ctx context.Context) error {
	p.mu.Lock()
	active := p.active
	p.active = map[store.Shop]time.Time{}
	p.mu.Unlock()
	if len(active) == 0 {
		return nil
	}
	return p.catalog.Touch(ctx, active)
}

// MaintainDue merges and prunes the backups of the shops that are due.
func (p *Pool) MaintainDue(ctx context.Context, now time.Time) error {
	shops, err := p.catalog.MaintenanceDue(ctx, now, houseAtOnce)
	if err != nil {
		return err
	}
	var errs []error
	for _, shop := range shops {
		next, err := p.Maintain(ctx, shop, now)
		if err != nil {
			errs = append(errs, err)
			next = now.Add(10 * time.Minute)
		}
		errs = append(errs, p.catalog.SetMaintenance(ctx, shop, next))
	}
	return errors.Join(errs...)
}

// Maintain merges and prunes the backups of one shop's epochs, removes epochs
// that left the window, and returns when it is due again; zero is never.
func (p *Pool) Maintain(ctx context.Context, shop store.Shop, now time.Time) (next time.Time, err error) {
	periods, err := p.catalog.Lineage(ctx, shop)
	if err != nil {
		return next, err
	}
	lastLive := map[int]time.Time{}
	for _, period := range periods {
		lastLive[period.Epoch] = period.To // of the last period; zero while live
	}
	for epoch, until := range lastLive {
		due, err := p.maintainEpoch(ctx, shop, epoch, until, now)
		if err != nil {
			return next, err
		}
		if !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	return next, nil
}

func (p *Pool) maintainEpoch(ctx context.Context, shop store.Shop, epoch int, until, now time.Time) (time.Time, error) {
	name := replicaName(shop, epoch)
	if until.IsZero() {
		return p.replicas.Maintain(ctx, name, p.opt.Policy, now)
	}
	gone := until.Add(p.opt.Policy.Hours)
	if now.Before(gone) {
		due, err := p.replicas.Maintain(ctx, name, p.opt.Policy, now)
		if due.IsZero() || gone.Before(due) {
			due = gone
		}
		return due, err
	}
	path := p.Path(shop, epoch)
	removeFile(path)
	if err := os.RemoveAll(replica.MetaDir(path)); err != nil {
		return now, err
	}
	return time.Time{}, p.replicas.DeleteAll(ctx, name)
}

// SweepObjects deletes the bytes of assets that died before everything that can
// still be restored.
func (p *Pool) SweepObjects(ctx context.Context, now time.Time) error {
	dead, err := p.catalog.DeadBefore(ctx, now.Add(-p.opt.Policy.Hours-24*time.Hour), houseAtOnce)
	if err != nil {
		return err
	}
	var errs []error
	for _, d := range dead {
		errs = append(errs, p.sweepObject(ctx, d))
	}
	return errors.Join(errs...)
}

// sweepObject deletes one object, unless a row names it after all. No upload can
// name it meanwhile.
func (p *Pool) sweepObject(ctx context.Context, d catalog.DeadObject) error {
	l, err := p.Acquire(ctx, d.Shop)
	if err != nil {
		return err
	}
	defer l.Release()
	l.Objects().Lock()
	defer l.Objects().Unlock()
	var live bool
	err = l.Read(ctx, "is an object in use", func(v *store.View) (err error) {
		live, err = v.HasObject(d.Object)
		return err
	})
	if err != nil {
		return err
	}
	if live {
		return p.catalog.ReviveDead(ctx, d.Shop, d.Object)
	}
	removed, err := p.catalog.RemoveDead(ctx, []catalog.DeadObject{d})
	if err != nil || len(removed) == 0 {
		return err
	}
	return p.opt.Assets.Delete(ctx, d.Shop.String()+"/"+d.Object)
}
