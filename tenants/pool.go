package tenants

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lapak/store"
	"lapak/store/catalog"
)

var (
	// ErrNoShop says that the catalog knows no such shop. Acquire never makes one.
	ErrNoShop = errors.New("no such shop")
	// ErrBusy says that no file could be opened in time because every open shop
	// is in use.
	ErrBusy = errors.New("too many shops are busy")
	// ErrRestoring says that the shop is being restored.
	ErrRestoring = errors.New("the shop is being restored")
	// ErrClosed says that the pool is shutting down.
	ErrClosed = errors.New("the server is stopping")
)

const (
	openTimeout = 2 * time.Minute // an opening may fetch the file from the bucket
	coolTimeout = 5 * time.Second
	coolTries   = 4 // victims whose tail cannot be replicated, before one is closed anyway
)

// Acquire returns a lease on a shop, opening its file first if it must. However
// many wait, the file is opened once. The context bounds the wait: ErrBusy when
// it ends first. The lease must be released.
func (p *Pool) Acquire(ctx context.Context, shop store.Shop) (*Lease, error) {
	for {
		t, wait, err := p.enter(shop)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", shop, err)
		}
		if wait == nil {
			return &Lease{pool: p, tenant: t}, nil
		}
		select {
		case <-wait:
		case <-ctx.Done():
			if t != nil {
				p.leave(t)
			}
			return nil, fmt.Errorf("open %s: %w: %w", shop, ErrBusy, ctx.Err())
		}
		if t != nil {
			if t.err != nil {
				p.leave(t)
				return nil, t.err
			}
			return &Lease{pool: p, tenant: t}, nil
		}
	}
}

// enter counts the caller in on a tenant. Where wait is not nil the caller has
// to wait for it: with a tenant, for its opening; without, to enter again.
func (p *Pool) enter(shop store.Shop) (t *tenant, wait <-chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, ErrClosed
	}
	t = p.tenants[shop]
	if t == nil {
		t = newTenant(shop, opening)
		p.tenants[shop] = t
		p.wg.Go(func() { p.open(t) })
	}
	if t.refuse != nil {
		return nil, nil, t.refuse
	}
	switch t.state {
	case opening:
		t.leases++
		p.shipper.inUse.Add(1)
		return t, t.ready, nil
	case open:
		if t.record.Load().shop.State == catalog.Erasing {
			return nil, nil, ErrNoShop
		}
		t.leases++
		p.shipper.inUse.Add(1)
		p.unidle(t)
		return t, nil, nil
	default:
		return nil, t.left, nil
	}
}

// leave counts one user out; the last one makes the tenant idle.
func (p *Pool) leave(t *tenant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t.leases--
	p.shipper.inUse.Add(-1)
	p.settle(t)
}

// settle puts a tenant that nobody uses where it belongs. The lock is held.
func (p *Pool) settle(t *tenant) {
	if t.leases > 0 || t.state != open {
		return
	}
	if t.drained != nil {
		close(t.drained)
		t.drained = nil
		return
	}
	if t.refuse != nil {
		return // being frozen: not for the LRU
	}
	t.since = time.Now()
	p.active[t.shop] = t.since
	t.idle = p.lru.PushFront(t)
	if p.lru.Len() == 1 || p.count > p.soft {
		p.wakeJanitor()
	}
	p.wakeOpener()
}

func (p *Pool) unidle(t *tenant) {
	if t.idle != nil {
		p.lru.Remove(t.idle)
		t.idle = nil
	}
}

// open is the one opening of a tenant, on behalf of all who wait for it.
func (p *Pool) open(t *tenant) {
	ctx, cancel := context.WithTimeout(p.ctx, openTimeout)
	defer cancel()
	err := p.reserve(ctx, t)
	if err == nil {
		if err = t.load(ctx, p); err != nil {
			p.mu.Lock()
			p.count--
			p.wakeOpener()
			p.mu.Unlock()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(t.ready)
	if err != nil {
		t.err = err
		delete(p.tenants, t.shop)
		return
	}
	t.state = open
	if t.dirty.Load() {
		p.shipper.notify(t.ship) // a tail that a crash left behind
	}
	p.settle(t)
	if p.count > p.soft {
		p.wakeJanitor()
	}
}

// reserve waits for a place among the open shops, making one by cooling the
// least recently used.
func (p *Pool) reserve(ctx context.Context, t *tenant) error {
	failed := 0
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.count >= p.opt.OpenShops {
		if t.leases == 0 {
			return ErrBusy // nobody waits any longer
		}
		if victim := p.victim(); victim != nil {
			p.mu.Unlock()
			ok := p.cool(ctx, victim, failed >= coolTries)
			p.mu.Lock()
			if !ok {
				failed++
			}
			continue
		}
		turn := make(chan struct{}, 1)
		p.openers = append(p.openers, turn)
		p.mu.Unlock()
		select {
		case <-turn:
		case <-ctx.Done():
		}
		p.mu.Lock()
		if ctx.Err() != nil {
			p.giveUpTurn(turn)
			return fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
		}
	}
	p.count++
	return nil
}

// wakeOpener lets the first who waits for a place look again. The lock is held.
func (p *Pool) wakeOpener() {
	if len(p.openers) > 0 {
		p.openers[0] <- struct{}{}
		p.openers = p.openers[1:]
	}
}

// giveUpTurn leaves the queue, or passes a turn on that has come already. The
// lock is held.
func (p *Pool) giveUpTurn(turn chan struct{}) {
	if i := slices.Index(p.openers, turn); i >= 0 {
		p.openers = slices.Delete(p.openers, i, i+1)
		return
	}
	p.wakeOpener()
}

// victim takes the next tenant to cool out of the LRU: the least recently used,
// but one without a tail to replicate if there is one near. The lock is held.
func (p *Pool) victim() *tenant {
	e := p.lru.Back()
	if e == nil {
		return nil
	}
	pick := e
	for i := 0; e != nil && i < 8; i, e = i+1, e.Prev() {
		if !e.Value.(*tenant).dirty.Load() {
			pick = e
			break
		}
	}
	return p.take(pick)
}

func (p *Pool) take(e *list.Element) *tenant {
	t := e.Value.(*tenant)
	p.unidle(t)
	t.state = cooling
	return t
}

// cool closes a tenant that victim or take took out. Where its tail cannot be
// replicated it stays open, unless forced.
func (p *Pool) cool(ctx context.Context, t *tenant, force bool) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), coolTimeout)
	defer cancel()
	err := t.close(ctx, p, force)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		t.state = open
		close(t.left)
		t.left = make(chan struct{})
		p.settle(t)
		return false
	}
	p.forget(t)
	return true
}

// forget ends a tenant whose files are closed. The lock is held.
func (p *Pool) forget(t *tenant) {
	delete(p.tenants, t.shop)
	p.count--
	close(t.left)
	p.wakeOpener()
}

func (p *Pool) wakeJanitor() {
	select {
	case p.janitor <- struct{}{}:
	default:
	}
}

// keepCool cools shops beyond the soft bound, so that an opening seldom waits
// for a closing, and shops that nobody used for a while. It sleeps where there
// are none.
func (p *Pool) keepCool(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		t, wait := p.coolNext(time.Now())
		wake := p.janitor
		if t != nil {
			if p.cool(ctx, t, false) {
				continue
			}
			wait, wake = retryFirst, nil // the bucket fails: do not try them all at once
		}
		timer.Reset(wait)
		select {
		case <-wake:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

func (p *Pool) coolNext(now time.Time) (*tenant, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.lru.Back()
	if e == nil {
		return nil, time.Hour
	}
	if p.count > p.soft {
		return p.victim(), 0
	}
	if wait := e.Value.(*tenant).since.Add(p.opt.IdleAfter).Sub(now); wait > 0 {
		return nil, wait
	}
	return p.take(e), 0
}
