package webhooks

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants"
)

const (
	batch       = 100              // deliveries of a shop in one transaction
	openWithin  = 10 * time.Second // for a shop
	aloneWithin = time.Minute
	eraseWithin = 15 * time.Minute // many objects in a bucket may be to delete
)

// outcome is how the work on a delivery ended.
type outcome struct {
	delivery catalog.Delivery
	note     string // why there was nothing to do
	err      error
}

// work does what is due of a shop, in the order in which it happened, and says
// whether there may be more. Its error is the catalog's.
func (h *Webhooks) work(ctx context.Context, shop store.Shop) (more bool, err error) {
	now := time.Now()
	due, err := h.catalog.DueDeliveries(ctx, shop, now, batch)
	if err != nil || len(due) == 0 {
		return false, err
	}
	outcomes := make([]outcome, len(due))
	for i, d := range due {
		outcomes[i].delivery = d
	}
	for rest := outcomes; len(rest) > 0; {
		n := h.countInFile(rest)
		if n > 0 {
			h.applyInFile(ctx, shop, rest[:n])
		} else {
			n = 1
			h.applyAlone(ctx, &rest[0])
		}
		rest = rest[n:]
	}
	return len(due) == batch, h.finish(ctx, shop, now, outcomes)
}

// countInFile is how many deliveries, from the first on, one transaction of the
// shop's file can take.
func (h *Webhooks) countInFile(rest []outcome) int {
	n := slices.IndexFunc(rest, func(o outcome) bool { return h.topics[o.delivery.Topic].inFile == nil })
	if n < 0 {
		return len(rest)
	}
	return n
}

// applyInFile does the work of many deliveries in one transaction. One that
// fails is left out, and the others go on without it.
func (h *Webhooks) applyInFile(ctx context.Context, shop store.Shop, all []outcome) {
	lease, err := h.open(ctx, shop)
	if err != nil {
		failAll(all, err)
		return
	}
	defer lease.Release()
	todo := make([]job, 0, len(all))
	for i := range all {
		o := &all[i]
		what, err := h.topics[o.delivery.Topic].inFile(o.delivery.Event)
		if o.err = err; err == nil {
			todo = append(todo, job{o, what})
		}
	}
	todo = leaveOutNeedless(ctx, lease, todo)
	for len(todo) > 0 {
		bad, err := writeAll(ctx, lease, todo)
		if err == nil {
			break
		}
		if bad < 0 || ofTheFile(err) {
			for _, j := range todo {
				j.err = err
			}
			return
		}
		todo[bad].err = err
		todo = slices.Delete(todo, bad, bad+1)
	}
	h.productsChanged(shop, all)
}

// job is a delivery and what it does.
type job struct {
	*outcome
	effect
}

// leaveOutNeedless ends the jobs that have nothing to do. A write would be one
// more commit, and one more backup, even if it changed nothing.
func leaveOutNeedless(ctx context.Context, lease *tenants.Lease, todo []job) []job {
	if !slices.ContainsFunc(todo, func(j job) bool { return j.needed != nil }) {
		return todo
	}
	ctx, cancel := context.WithTimeout(ctx, aloneWithin)
	defer cancel()
	var left []job
	err := lease.Read(ctx, "webhooks needed", func(v *store.View) error {
		for _, j := range todo {
			if j.needed != nil {
				if needed, err := j.needed(v); err != nil {
					return err
				} else if !needed {
					j.note = noteNeedless
					continue
				}
			}
			left = append(left, j)
		}
		return nil
	})
	if err != nil {
		return todo // the work itself will tell what is wrong
	}
	return left
}

// writeAll does all jobs in one transaction. On an error nothing has happened;
// bad is the job that failed, -1: none of them.
func writeAll(ctx context.Context, lease *tenants.Lease, todo []job) (bad int, err error) {
	ctx, cancel := context.WithTimeout(ctx, aloneWithin)
	defer cancel()
	bad = -1
	terms := lease.Terms()
	err = lease.Write(ctx, "webhooks", func(tx *store.Tx) error {
		for i, j := range todo {
			bad = i
			var err error
			if j.note, err = safely(func() (string, error) { return j.do(tx, cause{j.delivery, terms}) }); err != nil {
				return err
			}
		}
		bad = -1
		return tx.ForgetApplied()
	})
	if errors.Is(err, tenants.ErrNotReplicated) {
		err = nil // it is on this disk, and will be in the bucket
	}
	return bad, err
}

// ofTheFile says that an error is no delivery's fault.
func ofTheFile(err error) bool {
	for _, known := range []error{sqlite.ErrFull, sqlite.ErrReadOnly, sqlite.ErrCorrupt, sqlite.ErrClosed, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// productsChanged tells whoever keeps a shop's products, if one of them changed.
func (h *Webhooks) productsChanged(shop store.Shop, all []outcome) {
	about := func(o outcome) bool {
		return o.err == nil && (o.delivery.Topic == topicProduct || o.delivery.Topic == topicProductGone)
	}
	if h.opt.ForgetProducts != nil && slices.ContainsFunc(all, about) {
		h.opt.ForgetProducts(shop)
	}
}

func failAll(all []outcome, err error) {
	for i := range all {
		all[i].err = err
	}
}

func (h *Webhooks) applyAlone(ctx context.Context, o *outcome) {
	do := h.topics[o.delivery.Topic].alone
	if do == nil {
		o.err = fmt.Errorf("nobody works on the topic %q", o.delivery.Topic)
		return
	}
	within := aloneWithin
	if o.delivery.Topic == topicShopRedact || o.delivery.Topic == topicCustomerRedact {
		within = eraseWithin
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	o.note, o.err = safely(func() (string, error) { return do(h, ctx, o.delivery) })
}

// safely makes a panic an error, so that no delivery can end the server again
// and again.
func safely(fn func() (string, error)) (note string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return fn()
}

// open leases a shop, whatever state it is in but being restored or erased.
func (h *Webhooks) open(ctx context.Context, shop store.Shop) (*tenants.Lease, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	return h.opt.Pool.Acquire(ctx, shop)
}
