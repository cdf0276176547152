package tenants

import (
	"cmp"
	"context"
	"slices"
	"time"

	"lapak/store"
)

// Stats is how the pool stands at a moment.
type Stats struct {
	Open    int // shops whose files are open, or being opened or closed
	Leased  int // of them, in use now
	Opening int
	Waiting int // openings that wait for a place
	Limit   int // how many may be open

	Unreplicated int           // open shops, and the catalog, with changes that are not in the bucket
	MaxLag       time.Duration // of the oldest such change
	Failing      int           // of them, those whose last try failed
	Worst        []ShopLag     // the largest lags first, at most 20
}

// ShopLag is how far a shop's backup is behind.
type ShopLag struct {
	Shop     string // or "catalog"
	Lag      time.Duration
	Failures int // in a row
}

const worstShown = 20

// Stats looks at what is open; it costs nothing for what is not.
func (p *Pool) Stats() Stats {
	now := time.Now()
	p.mu.Lock()
	s := Stats{Open: p.count, Waiting: len(p.openers), Limit: p.opt.OpenShops}
	ships := []*shipment{p.ledger}
	for _, t := range p.tenants {
		switch {
		case t.state == opening:
			s.Opening++
		case t.state == open:
			ships = append(ships, t.ship)
			if t.leases > 0 {
				s.Leased++
			}
		}
	}
	p.mu.Unlock()
	for _, ship := range ships {
		s.count(ship, now)
	}
	slices.SortFunc(s.Worst, func(a, b ShopLag) int { return cmp.Compare(b.Lag, a.Lag) })
	s.Worst = s.Worst[:min(len(s.Worst), worstShown)]
	return s
}

func (s *Stats) count(ship *shipment, now time.Time) {
	lag, failures := ship.lag(now), int(ship.failures.Load())
	if lag == 0 && failures == 0 {
		return
	}
	s.Unreplicated++
	if failures > 0 {
		s.Failing++
	}
	s.MaxLag = max(s.MaxLag, lag)
	s.Worst = append(s.Worst, ShopLag{ship.name, lag, failures})
}

// Unreplicated returns the shops, open or not, whose files may hold changes that
// are not in the bucket. The catalog itself is counted by Stats.
func (p *Pool) Unreplicated(ctx context.Context) ([]store.Shop, error) {
	shops, err := p.catalog.Dirty(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(shops, func(s store.Shop) bool {
		t := p.tenants[s]
		return t != nil && t.state == open && t.ship.oldest() == 0
	}), err
}

// IsOpen says whether a shop's file is open now.
func (p *Pool) IsOpen(shop store.Shop) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tenants[shop]
	return t != nil && t.state == open
}
