package tenants

import (
	"context"
	"fmt"

	"lapak/store"
)

// freeze sends acquirers of one shop away with refuse, waits until its leases
// are back, replicates its tail and closes its files. On success the shop stays
// closed until thaw; on an error it is as before.
func (p *Pool) freeze(ctx context.Context, shop store.Shop, refuse error) error {
	return p.freezeWith(ctx, shop, refuse, p.closeWhole)
}

// freezeWith is freeze with another way to close.
func (p *Pool) freezeWith(ctx context.Context, shop store.Shop, refuse error, closeIt func(context.Context, *tenant) error) error {
	for {
		t, wait := p.refuseNew(shop, refuse)
		if wait != nil {
			select {
			case <-wait:
				continue
			case <-ctx.Done():
				p.accept(t)
				return fmt.Errorf("wait until %s is not in use: %w", shop, ctx.Err())
			}
		}
		if t.state == frozen {
			return nil // nothing was open
		}
		if err := closeIt(ctx, t); err != nil {
			p.accept(t)
			return fmt.Errorf("replicate %s before closing it: %w", shop, err)
		}
		p.mu.Lock()
		t.state = frozen
		p.count--
		p.wakeOpener()
		p.mu.Unlock()
		return nil
	}
}

// closeWhole closes a tenant whose tail is replicated. Of a damaged file no tail
// can be.
func (p *Pool) closeWhole(ctx context.Context, t *tenant) error {
	err := t.close(ctx, p, false)
	if err == nil {
		return nil
	}
	damage := p.damage(ctx, t.shop)
	if damage == nil {
		return err
	}
	p.log.Warn("a damaged file is closed without its last changes", "shop", t.shop.String(), "error", damage)
	return t.close(ctx, p, true)
}

// refuseNew sends acquirers away and returns what to wait for before calling it
// again; when there is nothing to wait for, the tenant is this caller's alone:
// cooling, or frozen where nothing was open.
func (p *Pool) refuseNew(shop store.Shop, refuse error) (t *tenant, wait <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t = p.tenants[shop]
	if t == nil {
		t = newTenant(shop, frozen)
		t.refuse = refuse
		p.tenants[shop] = t
		return t, nil
	}
	switch t.state {
	case opening:
		return nil, t.ready
	case cooling, frozen:
		return nil, t.left
	}
	t.refuse = refuse
	p.unidle(t)
	if t.leases > 0 {
		if t.drained == nil {
			t.drained = make(chan struct{})
		}
		return t, t.drained
	}
	t.state = cooling
	return t, nil
}

// accept takes a refusal back from a tenant that stays open.
func (p *Pool) accept(t *tenant) {
	if t == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if t.state == cooling {
		t.state = open
		close(t.left)
		t.left = make(chan struct{})
	}
	t.refuse, t.drained = nil, nil
	p.settle(t)
}

// thaw lets a frozen shop be opened again.
func (p *Pool) thaw(shop store.Shop) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tenants[shop]; t != nil && t.state == frozen {
		delete(p.tenants, shop)
		close(t.left)
	}
}
