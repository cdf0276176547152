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

// Limiter bounds how often each K, such as a Visit, may ask. A nil Limiter lets
// all through.
type Limiter[K comparable] struct {
	rate  rate.Limit
	burst int
	seen  *lru.Cache[K, *rate.Limiter]
}

// Visit is who asks one shop without proof.
type Visit struct {
	Network netip.Prefix // see the function Network
	Shop    store.Shop
}

// NewLimiter makes a limiter that lets each K ask so often a second, and burst
// times at once. A rate of 0 or less means no limit: nil.
func NewLimiter[K comparable](perSecond float64, burst int) *Limiter[K] {
	if perSecond <= 0 {
		return nil
	}
	seen, err := lru.New[K, *rate.Limiter](limitedMost)
	if err != nil {
		return nil // only for a size below 1
	}
	return &Limiter[K]{rate: rate.Limit(perSecond), burst: max(burst, 1), seen: seen}
}

func publicLimiter(perSecond float64, burst int) *Limiter[Visit] {
	if perSecond == 0 {
		perSecond = publicRate
	}
	if burst <= 0 {
		burst = publicBurst
	}
	return NewLimiter[Visit](perSecond, burst)
}

// Take takes one request's turn, or says how long until there is one.
func (l *Limiter[K]) Take(v K) (wait time.Duration) {
	if l == nil {
		return 0
	}
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

// Network is the address, or for IPv6 the /64 that one customer has whole; the
// zero Prefix for a text that is no address.
func Network(ip string) netip.Prefix {
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
