package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/replica"
)

// checkWish refuses a moment that no backup can meet, before anybody is disturbed.
func (p *Pool) checkWish(ctx context.Context, shop store.Shop, wish time.Time) error {
	if wish.After(time.Now().Add(time.Second)) {
		return p.future(ctx, shop, wish)
	}
	// A damaged file is a reason to restore, not to refuse it.
	if err := p.replicateNow(ctx, shop); err != nil {
		damage := p.damage(ctx, shop)
		if damage == nil {
			return err
		}
		p.log.Warn("the live file cannot be read; its last changes may not be in the backup", "shop", shop.String(), "error", damage)
	}
	_, _, _, err := p.findPoint(ctx, shop, wish)
	return err
}

// damage says what is wrong with a shop's live file; nil where nothing is, where
// it is not on disk, or where there was no time to find out.
func (p *Pool) damage(ctx context.Context, shop store.Shop) error {
	rec, err := p.catalog.Shop(ctx, shop)
	if err != nil {
		return nil
	}
	err = p.sound(ctx, rec, rec.Epoch)
	if errors.Is(err, sqlite.ErrMissing) || ctx.Err() != nil {
		return nil
	}
	return err
}

// sound proves that the file of an epoch is whole and what it should be.
func (p *Pool) sound(ctx context.Context, rec catalog.Shop, epoch int) error {
	return prove(ctx, p.Path(rec.Name, epoch), store.Seal{Shop: rec.Name, UUID: rec.UUID, Epoch: epoch})
}

func (p *Pool) future(ctx context.Context, shop store.Shop, wish time.Time) error {
	t, err := p.Backups(ctx, shop)
	if err != nil {
		return err
	}
	if t.Newest.IsZero() {
		return fmt.Errorf("%w: %s", ErrFuture, stamp(wish))
	}
	return fmt.Errorf("%w: %s; the newest backup is of %s", ErrFuture, stamp(wish), stamp(t.Newest))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// replicateNow brings a shop's backup up to date.
func (p *Pool) replicateNow(ctx context.Context, shop store.Shop) error {
	rec, err := p.known(ctx, shop)
	if err != nil || rec.Replica.DirtySince.IsZero() {
		return err
	}
	l, err := p.Acquire(ctx, shop)
	if err != nil {
		return err
	}
	defer l.Release()
	return l.Replicate(ctx)
}

// findPoint returns the epoch that was live at a moment, its newest point until
// then, and the first one after it.
func (p *Pool) findPoint(ctx context.Context, shop store.Shop, wish time.Time) (epoch int, at, next replica.Point, err error) {
	epoch, err = p.catalog.LiveAt(ctx, shop, wish)
	if errors.Is(err, catalog.ErrNotFound) {
		first, firstErr := p.firstPoint(ctx, shop)
		if firstErr != nil {
			return 0, at, next, firstErr
		}
		return 0, at, next, &replica.BeforeFirstError{Wish: wish, Oldest: first}
	}
	if err != nil {
		return 0, at, next, err
	}
	at, next, err = p.replicas.Find(ctx, replicaName(shop, epoch), wish)
	return epoch, at, next, err
}

func (p *Pool) firstPoint(ctx context.Context, shop store.Shop) (replica.Point, error) {
	periods, err := p.catalog.Lineage(ctx, shop)
	if err != nil {
		return replica.Point{}, err
	}
	for _, period := range periods {
		at, err := p.replicas.First(ctx, replicaName(shop, period.Epoch))
		if !errors.Is(err, replica.ErrNoBackup) {
			return at, err
		}
	}
	return replica.Point{}, fmt.Errorf("%s: %w", shop, replica.ErrNoBackup)
}
