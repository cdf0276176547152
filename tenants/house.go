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
	catchUpQuiet = 200 * time.Millisecond
	catchUpMost  = 10 * time.Second
	jobsKept     = 90 * 24 * time.Hour
	ledgerEvery  = 5 * time.Minute // between two rounds for the catalog's backups
	coarseLook   = 100             // how far back noteCoarse looks for the same shop
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
			p.settleDown(ctx)
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// settleDown waits until nobody has woken catchUp for a moment: while many shops
// are being created their first backups would only slow that down.
func (p *Pool) settleDown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, catchUpMost)
	defer cancel()
	timer := time.NewTimer(catchUpQuiet)
	defer timer.Stop()
	for {
		select {
		case <-p.behind:
			timer.Reset(catchUpQuiet)
		case <-timer.C:
			return
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
	var books ledgerBooks
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := p.houseRound(ctx, time.Now(), &books); err != nil && ctx.Err() == nil {
			p.log.Error("looking after the backups", "error", err)
		}
	}
}

// houseRound is what is due now. Without any change since the last round it asks
// nothing of the bucket.
func (p *Pool) houseRound(ctx context.Context, now time.Time, books *ledgerBooks) error {
	return errors.Join(p.note(ctx), p.MaintainDue(ctx, now), p.SweepObjects(ctx, now), p.maintainLedger(ctx, now, books))
}

// ledgerBooks is how the catalog's own backups stood in the last round.
type ledgerBooks struct {
	commit int64     // the newest commit that was maintained
	last   time.Time // when that was
	due    time.Time // when there is more to do even if nothing changes; zero: never
}

func (p *Pool) maintainLedger(ctx context.Context, now time.Time, books *ledgerBooks) error {
	commit := p.ledger.commit.Load()
	changed := commit != books.commit && now.Sub(books.last) >= ledgerEvery
	if !changed && (books.due.IsZero() || now.Before(books.due)) {
		return nil
	}
	due, err := p.ledgers.Maintain(ctx, "", p.opt.Policy, now)
	*books = ledgerBooks{commit: commit, last: now, due: due}
	if err != nil {
		books.due = now.Add(ledgerEvery)
		return err
	}
	_, err = p.catalog.DeleteJobs(ctx, now.Add(-jobsKept))
	return errors.Join(err, p.catalog.ForgetCoarse(ctx, now.Add(-p.opt.Policy.Exact)))
}

// note writes to the catalog what was gathered since the last time: who was
// active, and when changes could not be kept apart.
func (p *Pool) note(ctx context.Context) error {
	p.mu.Lock()
	active, coarse := p.active, p.coarse
	p.active, p.coarse = map[store.Shop]time.Time{}, nil
	p.mu.Unlock()
	var err error
	if len(active) > 0 {
		err = p.catalog.Touch(ctx, active)
	}
	return errors.Join(err, p.catalog.NoteCoarse(ctx, coarse))
}

// noteCoarse remembers a coarse time until the next round; one that follows
// another of the same shop prolongs it.
func (p *Pool) noteCoarse(c catalog.Coarse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.coarse) - 1; i >= 0 && i >= len(p.coarse)-coarseLook; i-- {
		last := &p.coarse[i]
		if last.Shop == c.Shop && c.From.Sub(last.To) < houseEvery {
			last.To, last.Span = c.To, max(last.Span, c.Span)
			return
		}
	}
	p.coarse = append(p.coarse, c)
}

// MaintainDue merges and prunes the backups of the shops that are due.
func (p *Pool) MaintainDue(ctx context.Context, now time.Time) error {
	shops, err := p.catalog.MaintenanceDue(ctx, now, houseAtOnce)
	if err != nil {
		return err
	}
	var errs []error
	for _, shop := range shops {
		errs = append(errs, p.maintainDue(ctx, shop, now))
	}
	return errors.Join(errs...)
}

func (p *Pool) maintainDue(ctx context.Context, shop store.Shop, now time.Time) error {
	release, err := p.haveAlone(ctx, shop)
	if err != nil {
		return err
	}
	defer release()
	next, err := p.maintain(ctx, shop, now)
	if errors.Is(err, ErrNoShop) {
		return nil
	}
	if err != nil {
		next = now.Add(10 * time.Minute)
	}
	return errors.Join(err, p.catalog.SetMaintenance(ctx, shop, next))
}

// Maintain merges and prunes the backups of one shop's epochs, removes epochs
// that left the window, and returns when it is due again; zero is never.
func (p *Pool) Maintain(ctx context.Context, shop store.Shop, now time.Time) (next time.Time, err error) {
	release, err := p.haveAlone(ctx, shop)
	if err != nil {
		return next, err
	}
	defer release()
	return p.maintain(ctx, shop, now)
}

func (p *Pool) maintain(ctx context.Context, shop store.Shop, now time.Time) (next time.Time, err error) {
	if _, err := p.known(ctx, shop); err != nil {
		return next, err
	}
	if err := p.dropAbandoned(ctx, shop); err != nil {
		return next, err
	}
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
	due, err := p.forgetRedacted(ctx, shop, periods, now)
	if !due.IsZero() && (next.IsZero() || due.Before(next)) {
		next = due
	}
	return next, err
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
	return time.Time{}, p.dropEpoch(ctx, shop, epoch)
}

// dropEpoch removes an epoch that no restore wants any more.
func (p *Pool) dropEpoch(ctx context.Context, shop store.Shop, epoch int) error {
	path := p.Path(shop, epoch)
	removeFile(path)
	if err := os.RemoveAll(replica.MetaDir(path)); err != nil {
		return err
	}
	return p.replicas.DeleteAll(ctx, replicaName(shop, epoch))
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
		errs = append(errs, p.sweepObject(ctx, d, now))
	}
	return errors.Join(errs...)
}

// sweepObject deletes one object, unless a row names it after all, or one in the
// trash that can be brought back at the moment now. No upload can name it
// meanwhile.
func (p *Pool) sweepObject(ctx context.Context, d catalog.DeadObject, now time.Time) error {
	l, err := p.Acquire(ctx, d.Shop)
	if errors.Is(err, ErrNoShop) {
		return nil // all of it goes
	}
	if err != nil {
		return err
	}
	defer l.Release()
	l.Objects().Lock()
	defer l.Objects().Unlock()
	var live bool
	var trashed time.Time
	err = l.Read(ctx, "is an object in use", func(v *store.View) (err error) {
		if live, err = v.HasObject(d.Object); err == nil && !live {
			trashed, err = v.TrashedUntil(d.Object)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case live:
		return p.catalog.ReviveDead(ctx, d.Shop, d.Object)
	case trashed.After(now): // it dies then
		return p.catalog.AddDead(ctx, d.Shop, []string{d.Object}, trashed)
	}
	removed, err := p.catalog.RemoveDead(ctx, []catalog.DeadObject{d})
	if err != nil || len(removed) == 0 {
		return err
	}
	keys := store.ObjectKeys(d.Object)
	for i, key := range keys {
		keys[i] = d.Shop.String() + "/" + key
	}
	return p.opt.Assets.Delete(ctx, keys...)
}
