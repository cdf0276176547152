package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/catalog"
)

// redactedFor is how long after a redaction the backups from before it stay. Law
// and Shopify give 30 days; until then a shop can be restored to a moment before,
// and is cleaned again on the way.
const redactedFor = 29 * 24 * time.Hour

// Redact removes what a customer made and uploaded in a shop, and what is said
// about them, from its live file and its images; customer is Shopify's id. From
// its first step on no restore, undo or copy brings any of it back, and after 29
// days no backup holds it either. A customer of whom nothing is there is no
// error. Where it fails it is tried again in the background. It is ErrNoShop if
// there is no such shop.
func (p *Pool) Redact(ctx context.Context, shop store.Shop, customer string) error {
	if customer == "" || len(customer) > 64 {
		return store.InvalidError{Field: "customer", Reason: "must be Shopify's id of a customer"}
	}
	if p.isClosed() {
		return ErrClosed
	}
	release, err := p.haveAlone(ctx, shop)
	if err != nil {
		return err
	}
	defer release()
	since := time.UnixMilli(time.Now().UnixMilli()).UTC()
	r, err := p.catalog.NoteRedaction(ctx, shop, customer, since, since.Add(redactedFor))
	if errors.Is(err, catalog.ErrNotFound) {
		return fmt.Errorf("%s: %w", shop, ErrNoShop)
	}
	if err != nil {
		return err
	}
	p.opt.FailPoint("redaction-noted")
	if err := p.redact(ctx, r, !r.Since.Equal(since)); err != nil {
		p.wakeFinish()
		return fmt.Errorf("a customer's data in %s is not gone yet; it will be tried again: %w", shop, err)
	}
	return nil
}

// finishRedaction goes through all steps again.
func (p *Pool) finishRedaction(ctx context.Context, r catalog.Redaction) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	release, err := p.haveAlone(ctx, r.Shop)
	if err != nil {
		return err
	}
	defer release()
	return p.redact(ctx, r, true)
}

// redact cleans the live file and makes sure of the backup. The bytes go before
// the rows that name them, so that an interruption forgets none. Again says that
// an earlier try may have removed the rows already.
func (p *Pool) redact(ctx context.Context, r catalog.Redaction, again bool) error {
	// Whoever recovers from the bucket must know of it, or a restore there would
	// bring the customer back.
	if err := p.shipCatalog(ctx); err != nil {
		return fmt.Errorf("back up that a customer was redacted: %w", err)
	}
	p.opt.FailPoint("redaction-backed-up")
	l, err := p.Acquire(ctx, r.Shop)
	if err != nil {
		return err
	}
	defer l.Release()
	l.Objects().Lock()
	defer l.Objects().Unlock()
	claims, err := p.catalog.Claims(ctx, r.Shop, r.Customer, r.Since)
	if err != nil {
		return err
	}
	if err := p.redactBytes(ctx, l, r.Customer, claims); err != nil {
		return err
	}
	p.opt.FailPoint("redaction-bytes")
	done, err := l.redactRows(ctx, r.Customer, claims)
	if err != nil {
		return err
	}
	p.opt.FailPoint("redaction-rows")
	if done.Any() || again {
		if err := l.vacuum(ctx); err != nil {
			return err
		}
	}
	p.opt.FailPoint("redaction-vacuumed")
	if err := l.scour(ctx); err != nil {
		return err
	}
	p.opt.FailPoint("redaction-shipped")
	if err := p.catalog.FinishRedaction(ctx, r, time.Now()); err != nil {
		return err
	}
	p.log.Info("a customer was redacted", "shop", r.Shop.String(), "designs", done.Designs, "assets", done.Assets)
	return nil
}

func (l *Lease) redactRows(ctx context.Context, customer string, claims []store.Owner) (done store.Redacted, err error) {
	err = l.write(ctx, "redact customer", func(tx *store.Tx) (err error) {
		done, err = tx.RedactCustomer(l.Terms(), customer, time.Time{}, claims...)
		return err
	})
	return done, err
}

// vacuum writes the live file anew, while its writers wait.
func (l *Lease) vacuum(ctx context.Context) error {
	l.tenant.writers.Lock()
	defer l.tenant.writers.Unlock()
	return l.tenant.db.Vacuum(ctx)
}

// scour replicates, and where anything was to be replicated lets nothing of the
// past lie around on this machine.
func (l *Lease) scour(ctx context.Context) error {
	t := l.tenant
	if !t.dirty.Load() {
		return nil
	}
	if err := l.Replicate(ctx); err != nil { // most of the work, before anybody waits
		return err
	}
	t.ship.mu.Lock()
	defer t.ship.mu.Unlock()
	t.writers.Lock()
	defer t.writers.Unlock()
	if err := t.ship.live.Scour(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrNotReplicated, err)
	}
	return nil
}

// redactBytes deletes the bytes that the customer's rows alone name, and those of
// the visitors that they were.
func (p *Pool) redactBytes(ctx context.Context, l *Lease, customer string, claims []store.Owner) error {
	var objects []string
	err := l.Snapshot(ctx, "objects of a customer", func(v *store.View) (err error) {
		objects, err = v.ObjectsOf(customer, time.Time{}, claims...)
		return err
	})
	if err != nil {
		return err
	}
	return p.purgeObjects(ctx, l.tenant.shop, objects)
}

// purgeObjects deletes bytes for good, at once.
func (p *Pool) purgeObjects(ctx context.Context, shop store.Shop, objects []string) error {
	for _, object := range objects {
		for _, key := range []string{object, store.Renditions(object)} {
			if _, err := p.opt.Assets.Purge(ctx, shop.String()+"/"+key); err != nil {
				return fmt.Errorf("delete a customer's upload: %w", err)
			}
		}
		if err := p.catalog.ReviveDead(ctx, shop, object); err != nil { // nothing is left to be swept
			return err
		}
	}
	return nil
}

// cleanse removes from a file that is not live what redactions removed from the
// live one; any says whether there was something. The bytes of objects can go.
func (p *Pool) cleanse(ctx context.Context, db *store.DB, rec catalog.Shop) (any bool, objects []string, err error) {
	redactions, err := p.catalog.Redactions(ctx, rec.Name)
	if err != nil {
		return false, nil, err
	}
	for _, r := range redactions {
		claims, err := p.catalog.Claims(ctx, rec.Name, r.Customer, r.Since)
		if err != nil {
			return any, objects, err
		}
		err = db.Write(ctx, "redact customer", func(tx *store.Tx) error {
			alone, err := tx.ObjectsOf(r.Customer, r.Since, claims...)
			if err != nil {
				return err
			}
			done, err := tx.RedactCustomer(terms(rec), r.Customer, r.Since, claims...)
			any, objects = any || done.Any(), append(objects, alone...)
			return err
		})
		if err != nil {
			return any, objects, fmt.Errorf("redact a restored state: %w", err)
		}
	}
	return any, objects, nil
}

// cleanseFile is cleanse of a copy, which is whole in one file afterwards. Where
// nobody was redacted it does not touch it.
func (p *Pool) cleanseFile(ctx context.Context, path string, rec catalog.Shop, seal store.Seal) error {
	redactions, err := p.catalog.Redactions(ctx, rec.Name)
	if err != nil || len(redactions) == 0 {
		return err
	}
	db := store.Open(path, store.Options{})
	version, err := db.CheckSeal(ctx, seal)
	if err == nil {
		err = db.Migrate(ctx, version)
	}
	if err == nil {
		_, err = p.cleanseWhole(ctx, db, rec)
	}
	if err == nil {
		err = db.Checkpoint()
	}
	return errors.Join(err, db.Close())
}

// cleanseWhole also writes the file anew if there was anything.
func (p *Pool) cleanseWhole(ctx context.Context, db *store.DB, rec catalog.Shop) (objects []string, err error) {
	any, objects, err := p.cleanse(ctx, db, rec)
	if err == nil && any {
		err = db.Vacuum(ctx)
	}
	return objects, err
}

// readyUndo makes the epoch that an undo goes back to fit to be live: it is here,
// and clean of the customers who were redacted meanwhile, in its backup too.
func (p *Pool) readyUndo(ctx context.Context, rec catalog.Shop, epoch int) (objects []string, err error) {
	path, seal := p.Path(rec.Name, epoch), store.Seal{Shop: rec.Name, UUID: rec.UUID, Epoch: epoch}
	redactions, err := p.catalog.Redactions(ctx, rec.Name)
	if err != nil {
		return nil, err
	}
	if err := p.have(ctx, seal, path); err != nil || len(redactions) == 0 {
		return nil, err
	}
	db := store.Open(path, store.Options{})
	version, err := db.CheckSeal(ctx, seal)
	if err == nil {
		err = db.Migrate(ctx, version)
	}
	if err == nil {
		objects, err = p.cleanseWhole(ctx, db, rec)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	live := p.liveAlone(rec.Name, epoch)
	if err := errors.Join(live.Scour(ctx), live.Detach(ctx)); err != nil {
		return nil, fmt.Errorf("back the redacted copy up: %w", err)
	}
	return objects, nil
}

// forgetRedacted deletes the backups from before redactions that are long enough
// ago, and returns when the next one will be; zero is never.
func (p *Pool) forgetRedacted(ctx context.Context, shop store.Shop, periods []catalog.Period, now time.Time) (next time.Time, err error) {
	redactions, err := p.catalog.Redactions(ctx, shop)
	if err != nil {
		return next, err
	}
	for _, r := range redactions {
		due := r.Since.Add(redactedFor)
		if r.CleanedAt.IsZero() && !now.Before(due) {
			due = now.Add(time.Hour) // it is still being tried
		}
		if now.Before(due) {
			if next.IsZero() || due.Before(next) {
				next = due
			}
			continue
		}
		if err := p.forgetBefore(ctx, r, periods); err != nil {
			return next, err
		}
	}
	return next, nil
}

// forgetBefore deletes what the bucket has from before a redaction, of all
// epochs. Then there is nothing left to clean a restored state of.
func (p *Pool) forgetBefore(ctx context.Context, r catalog.Redaction, periods []catalog.Period) error {
	done := map[int]bool{}
	for _, period := range periods {
		if done[period.Epoch] {
			continue
		}
		done[period.Epoch] = true
		var err error
		if clean := cleanSince(periods, period.Epoch, r); clean.IsZero() {
			err = p.dropEpoch(ctx, r.Shop, period.Epoch)
		} else {
			err = p.replicas.Forget(ctx, replicaName(r.Shop, period.Epoch), clean)
		}
		if err != nil {
			return err
		}
	}
	if _, err := p.replicas.PurgeOld(ctx, r.Shop.String()); err != nil {
		return fmt.Errorf("delete old versions of the backups of %s: %w", r.Shop, err)
	}
	p.log.Info("the backups from before a redaction are gone", "shop", r.Shop.String(), "redacted", r.Since)
	return p.catalog.ForgetRedaction(ctx, r)
}

// cleanSince is a moment at which an epoch's newest state was clean of a
// redaction; zero if it never was. It was when the redaction was done while the
// epoch was live, and before it went live after that.
func cleanSince(periods []catalog.Period, epoch int, r catalog.Redaction) time.Time {
	for _, period := range periods {
		if period.Epoch != epoch || !period.To.IsZero() && !period.To.After(r.CleanedAt) {
			continue
		}
		// The catalog keeps milliseconds, rounded down; the backup is finer.
		if period.From.After(r.CleanedAt) {
			return period.From.Add(time.Millisecond)
		}
		return r.CleanedAt.Add(time.Millisecond)
	}
	return time.Time{}
}
