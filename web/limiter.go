package web

import (
	"net/netip"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"lapak/store"
)

const (
	publicRate  = 50 // requests a second of one address to one shop
	publicBurst = 200
	// limitedMost is how many addresses are remembered; the one that asked
	// longest ago is forgotten first.
	limitedMost = 10_000
)

// limiter bounds how often one address asks one shop without proof. A nil
// limiter lets all through.
type limiter struct {
	rate  rate.Limit
	burst int
	seen  *lru.Cache[visitor, *rate.Limiter]
}

type visitor struct {
	network netip.Prefix
	shop    store.Shop
}

func newLimiter(perSecond float64, burst int) *limiter {
	switch {
	case perSecond < 0:
		return nil
	case perSecond == 0:
		perSecond = publicRate
	}
	if burst <= 0 {
		burst = publicBurst
	}
	seen, err := lru.New[visitor, *rate.Limiter](limitedMost)
	if err != nil {
		return nil // only for a size below 1
	}
	return &limiter{rate: rate.Limit(perSecond), burst: burst, seen: seen}
}

// take takes one request's turn, or says how long until there is one.
func (l *limiter) take(ip string, shop store.Shop) (wait time.Duration) {
	if l == nil {
		return 0
	}
	v := visitor{network(ip), shop}
	bucket, ok := l.seen.Get(v)
	if !ok {
		bucket = rate.NewLimiter(l.rate, l.burst)
		if first, there, _ := l.seen.PeekOrAdd(v, bucket); there {
			bucket = first
		}
	}
	turn := bucket.Reserve()
	if wait = turn.Delay(); wait > 0 {
		turn.Cancel()
	}
	return wait
}

// network is the address, or for IPv6 the /64 that one customer has whole.
func network(ip string) netip.Prefix {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}
	}
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.Prefix(bits)
	return prefix
}
