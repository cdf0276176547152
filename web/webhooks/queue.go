package webhooks

import (
	"context"
	"sync"
	"time"

	"lapak/store"
)

// queue is the shops that have deliveries to work on. It is only a hint: what
// there is to do stands in the catalog.
type queue struct {
	mu    sync.Mutex
	order []store.Shop
	state map[store.Shop]turn
	ready chan struct{} // holds a token while order is not empty
}

// turn is where a shop stands in the queue.
type turn int

const (
	waiting turn = iota + 1
	working
	again // being worked on, and there is more since
)

func newQueue() queue {
	return queue{state: map[store.Shop]turn{}, ready: make(chan struct{}, 1)}
}

// add says that there may be work for a shop.
func (q *queue) add(shop store.Shop) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch q.state[shop] {
	case working:
		q.state[shop] = again
	case 0:
		q.append(shop)
	}
}

// append puts a shop at the end. The lock is held.
func (q *queue) append(shop store.Shop) {
	q.state[shop] = waiting
	q.order = append(q.order, shop)
	q.signal()
}

func (q *queue) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take waits for a shop; false when ctx has ended. Nobody else is given the shop
// before done.
func (q *queue) take(ctx context.Context) (store.Shop, bool) {
	for {
		select {
		case <-q.ready:
		case <-ctx.Done():
			return store.Shop{}, false
		}
		if shop, ok := q.next(); ok {
			return shop, true
		}
	}
}

func (q *queue) next() (shop store.Shop, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.order) == 0 {
		return shop, false
	}
	shop, q.order = q.order[0], q.order[1:]
	q.state[shop] = working
	if len(q.order) > 0 {
		q.signal()
	}
	return shop, true
}

// done gives a shop back; more says that its work is not at its end. It is true
// if the queue is empty then and nobody works.
func (q *queue) done(shop store.Shop, more bool) (idle bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if more || q.state[shop] == again {
		q.append(shop)
	} else {
		delete(q.state, shop)
	}
	return len(q.state) == 0
}

const (
	lookAtOnce = 1000            // deliveries that one look for due ones reads
	troubled   = 5 * time.Second // the wait after the catalog failed
	passes     = 20              // how often a worker lets deliveries pass, and for how long
	passFor    = 10 * time.Millisecond
)

// Run works on deliveries until ctx ends, those first that an earlier process
// left. It returns when nobody works any more. While there is nothing to do it
// sleeps.
func (h *Webhooks) Run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for range h.opt.Workers {
		workers.Go(func() { h.workUntil(ctx) })
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-h.wake:
		}
		timer.Stop() // since Go 1.23 no stale tick comes after it
		wait, err := h.look(ctx)
		if err != nil && ctx.Err() == nil {
			h.log.Error("cannot look for webhooks to work on", "error", err)
			wait = troubled
		}
		if wait > 0 {
			timer.Reset(wait)
		}
	}
}

// look queues the shops whose deliveries are due, and returns how long until the
// next one is; 0: none waits.
func (h *Webhooks) look(ctx context.Context) (wait time.Duration, err error) {
	now := time.Now()
	shops, more, err := h.catalog.DueShops(ctx, now, lookAtOnce)
	if err != nil {
		return 0, err
	}
	h.more.Store(more) // before anybody can be done with these
	for _, shop := range shops {
		h.queue.add(shop)
	}
	at, ok, err := h.catalog.NextDelivery(ctx, now)
	if ok {
		wait = max(time.Until(at), time.Millisecond)
	}
	return wait, err
}

func (h *Webhooks) workUntil(ctx context.Context) {
	for {
		shop, ok := h.queue.take(ctx)
		if !ok {
			return
		}
		h.letPass(ctx)
		more, err := h.work(ctx, shop)
		if err != nil && ctx.Err() == nil {
			h.log.Error("cannot work on webhooks", "shop", shop.String(), "error", err)
			sleep(ctx, troubled)
			more = true
		}
		if h.queue.done(shop, more && ctx.Err() == nil) && h.more.Load() {
			h.Wake()
		}
	}
}

// letPass waits a little while deliveries come in: their senders are waiting, and
// the work is less for each the more of them there are.
func (h *Webhooks) letPass(ctx context.Context) {
	for range passes {
		if h.arrivals.Load() == 0 {
			return
		}
		sleep(ctx, passFor)
	}
}

// Wake says that a delivery may fall due earlier than Run knows: after
// catalog.RetryDelivery.
func (h *Webhooks) Wake() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
