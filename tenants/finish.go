package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lapak/store"
)

// How long to wait before an erasure or a redaction that failed is tried again.
const (
	finishFirst = 10 * time.Second
	finishMost  = 10 * time.Minute
)

// haveAlone waits until nobody else erases, redacts or maintains the shop, and
// keeps others from it until release.
func (p *Pool) haveAlone(ctx context.Context, shop store.Shop) (release func(), err error) {
	mine := make(chan struct{})
	for {
		p.mu.Lock()
		other, taken := p.alone[shop]
		if !taken {
			p.alone[shop] = mine
		}
		p.mu.Unlock()
		if !taken {
			return func() {
				p.mu.Lock()
				delete(p.alone, shop)
				p.mu.Unlock()
				close(mine)
			}, nil
		}
		select {
		case <-other:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for other work on %s: %w", shop, ctx.Err())
		}
	}
}

func (p *Pool) wakeFinish() {
	select {
	case p.begun <- struct{}{}:
	default:
	}
}

func (p *Pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// finishBegun ends erasures and redactions that have begun, and removes what imports
// left: after a start those of the last process, later those that failed. It sleeps
// where there are none.
func (p *Pool) finishBegun(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for wait := finishFirst; ; {
		timer.Stop()
		err := errors.Join(p.finishErasures(ctx), p.finishRedactions(ctx), p.clearImports(ctx))
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			wait = finishFirst
		} else {
			p.log.Warn("what was to be erased is not yet", "error", err, "retry_in", wait)
			timer.Reset(wait)
			wait = min(2*wait, finishMost)
		}
		select {
		case <-p.begun: // whoever wakes us has just failed
			timer.Reset(finishFirst)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

func (p *Pool) finishErasures(ctx context.Context) error {
	shops, err := p.catalog.Erasing(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, rec := range shops {
		if _, err := p.finishErase(ctx, rec); err != nil {
			errs = append(errs, err)
			continue
		}
		p.log.Info("an erasure that was interrupted is done", "shop", rec.Name.String())
	}
	return errors.Join(errs...)
}

func (p *Pool) finishRedactions(ctx context.Context) error {
	open, err := p.catalog.OpenRedactions(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range open {
		errs = append(errs, p.finishRedaction(ctx, r))
	}
	return errors.Join(errs...)
}
