package shopifytest

import "time"

// maxQueryCost is what one query may cost (shopify.dev, "Shopify API limits").
const maxQueryCost = 1000

// points are a shop's leaky bucket.
type points struct {
	max, rate, left float64
	at              time.Time
}

func (p *points) refill() {
	now := time.Now()
	if !p.at.IsZero() {
		p.left = min(p.max, p.left+now.Sub(p.at).Seconds()*p.rate)
	}
	p.at = now
}

// spend takes the cost, if it is there.
func (p *points) spend(cost float64) bool {
	p.refill()
	if p.left < cost {
		return false
	}
	p.left -= cost
	return true
}

// cost is what the answers tell of it.
func (p *points) cost(requested float64, actual any) map[string]any {
	return map[string]any{"cost": map[string]any{
		"requestedQueryCost": requested, "actualQueryCost": actual,
		"throttleStatus": map[string]any{"maximumAvailable": p.max, "currentlyAvailable": float64(int(p.left)), "restoreRate": p.rate},
	}}
}

// Drain takes all but so many points from a shop.
func (s *Shopify) Drain(shopName string, left float64) {
	s.with(shopName, func(sh *shop) {
		sh.points.refill()
		sh.points.left = left
	})
}
