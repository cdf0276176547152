package tenants

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lapak/store"
	"lapak/store/catalog"
)

// Lease is the right to use an open shop until Release. It is the only way to a
// shop's data.
type Lease struct {
	pool     *Pool
	tenant   *tenant
	released atomic.Bool
}

// Release gives the shop back. A second call does nothing.
func (l *Lease) Release() {
	if l.released.CompareAndSwap(false, true) {
		l.pool.leave(l.tenant)
	}
}

// Shop is the shop's record as of now: config, limits, state.
func (l *Lease) Shop() catalog.Shop { return l.tenant.record.Load().shop }

// Terms are what the shop may use now.
func (l *Lease) Terms() store.Terms { return l.tenant.record.Load().terms }

// record is a shop's catalog row and what follows from it.
type record struct {
	shop  catalog.Shop
	terms store.Terms
}

func newRecord(s catalog.Shop) *record { return &record{s, terms(s)} }

func terms(s catalog.Shop) store.Terms {
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		zone = time.UTC // the catalog checks names; the zone data may be older
	}
	return store.Terms{
		MaxProducts: s.MaxProducts, MaxAssets: s.MaxAssets, MaxDesigns: s.MaxDesigns,
		StorageBytes: s.StorageLimit, Zone: zone,
	}
}

// Read runs fn on a reader; see store.DB.Read.
func (l *Lease) Read(ctx context.Context, why string, fn func(*store.View) error) error {
	if !l.Held() {
		return errReleased
	}
	return l.tenant.db.Read(ctx, why, fn)
}

// Snapshot runs fn on a reader that sees one moment; see store.DB.Snapshot.
func (l *Lease) Snapshot(ctx context.Context, why string, fn func(*store.View) error) error {
	if !l.Held() {
		return errReleased
	}
	return l.tenant.db.Snapshot(ctx, why, fn)
}

// ErrNotReplicated says that a write is durable on this machine but not yet in
// the bucket, in a shop that wants both.
var ErrNotReplicated = errors.New("saved here, but not yet in the backup")

// Write runs fn in a durable transaction; see store.DB.Write. In a shop whose
// durability is "replicated" it returns when the bucket has it too.
func (l *Lease) Write(ctx context.Context, why string, fn func(*store.Tx) error) error {
	if err := l.write(ctx, why, fn); err != nil {
		return err
	}
	if l.Shop().Durability != "replicated" {
		return nil
	}
	return l.Replicate(ctx)
}

func (l *Lease) write(ctx context.Context, why string, fn func(*store.Tx) error) error {
	if !l.Held() {
		return errReleased
	}
	l.tenant.writers.RLock()
	defer l.tenant.writers.RUnlock()
	return l.tenant.db.Write(ctx, why, fn)
}

// Replicate ships what is not yet in the bucket, and returns when it is.
func (l *Lease) Replicate(ctx context.Context) error {
	s := l.tenant.ship
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unsent.Load() == 0 && !l.tenant.dirty.Load() {
		return nil
	}
	if _, err := s.sendLocked(ctx, func() {}); err != nil {
		return fmt.Errorf("%w: %w", ErrNotReplicated, err)
	}
	return nil
}

// PublicVersion changes with everything that the shop shows to the public.
func (l *Lease) PublicVersion() [2]uint64 {
	return [2]uint64{l.tenant.db.PublicVersion(), uint64(l.Shop().Version)}
}

// Memo is a memory that lasts as long as the shop stays open.
func (l *Lease) Memo() *sync.Map { return &l.tenant.memo }

// Objects guards the assets' bytes: a caller that stores bytes and then the row
// that names them holds it for reading meanwhile.
func (l *Lease) Objects() *sync.RWMutex { return &l.tenant.objects }

// refresh reads the catalog's record anew for an open shop, or for all with the
// zero shop. The catalog calls it after each change, before its caller goes on.
func (p *Pool) refresh(shop store.Shop) {
	p.mu.Lock()
	var open []*tenant
	for s, t := range p.tenants {
		if shop.IsZero() || s == shop {
			open = append(open, t)
		}
	}
	p.mu.Unlock()
	for _, t := range open {
		p.reload(t)
	}
}

func (p *Pool) reload(t *tenant) {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	p.records.Lock() // two reloads must not overtake each other
	defer p.records.Unlock()
	if t.record.Load() == nil {
		return
	}
	rec, err := p.catalog.Shop(ctx, t.shop)
	if err == nil {
		t.record.Store(newRecord(rec))
	} else if !errors.Is(err, catalog.ErrNotFound) {
		p.log.Error("cannot read a changed shop", "shop", t.shop.String(), "error", err)
	}
}

// loadRecord reads a tenant's record for the first time. A change that commits
// after the read finds the record there and reloads it.
func (p *Pool) loadRecord(ctx context.Context, t *tenant) (catalog.Shop, error) {
	p.records.Lock()
	defer p.records.Unlock()
	rec, err := p.known(ctx, t.shop)
	if err != nil {
		return rec, err
	}
	t.record.Store(newRecord(rec))
	return rec, nil
}

// known is a shop's row in the catalog; ErrNoShop if there is none, or none that
// will stay.
func (p *Pool) known(ctx context.Context, shop store.Shop) (catalog.Shop, error) {
	rec, err := p.catalog.Shop(ctx, shop)
	if errors.Is(err, catalog.ErrNotFound) || err == nil && rec.State == catalog.Erasing {
		err = fmt.Errorf("%s: %w", shop, ErrNoShop)
	}
	return rec, err
}
