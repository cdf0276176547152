package api_test

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/api"
)

var (
	seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 chooses one")
	leakFor  = flag.Duration("leakfor", 7*time.Second, "how long TestNoLeak makes requests")
)

const (
	leakShops   = 20
	leakOpen    = 6 // so that shops open and cool all the time
	leakCallers = 16
	leakFaults  = 20 // reported, then the test gives up
)

// world is a whole server, what every shop in it must hold, and all that the
// outside saw of it.
type world struct {
	t         *testing.T
	pool      *tenants.Pool
	dir       string // the data folder
	spool     string
	url       string
	client    *http.Client
	log       *lockedBuffer // JSON lines
	merchants []*merchant
	operator  string   // key
	ids       sync.Map // id or hash to the number of the shop whose it is, or anyones
	asked     sync.Map // request id to *asked
	seed      uint64
	faults    atomic.Int64
	begun     sync.Map // names of the steps that ran, to *atomic.Int64
	deck      struct {
		sync.Mutex
		left  []step
		round int
	}
}

// TestNoLeak makes random requests of many shops at once, honest ones and
// attacks, and searches all that comes out for what is another shop's: answers,
// log lines, metrics, files, backups. Whatever a shop reads must also be exactly
// what it has.
func TestNoLeak(t *testing.T) {
	w := newWorld(t)
	until := time.Now().Add(*leakFor)
	var wg sync.WaitGroup
	for n := range leakCallers {
		c := &caller{w: w, rnd: rand.New(rand.NewPCG(w.seed, uint64(n)))}
		wg.Go(func() { c.run(until) })
	}
	wg.Wait()
	c := &caller{w: w, rnd: rand.New(rand.NewPCG(w.seed, leakCallers))}
	for _, m := range w.merchants {
		c.readAll(m)
	}
	w.checkSteps()
	w.checkLog()
	w.checkBackups(c.rnd)
	w.checkFiles()
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, log: &lockedBuffer{}, spool: t.TempDir(), seed: *seedFlag}
	if w.seed == 0 {
		w.seed = rand.Uint64()
	}
	t.Logf("repeat with -seed=%d", w.seed)
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.pool = tenanttest.New(t, func(o *tenants.Options) { o.OpenShops, o.Log = leakOpen, log })
	w.dir = filepath.Dir(w.pool.CatalogPath())
	server := web.NewServer(web.Options{
		Pool: w.pool, Provers: []web.Prover{web.NewKeys(w.pool.Catalog()).Prove}, PublicRate: -1, Log: log,
		AcquireWait: 20 * time.Second,
		Routes:      append(api.New(api.Options{Pool: w.pool, Spool: w.spool, Log: log}).Routes(), shopperRoutes(t, w)...),
	})
	ts := httptest.NewUnstartedServer(nil)
	ts.Config = server.HTTPServer()
	ts.Start()
	t.Cleanup(ts.Close)
	w.url = ts.URL
	// What is compressed on the way is unpacked by the test, which searches it all.
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * leakCallers, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	w.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w.operator = w.key(store.Shop{}, catalog.RoleOperator, anyones)
	w.ids.Store(hash(sharedPicture), anyones)
	rnd := rand.New(rand.NewPCG(w.seed, 1<<32))
	for n := range leakShops {
		w.merchants = append(w.merchants, w.open(n, rnd))
	}
	return w
}

// open creates a shop, whose name is a canary too.
func (w *world) open(n int, rnd *rand.Rand) *merchant {
	w.t.Helper()
	m := newMerchant(n)
	shop := tenanttest.Shop(w.t, w.pool, m.canary(rnd))
	m.shop, m.name, m.born = shop, shop.String(), time.Now()
	for _, role := range []catalog.Role{catalog.RoleRead, catalog.RoleWrite, catalog.RoleAdmin} {
		m.keys = append(m.keys, w.key(shop, role, n))
	}
	return m
}

// key makes an API key, whose id belongs to the shop of that number.
func (w *world) key(shop store.Shop, role catalog.Role, owner int) string {
	w.t.Helper()
	k, secret, err := w.pool.Catalog().CreateKey(w.t.Context(), shop, role, w.t.Name())
	if err != nil {
		w.t.Fatal(err)
	}
	w.ids.Store(k.ID, owner)
	return secret
}

// fault reports what must not be. After a few the callers stop.
func (w *world) fault(format string, args ...any) {
	w.t.Helper()
	if n := w.faults.Add(1); n <= leakFaults {
		w.t.Errorf("seed %d: %s", w.seed, fmt.Sprintf(format, args...))
	}
}

// checkSteps wants every kind of step to have been tried, so that a test that
// looks at nothing fails.
func (w *world) checkSteps() {
	if w.faults.Load() > 0 {
		return
	}
	total := int64(0)
	for _, s := range steps() {
		n, ok := w.begun.Load(s.name)
		if !ok {
			w.fault("%s was never tried", s.name)
			continue
		}
		total += n.(*atomic.Int64).Load()
	}
	w.t.Logf("%d steps", total)
}
