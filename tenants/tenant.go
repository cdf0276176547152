package tenants

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/replica"
)

type state int

const (
	opening state = iota
	open          // its files are open and it may be leased
	cooling       // its files are being closed
	frozen        // nothing of it is open and nobody may open it
)

func (s state) String() string { return [...]string{"opening", "open", "cooling", "frozen"}[s] }

// tenant is one shop that the pool holds. Its fields are the pool's, under the
// pool's lock, unless said otherwise.
type tenant struct {
	shop   store.Shop
	state  state
	leases int           // users, and acquirers that wait for the opening
	idle   *list.Element // its place in the LRU while open and not leased
	since  time.Time     // when it became idle
	refuse error         // why acquirers are sent away, if they are

	ready   chan struct{} // closed when the opening is over
	err     error         // why it failed; set before ready is closed
	left    chan struct{} // closed when it leaves the states cooling and frozen
	drained chan struct{} // closed at the last release while it is being frozen

	// What follows is set by the opening and safe to use while leased.
	db     *store.DB
	ship   *shipment
	record atomic.Pointer[record]
	dirty  atomic.Bool

	// objects is held for reading while an asset's bytes are stored and its row
	// is made, for writing while unused bytes are deleted.
	objects sync.RWMutex
	// writers is held for reading by each write, and for writing, for a moment, by
	// who needs the file to stand still.
	writers sync.RWMutex
	// Memo is the web's memory of this shop; it goes when the shop cools.
	memo sync.Map
}

func newTenant(shop store.Shop, s state) *tenant {
	return &tenant{shop: shop, state: s, ready: make(chan struct{}), left: make(chan struct{})}
}

// load opens the shop's file, fetching it from the bucket if it is not on disk.
func (t *tenant) load(ctx context.Context, p *Pool) error {
	rec, err := p.loadRecord(ctx, t)
	if err != nil {
		return err
	}
	t.dirty.Store(!rec.Replica.DirtySince.IsZero())
	path := p.Path(t.shop, rec.Epoch)
	t.ship = newShipment(t.shop.String(), p.log)
	t.ship.live = p.replicas.Live(path, replicaName(t.shop, rec.Epoch), t.ship.lastCommit, p.quiet.With("shop", t.shop.String()))
	t.ship.failed = func(err error) { p.replicaProblem(t.shop, err) }
	t.ship.coarse = func(from, to time.Time) {
		p.noteCoarse(catalog.Coarse{Shop: t.shop, From: from, To: to, Span: to.Sub(from)})
	}
	if t.dirty.Load() { // a tail that a crash or an outage left behind
		t.ship.unsent.Store(rec.Replica.DirtySince.UnixNano())
	}
	t.db = p.openFile(t, path)
	seal := store.Seal{Shop: t.shop, UUID: rec.UUID, Epoch: rec.Epoch}
	version, err := t.db.CheckSeal(ctx, seal)
	if errors.Is(err, sqlite.ErrMissing) {
		if err = p.fetch(ctx, seal, path); err == nil {
			version, err = t.db.CheckSeal(ctx, seal)
		}
	}
	if err == nil {
		err = t.db.Migrate(ctx, version)
	}
	if err != nil {
		return errors.Join(err, t.db.Close())
	}
	return nil
}

func (p *Pool) openFile(t *tenant, path string) *store.DB {
	return store.Open(path, store.Options{Options: sqlite.Options{
		CacheKiB: p.opt.CacheKiB,
		BeforeWrite: func() error {
			if t.ship.fenced.Load() {
				return fmt.Errorf("%s: %w", t.shop, replica.ErrFenced)
			}
			t.ship.writing()
			return p.markDirty(t)
		},
		AfterCommit: func(at time.Time) {
			t.ship.committed(at)
			p.shipper.notify(t.ship)
		},
		Observe: func(why string, took time.Duration) { p.observe(t.shop, why, took) },
	}})
}

// markDirty remembers durably, before the first commit, that this shop will have
// something to replicate: so a crash cannot leave a tail that nobody knows of.
func (p *Pool) markDirty(t *tenant) error {
	if t.dirty.Load() {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	if err := p.catalog.MarkDirty(ctx, t.shop); err != nil {
		return fmt.Errorf("note that %s has changed: %w", t.shop, err)
	}
	t.dirty.Store(true)
	return nil
}

func (p *Pool) observe(shop store.Shop, why string, took time.Duration) {
	if took >= slowQuery && why != drillQuery {
		p.log.Warn("slow query", "shop", shop.String(), "query", why, "took", took)
	}
	if p.opt.Observe != nil {
		p.opt.Observe(why, took)
	}
}

// slowQuery is from when on a query is logged with its shop.
const slowQuery = 100 * time.Millisecond

func (p *Pool) replicaProblem(shop store.Shop, cause error) {
	text := ""
	if cause != nil {
		text = cause.Error()
	}
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	if err := p.catalog.SetReplicaError(ctx, shop, text); err != nil && p.ctx.Err() == nil {
		p.log.Error("cannot note a replication problem", "shop", shop.String(), "error", err)
	}
}

// close lets go of the files: the program's connections first, Litestream last.
// Unless forced it first makes sure that the tail is replicated, and leaves all
// open if that fails.
func (t *tenant) close(ctx context.Context, p *Pool, force bool) error {
	t.ship.mu.Lock()
	defer t.ship.mu.Unlock()
	changed := t.dirty.Load()
	var tailErr error
	if changed {
		if tailErr = t.sendTail(ctx); tailErr != nil && !force {
			return tailErr
		}
	}
	t.ship.gone = true
	used := t.used(ctx, changed)
	attached := t.ship.live.Attached()
	closeErr := t.db.Close()
	err := t.ship.live.Detach(ctx)
	if !attached {
		err = tailErr // nothing was there to make the last try
	}
	if err != nil {
		p.log.Warn("closed before all was replicated; it will be shipped later", "shop", t.shop.String(), "error", err)
	} else if changed && closeErr == nil {
		err = p.catalog.MarkClean(ctx, t.shop, time.Now(), fileSize(t.db.Path()), used)
	}
	if err = errors.Join(err, closeErr); err != nil {
		p.log.Error("closing a shop's file", "shop", t.shop.String(), "error", err)
		p.wakeCatchUp()
	}
	return nil
}

// used is what the shop uses, where it may have changed; nil where it has not, or
// cannot be read.
func (t *tenant) used(ctx context.Context, changed bool) *store.Usage {
	if !changed {
		return nil
	}
	var u store.Usage
	read := func(v *store.View) (err error) { u, _, err = v.Usage(t.record.Load().terms); return err }
	var err error
	if t.ship.commit.Load() == 0 {
		err = t.db.Read(ctx, "usage", read)
	} else if err = t.readOnWriter(ctx, read); errors.Is(err, errLooked) {
		err = nil
	}
	if err != nil {
		return nil
	}
	return &u
}

// readOnWriter reads where a file that was written has a connection already: to
// open another costs more than the rest of closing. It commits nothing. Nobody
// else may write; what is to be cut keeps the time of its last commit.
func (t *tenant) readOnWriter(ctx context.Context, read func(*store.View) error) error {
	defer t.ship.settled.Store(t.ship.settled.Load())
	return t.db.Write(ctx, "usage", func(tx *store.Tx) error {
		if err := read(&tx.View); err != nil {
			return err
		}
		return errLooked
	})
}

var errLooked = errors.New("it was only looked at")

// sendTail replicates unless the last try failed a moment ago.
func (t *tenant) sendTail(ctx context.Context) error {
	if time.Now().Before(t.ship.retryAt) {
		return errNotNow
	}
	_, err := t.ship.sendLocked(ctx, func() {})
	return err
}

var errNotNow = errors.New("the bucket failed a moment ago")
