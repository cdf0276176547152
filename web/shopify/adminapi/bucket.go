package adminapi

import (
	"sync"
	"time"
)

// throttleStatus is how Shopify says what a shop has left.
// (shopify.dev, "Shopify API limits": a leaky bucket of points.)
type throttleStatus struct {
	Maximum   float64 `json:"maximumAvailable"`
	Current   float64 `json:"currentlyAvailable"`
	PerSecond float64 `json:"restoreRate"`
}

func (s *throttleStatus) known() bool { return s != nil && s.Maximum > 0 && s.PerSecond > 0 }

// bucket is our view of a shop's points. What others promised themselves is
// taken off before it is sent, so that callers wait in turn instead of being
// refused together.
type bucket struct {
	mu      sync.Mutex
	max     float64
	rate    float64 // points a second; 0: nothing is known yet
	points  float64 // at the time at; below 0: promised before they are there
	at      time.Time
	pending float64 // promised, and the answer has not come
}

// reserve takes points and says how long to wait before they may be spent.
// settle must follow, or cancel.
func (b *bucket) reserve(now time.Time, need float64) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending += need
	if b.rate == 0 {
		return 0
	}
	b.refill(now)
	if b.points -= min(need, b.max); b.points >= 0 {
		return 0
	}
	return time.Duration(-b.points / b.rate * float64(time.Second))
}

func (b *bucket) refill(now time.Time) {
	if past := now.Sub(b.at).Seconds(); past > 0 {
		b.points = min(b.max, b.points+past*b.rate)
	}
	b.at = now
}

// cancel gives back what was not spent.
func (b *bucket) cancel(need float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending -= need
	b.points = min(b.max, b.points+min(need, b.max))
}

// settle ends a reservation with what Shopify said; a nil status is silence.
// Some that are under way may be in Shopify's count already; they are counted
// twice until their own answers come, which errs on the safe side.
func (b *bucket) settle(now time.Time, need float64, status *throttleStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pending = max(0, b.pending-need)
	if status.known() {
		b.max, b.rate = status.Maximum, status.PerSecond
		b.points, b.at = min(status.Current, b.max)-b.pending, now
	}
}

// bucket is a shop's, a new one where none is remembered.
func (c *Client) bucket(shop string) *bucket {
	if b, ok := c.shops.Get(shop); ok {
		return b
	}
	b := new(bucket)
	if first, there, _ := c.shops.PeekOrAdd(shop, b); there {
		return first
	}
	return b
}
