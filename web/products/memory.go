package products

import (
	"context"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"lapak/store"
	"lapak/tenants"
)

// memoKey is where a shop's answers lie in its memo.
type memoKey struct{}

// answer is what Shopify said to a question.
type answer struct {
	page  Page
	at    time.Time
	since uint64 // what Forget had been told when it was asked
}

type memory = lru.Cache[question, answer]

func memoryOf(lease *tenants.Lease) (*memory, error) {
	if memo, ok := lease.Memo().Load(memoKey{}); ok {
		return memo.(*memory), nil
	}
	made, err := lru.New[question, answer](keptPages)
	if err != nil {
		return nil, fmt.Errorf("make room for products: %w", err)
	}
	memo, _ := lease.Memo().LoadOrStore(memoKey{}, made)
	return memo.(*memory), nil
}

// remembered answers from memory, or asks Shopify, once however many want to know
// the same. What was under way when Forget was told is not joined any more.
func (p *Products) remembered(ctx context.Context, lease *tenants.Lease, ask question) (Page, error) {
	memo, err := memoryOf(lease)
	if err != nil {
		return Page{}, err
	}
	shop := lease.Shop().Name
	since := p.since(shop)
	if a, ok := memo.Get(ask); ok && a.since >= since && time.Since(a.at) < p.opt.KeepFor {
		return a.page, nil
	}
	// Who joined a flight must not lose it because its first caller has gone, so
	// its deadline and its lease are its own. Nobody keeps the shop open who only
	// waits.
	var page any
	flight := fmt.Sprintf("%s %d %#v", shop, since, ask)
	err = lease.Aside(ctx, func() (err error) {
		page, err, _ = p.flights.Do(flight, func() (any, error) {
			page, err := p.fly(ctx, lease, ask)
			if err == nil {
				memo.Add(ask, answer{page, time.Now(), since})
			}
			return page, err
		})
		return err
	})
	if err != nil {
		return Page{}, err
	}
	return page.(Page), nil
}

func (p *Products) fly(ctx context.Context, lease *tenants.Lease, ask question) (Page, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	own, err := lease.Again(ctx)
	if err != nil {
		return Page{}, err
	}
	defer own.Release()
	return p.fetch(ctx, own, ask)
}

// since is what Forget was last told of a shop.
func (p *Products) since(shop store.Shop) uint64 {
	n, _ := p.changed.Get(shop)
	return n
}
