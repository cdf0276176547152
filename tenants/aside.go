package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// backWithin is how long Aside waits for the shop afterwards.
const backWithin = 5 * time.Second

// Aside gives the shop back while fn runs, and takes it again. It is for fn that
// waits for another server: however slow that is, the shop can be closed for
// others meanwhile, or restored. Nobody may use the lease in fn; see Again.
// It returns fn's error, and where the shop cannot be had again, such as ErrBusy
// or ErrRestoring, that one: the lease is released then.
func (l *Lease) Aside(ctx context.Context, fn func() error) error {
	shop := l.tenant.shop
	if !l.released.CompareAndSwap(false, true) {
		return fmt.Errorf("%s: %w", shop, errReleased)
	}
	l.pool.leave(l.tenant)
	failed := fn()
	// What fn waited for may have taken all of the caller's time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), backWithin)
	defer cancel()
	again, err := l.pool.Acquire(ctx, shop)
	if err != nil {
		return errors.Join(err, failed)
	}
	l.tenant = again.tenant
	l.released.Store(false)
	return failed
}

// Again returns one more lease of the same shop, for work that must not depend
// on this one; see Pool.Acquire.
func (l *Lease) Again(ctx context.Context) (*Lease, error) {
	return l.pool.Acquire(ctx, l.tenant.shop)
}

// Held says whether the lease was not released.
func (l *Lease) Held() bool { return !l.released.Load() }

// errReleased says that a lease is used after its end.
var errReleased = fmt.Errorf("the shop was given back: %w", ErrBusy)
