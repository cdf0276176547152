package operator

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lapak/store"
)

const (
	slowKept = 200       // requests
	slowFor  = time.Hour // that a request is remembered
)

// Request is one that was answered.
type Request struct {
	At            time.Time
	Shop          store.Shop // zero: of no shop
	Method, Route string     // the route's pattern
	Status        int
	Took          time.Duration
}

// Slow remembers the slowest requests of the last hour. Its zero value is ready;
// it is safe for concurrent use.
type Slow struct {
	floor atomic.Int64 // quicker ones than this many ns are not worth a look
	until atomic.Int64 // unix ns; the floor holds before then

	mu  sync.Mutex
	all []Request // the slowest first
}

// Observe notes a request that was answered now. Those that no route has are left
// out, and streams of progress, which last as long as somebody watches.
func (s *Slow) Observe(shop store.Shop, method, route string, status int, took time.Duration) {
	now := time.Now()
	if route == "" || strings.Contains(route, "/progress/") {
		return
	}
	if int64(took) <= s.floor.Load() && now.UnixNano() < s.until.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	q := Request{At: now, Shop: shop, Method: method, Route: route, Status: status, Took: took}
	i, _ := slices.BinarySearchFunc(s.all, q, func(a, b Request) int { return cmp.Compare(b.Took, a.Took) })
	s.all = slices.Insert(s.all, i, q)
	s.all = s.all[:min(len(s.all), slowKept)]
	s.setFloor(now)
}

// forget drops what is too old.
func (s *Slow) forget(now time.Time) {
	s.all = slices.DeleteFunc(s.all, func(q Request) bool { return now.Sub(q.At) > slowFor })
}

func (s *Slow) setFloor(now time.Time) {
	floor, until := int64(-1), now
	if len(s.all) == slowKept {
		floor, until = int64(s.all[slowKept-1].Took), now.Add(time.Minute)
	}
	s.floor.Store(floor)
	s.until.Store(until.UnixNano())
}

// Worst returns at most n of the slowest requests, the slowest first: of one
// shop, or of all for the zero shop.
func (s *Slow) Worst(shop store.Shop, n int) (worst []Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(time.Now())
	for _, q := range s.all {
		if len(worst) < n && (shop.IsZero() || q.Shop == shop) {
			worst = append(worst, q)
		}
	}
	return worst
}
