package webhooks

import (
	"context"
	"errors"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

// noteWithin is how long the catalog is waited for, also when the server stops.
const noteWithin = 10 * time.Second

// finish notes how it went. What the server's end cut off is left as it was.
func (h *Webhooks) finish(ctx context.Context, shop store.Shop, now time.Time, outcomes []outcome) error {
	ended := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
	defer cancel()
	var attempts []catalog.Attempt
	var wait error
	later := false
	for _, o := range outcomes {
		switch {
		case o.err != nil && ended, errors.Is(o.err, tenants.ErrClosed):
		case errors.Is(o.err, tenants.ErrRestoring), errors.Is(o.err, tenants.ErrBusy):
			wait = o.err
		default:
			a := h.attempt(o)
			later = later || !a.Retry.IsZero()
			attempts = append(attempts, a)
		}
	}
	if len(attempts) > 0 {
		if err := h.catalog.FinishAttempts(ctx, attempts); err != nil {
			return err
		}
	}
	if wait != nil {
		if err := h.catalog.PostponeDeliveries(ctx, shop, now, time.Now().Add(h.pause()), wait.Error()); err != nil {
			return err
		}
	}
	if later || wait != nil {
		h.Wake()
	}
	return nil
}

// attempt decides what becomes of a delivery.
func (h *Webhooks) attempt(o outcome) catalog.Attempt {
	a := catalog.Attempt{Delivery: o.delivery}
	log := h.log.With("shop", o.delivery.Shop.String(), "topic", o.delivery.Topic, "webhook", o.delivery.ID)
	switch tries := o.delivery.Attempts + 1; {
	case errors.Is(o.err, tenants.ErrNoShop):
		a.Gone = true // and no row of the catalog shall name it
		h.numbers.worked(o.delivery.Topic, "nothing")
	case o.err == nil:
		a.Done, a.Error = true, o.note
		h.numbers.worked(o.delivery.Topic, map[bool]string{true: "done", false: "nothing"}[o.note == ""])
		log.Debug("webhook done", "note", o.note)
	case tries < maxAttempts:
		a.Retry, a.Error = time.Now().Add(h.backoff(tries)), o.err.Error()
		h.numbers.worked(o.delivery.Topic, "failed")
		log.Warn("a webhook's work failed and will be tried again", "tries", tries, "error", o.err)
	default:
		a.Error = o.err.Error()
		h.numbers.worked(o.delivery.Topic, "dead")
		log.Error("a webhook's work was given up; see the operator's dead webhooks", "tries", tries, "error", o.err)
	}
	return a
}
