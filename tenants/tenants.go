// Package tenants is the life of shops: it opens a shop's file when somebody
// asks for it, keeps the most recently used ones open, replicates what changes,
// and brings a shop back from the bucket, to now or to an earlier moment.
//
// A shop is in one of three temperatures: open in the pool, on disk, or in the
// bucket alone. Acquire warms it up, whichever it is; nothing that is idle costs
// anything.
package tenants

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"container/list"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/replica"
)

// Options of Open. Dir, Replication and Assets are required.
type Options struct {
	Dir         string         // the data folder
	Replication replica.Config // where files are replicated to
	Assets      bucket.Bucket  // where the shops' images are
	Getenv      func(string) string
	OpenShops   int           // how many shop files may be open; 0 means 500
	IdleAfter   time.Duration // how long an unused shop stays open; 0 means 10 minutes
	CacheKiB    int           // page cache of a connection; 0 means the engine's default
	Debounce    time.Duration // from a commit to its replication; 0 means replica.Debounce
	Policy      replica.Policy
	Log         *slog.Logger
	// Observe is told how long each query took. Nil means nobody listens.
	Observe func(why string, took time.Duration)
	// Secret is the program's secret key, from which that of the certificates of
	// erased shops is derived. Nil means that no shop can be erased.
	Secret func() ([]byte, error)
	// DrillEvery is how often the backup of each shop that changed is proven, in the
	// background; 0 means never.
	DrillEvery time.Duration
	// FailPoint is called with the name of each step of a restore, of what ends an
	// interrupted one, of a creation, an import, an erasure and a redaction, for tests
	// that kill the process there. Nil means nothing.
	FailPoint func(step string)
	// Recover says that an empty folder is to be filled from the replica. Without
	// it an empty folder is a new one, and refused where the replica is not.
	Recover bool
	// FetchRest says that shops which a recovery left in the bucket come back by
	// themselves, in the background. Without it each comes when it is asked for.
	FetchRest bool
}

// ErrRecover says that the folder is new but the replica holds a catalog: going
// on would start a second history beside the first.
var ErrRecover = errors.New("the data folder is empty, but its replica is not")

// Pool holds the shops of one data folder. It is safe for concurrent use.
type Pool struct {
	opt      Options
	log      *slog.Logger
	quiet    *slog.Logger // for Litestream, which talks a lot
	catalog  *catalog.DB
	replicas *replica.Set
	ledger   *shipment // the catalog's own replication
	ledgers  *replica.Set
	template store.Template
	shipper  *shipper
	unlock   func() error

	ctx     context.Context // ends when Close begins to cancel what is left
	cancel  context.CancelFunc
	wg      sync.WaitGroup // openings, jobs and the background work
	janitor chan struct{}
	behind  chan struct{} // wakes catchUp
	begun   chan struct{} // wakes finishBegun
	drills  chan struct{} // held by the one drill at a time

	records sync.Mutex     // one reading of a shop's record into the pool at a time
	stripes [64]sync.Mutex // one creation of a shop at a time

	mu      sync.Mutex
	tenants map[store.Shop]*tenant
	alone   map[store.Shop]chan struct{} // see haveAlone
	drill   drillNow
	// transfers are the exports and imports under way; importing are the shops that
	// are, or that what an import left is being removed of.
	transfers map[*transfer]store.Shop
	importing map[store.Shop]struct{}
	lru       list.List // idle tenants, the most recently used in front
	count     int       // tenants whose files are open or being opened or closed
	soft      int       // from here on the janitor cools
	openers   []chan struct{}
	closed    bool
	// recovered says that the catalog came from the replica at this start.
	recovered bool
	active    map[store.Shop]time.Time // not yet noted in the catalog
	coarse    []catalog.Coarse         // likewise
}

// Open takes the data folder's lock, opens the catalog and starts the background
// work. It is ErrLocked where another process has the folder.
func Open(ctx context.Context, opt Options) (p *Pool, err error) {
	p = newPool(opt)
	if p.unlock, err = lock(opt.Dir); err != nil {
		return nil, err
	}
	if err := p.start(ctx); err != nil {
		p.cancel()
		p.wg.Wait()
		if p.catalog != nil {
			err = errors.Join(err, p.catalog.Close())
		}
		return nil, errors.Join(err, p.unlock())
	}
	return p, nil
}

func newPool(opt Options) *Pool {
	if opt.OpenShops <= 0 {
		opt.OpenShops = 500
	}
	if opt.IdleAfter <= 0 {
		opt.IdleAfter = 10 * time.Minute
	}
	if opt.Debounce <= 0 {
		opt.Debounce = replica.Debounce
	}
	if opt.Policy == (replica.Policy{}) {
		opt.Policy = replica.DefaultPolicy()
	}
	if opt.Getenv == nil {
		opt.Getenv = func(string) string { return "" }
	}
	if opt.FailPoint == nil {
		opt.FailPoint = func(string) {}
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	p := &Pool{
		opt: opt, log: opt.Log, quiet: slog.New(atLeast{slog.LevelError, opt.Log.Handler()}),
		shipper: newShipper(opt.Debounce),
		janitor: make(chan struct{}, 1), behind: make(chan struct{}, 1), begun: make(chan struct{}, 1),
		drills: make(chan struct{}, 1), alone: map[store.Shop]chan struct{}{},
		transfers: map[*transfer]store.Shop{}, importing: map[store.Shop]struct{}{},
		tenants: map[store.Shop]*tenant{}, active: map[store.Shop]time.Time{},
		soft: opt.OpenShops - opt.OpenShops/16,
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

func (p *Pool) start(ctx context.Context) (err error) {
	if p.replicas, err = p.opt.Replication.Shops.Open(p.opt.Getenv); err != nil {
		return err
	}
	p.shipper.remote = p.replicas.Remote()
	if p.ledgers, err = p.opt.Replication.Catalog.Open(p.opt.Getenv); err != nil {
		return err
	}
	if p.template, err = store.NewTemplate(); err != nil {
		return err
	}
	if err := p.openCatalog(ctx); err != nil {
		return err
	}
	if err := p.settleInterrupted(ctx); err != nil {
		return err
	}
	if p.recovered {
		if err := p.catalog.SetSetting(ctx, restSetting, "yes"); err != nil {
			return err
		}
	}
	for _, dir := range []string{p.drillDir(), p.transferDir()} {
		if err := os.RemoveAll(dir); err != nil { // what a crash left
			return fmt.Errorf("data folder: %w", err)
		}
	}
	p.wg.Go(func() { p.shipper.run(p.ctx) })
	p.wg.Go(func() { p.keepCool(p.ctx) })
	p.wg.Go(func() { p.catchUp(p.ctx) })
	p.wg.Go(func() { p.keepHouse(p.ctx) })
	p.wg.Go(func() { p.finishBegun(p.ctx) })
	if p.opt.DrillEvery > 0 {
		p.wg.Go(func() { p.keepDrilling(p.ctx) })
	}
	if p.opt.FetchRest {
		p.wg.Go(func() { p.fetchRest(p.ctx) })
	}
	p.wakeCatchUp()
	return nil
}

func (p *Pool) openCatalog(ctx context.Context) (err error) {
	path := p.CatalogPath()
	if _, statErr := os.Stat(path); errors.Is(statErr, fs.ErrNotExist) {
		if err := p.firstStart(ctx, path); err != nil {
			return err
		}
	}
	p.ledger = newShipment("catalog", p.log)
	p.ledger.live = p.ledgers.Live(path, "", p.ledger.lastCommit, p.quiet.With("db", "catalog"))
	p.catalog, err = catalog.Open(ctx, path, catalog.Options{
		OnChange: p.refresh,
		Options: sqlite.Options{
			BeforeWrite: func() error {
				p.ledger.writing()
				return nil
			},
			AfterCommit: func(at time.Time) {
				p.ledger.committed(at)
				p.shipper.notify(p.ledger)
			},
		},
	})
	if err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	p.ledger.unsent.Store(time.Now().UnixNano()) // a crash may have left a tail
	p.shipper.notify(p.ledger)
	return nil
}

// firstStart looks whether an empty folder is really a new one.
func (p *Pool) firstStart(ctx context.Context, path string) error {
	names, err := p.ledgers.Names(ctx, "")
	if err != nil {
		return fmt.Errorf("look for a catalog in the replica %s: %w", p.opt.Replication.Catalog, err)
	}
	switch {
	case p.opt.Recover && len(names) == 0:
		return fmt.Errorf("recover from %s: %w", p.opt.Replication.Catalog, replica.ErrNoBackup)
	case p.opt.Recover:
		p.recovered = true
		return p.ledgers.Restore(ctx, "", 0, path)
	case len(names) > 0:
		return fmt.Errorf("%s: %w", p.opt.Replication.Catalog, ErrRecover)
	}
	return nil
}

// Catalog is the shared database, the pool's to close.
func (p *Pool) Catalog() *catalog.DB { return p.catalog }

// Assets is the bucket of the shops' images.
func (p *Pool) Assets() bucket.Bucket { return p.opt.Assets }

// CatalogPath is the catalog's file.
func (p *Pool) CatalogPath() string { return filepath.Join(p.opt.Dir, "catalog.db") }

// Path is the file of a shop's epoch.
func (p *Pool) Path(shop store.Shop, epoch int) string {
	return filepath.Join(p.opt.Dir, "tenants", filepath.FromSlash(replicaName(shop, epoch)))
}

// replicaName is the replica of a shop's epoch: the file's path below the folder
// tenants, as Litestream names the replicas of a `dir:` entry.
func replicaName(shop store.Shop, epoch int) string {
	return fmt.Sprintf("%s/%04d.db", shop, epoch)
}

// Close refuses new leases, waits for the ones that are out until ctx ends,
// replicates every tail and closes every file, many at once.
func (p *Pool) Close(ctx context.Context) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	err := p.closeTenants(ctx)
	p.cancel()
	p.wg.Wait()
	err = errors.Join(err, p.closeTenants(ctx)) // what an interrupted job has let go
	err = errors.Join(err, p.closeCatalog(ctx))
	return errors.Join(err, p.replicas.Bucket.Close(), p.ledgers.Bucket.Close(), p.unlock())
}

func (p *Pool) closeCatalog(ctx context.Context) error {
	if err := p.note(ctx); err != nil {
		p.log.Error("noting the last activity", "error", err)
	}
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	_, shipErr := p.ledger.sendLocked(ctx, func() {})
	p.ledger.gone = true
	err := p.catalog.Close()
	if shipErr = errors.Join(shipErr, p.ledger.live.Detach(ctx)); shipErr != nil {
		p.log.Warn("the catalog's last changes are not replicated yet", "error", shipErr)
	}
	return err
}

// closeTenants cools every tenant as soon as it is not leased any more.
func (p *Pool) closeTenants(ctx context.Context) error {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for {
		t, wait := p.nextToClose()
		if t == nil && wait == nil {
			break
		}
		if t == nil {
			select {
			case <-wait:
				continue
			case <-ctx.Done():
				wg.Wait()
				return fmt.Errorf("stop: shops are still in use: %w", ctx.Err())
			}
		}
		slots <- struct{}{}
		wg.Go(func() { p.cool(ctx, t, true); <-slots })
	}
	wg.Wait()
	return nil
}

// nextToClose takes an idle tenant, or returns what to wait for to find the next;
// both are nil when none is left.
func (p *Pool) nextToClose() (*tenant, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.lru.Back(); e != nil {
		return p.take(e), nil
	}
	for _, t := range p.tenants {
		switch t.state {
		case opening:
			return nil, t.ready
		case open:
			if t.refuse != nil {
				continue // a restore has it and lets go when its context ends
			}
			if t.leases == 0 {
				t.state = cooling
				return t, nil
			}
			if t.drained == nil {
				t.drained = make(chan struct{})
			}
			return nil, t.drained
		}
	}
	return nil, nil
}

// atLeast passes on what is of a level or above.
type atLeast struct {
	level slog.Level
	slog.Handler
}

func (h atLeast) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h atLeast) WithAttrs(a []slog.Attr) slog.Handler {
	return atLeast{h.level, h.Handler.WithAttrs(a)}
}

func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.level, h.Handler.WithGroup(name)}
}

func fileSize(path string) int64 {
	fi, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return fi.Size()
}

// CheckDir refuses a data folder whose path the database's URIs cannot carry.
func CheckDir(dir string) error {
	if strings.ContainsAny(dir, "?#%") {
		return fmt.Errorf("data folder %q: its path must not contain '?', '#' or '%%'", dir)
	}
	return nil
}
