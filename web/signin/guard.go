package signin

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"lapak/web"
)

const (
	accountFree = 5  // wrong passwords of one account before each costs a wait
	networkFree = 20 // of one network, whatever the accounts
	firstWait   = time.Second
	longestWait = 15 * time.Minute
	// forgiven is after how long without a try what failed is forgotten.
	forgiven = time.Hour
	// guarded is how many accounts and networks are remembered; the one whose last
	// try was longest ago is forgotten first.
	guarded = 10_000
)

// guard makes those wait who try one password after the other, the longer the
// more often they were wrong.
type guard struct {
	mu   sync.Mutex
	seen *lru.Cache[string, *tries]
}

type tries struct {
	failed int
	until  time.Time // no further try before
	last   time.Time
}

func newGuard() *guard {
	seen, _ := lru.New[string, *tries](guarded) // fails for a size below 1 only
	return &guard{seen: seen}
}

// attempt is one try to sign in.
type attempt struct{ account, network string }

func newAttempt(name string, r *http.Request) attempt {
	// A hash, because strangers choose how long a name is.
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(name))))
	return attempt{
		account: "account:" + string(sum[:]),
		network: "network:" + web.Network(web.ClientIP(r)).String(),
	}
}

// begin counts a try as failed, before it is looked at, so that many at once are
// no way around; or it says how long to wait.
func (g *guard) begin(a attempt, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	account, network := g.of(a.account, now), g.of(a.network, now)
	if wait = max(account.until.Sub(now), network.until.Sub(now)); wait > 0 {
		return wait
	}
	account.fail(accountFree, now)
	network.fail(networkFree, now)
	return 0
}

// passed takes a try back that was right, and forgives the account.
func (g *guard) passed(a attempt, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen.Remove(a.account)
	network := g.of(a.network, now)
	network.failed = max(network.failed-1, 0)
	network.until = time.Time{}
}

func (g *guard) of(key string, now time.Time) *tries {
	t, ok := g.seen.Get(key)
	if !ok || now.Sub(t.last) > forgiven {
		t = &tries{}
		g.seen.Add(key, t)
	}
	return t
}

func (t *tries) fail(free int, now time.Time) {
	t.failed++
	t.last = now
	if over := t.failed - free; over >= 0 {
		t.until = now.Add(min(firstWait<<min(over, 20), longestWait))
	}
}
