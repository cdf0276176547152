package embed

import (
	"context"
	"time"

	"lapak/store"
)

const (
	// connectedMost is how many shops may wait to be told of; who comes after that
	// is left out until the next token.
	connectedMost   = 1000
	connectedWithin = 15 * time.Second
)

// Run tells Options.Connected of shops, until ctx ends. It sleeps while there are
// none.
func (e *Embed) Run(ctx context.Context) {
	for {
		select {
		case shop := <-e.connected:
			e.tell(ctx, shop)
		case <-ctx.Done():
			return
		}
	}
}

// connect lets Run know that a shop has a fresh token.
func (e *Embed) connect(shop store.Shop) {
	if e.opt.Connected == nil {
		return
	}
	select {
	case e.connected <- shop:
	default:
		e.log.Warn("too many shops connect at once; what was missed while one had no token is made up for at its next", "shop", shop.String())
	}
}

func (e *Embed) tell(ctx context.Context, shop store.Shop) {
	ctx, cancel := context.WithTimeout(ctx, connectedWithin)
	defer cancel()
	lease, err := e.pool.Acquire(ctx, shop)
	if err == nil {
		defer lease.Release()
		err = e.opt.Connected(ctx, lease)
	}
	if err != nil {
		e.log.Warn("cannot make up for what was missed while a shop had no access token", "shop", shop.String(), "error", err)
	}
}
