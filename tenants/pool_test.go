package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/replica"
)

var seedFlag = flag.Uint64("seed", 0, "seed of the random tests; 0 chooses one")

func newSeed(t testing.TB) *rand.Rand {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with: go test -run '%s' ./tenants -seed %d", t.Name(), seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 1))
}

// invariants are what must hold of the pool's books at every moment.
func (p *Pool) invariants() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	held, idle := 0, 0
	for shop, t := range p.tenants {
		if t.leases < 0 {
			return fmt.Errorf("%s has %d leases", shop, t.leases)
		}
		switch t.state {
		case open, cooling:
			held++
		}
		if t.idle != nil {
			idle++
			if t.state != open || t.leases > 0 || t.refuse != nil {
				return fmt.Errorf("%s is in the LRU: %s, %d leases, refuse %v", shop, t.state, t.leases, t.refuse)
			}
		} else if t.state == open && t.leases == 0 && t.refuse == nil {
			return fmt.Errorf("%s is open, idle and not in the LRU", shop)
		}
	}
	if idle != p.lru.Len() {
		return fmt.Errorf("%d idle tenants, %d in the LRU", idle, p.lru.Len())
	}
	if p.count < held || p.count > p.opt.OpenShops {
		return fmt.Errorf("count is %d of at most %d, %d are held", p.count, p.opt.OpenShops, held)
	}
	return nil
}

// TestPoolStateMachine lets many callers acquire, write, cancel, restore, undo
// and at last shut down at random, with room for few shops.
func TestPoolStateMachine(t *testing.T) {
	rnd := newSeed(t)
	opt := testOptions(t, t.TempDir())
	opt.OpenShops = 3
	opt.IdleAfter = 5 * time.Millisecond
	opt.Debounce = time.Millisecond
	p := openPool(t, opt)
	shops := make([]store.Shop, 8)
	books := make([]book, len(shops))
	for i := range shops {
		shops[i] = shopName(t, fmt.Sprint("toko-", i))
		if _, err := p.Create(t.Context(), shops[i], "enterprise"); err != nil {
			t.Fatal(err)
		}
	}
	damage(t, p, shops[7])

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for w := range 12 {
		rnd := rand.New(rand.NewPCG(rnd.Uint64(), uint64(w)))
		wg.Go(func() {
			for range 150 {
				i := rnd.IntN(len(shops))
				if err := randomUse(ctx, p, rnd, shops[i], &books[i], i == 7); err != nil {
					t.Errorf("%s: %v", shops[i], err)
					return
				}
				if err := p.invariants(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for i, shop := range shops[:7] {
		if err := books[i].check(ids(t, p, shop)); err != nil {
			t.Errorf("%s: %v", shop, err)
		}
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := p.Acquire(t.Context(), shops[0]); !errors.Is(err, ErrClosed) {
		t.Errorf("Acquire after Close: %v", err)
	}
	if p.count != 0 || len(p.tenants) != 0 {
		t.Errorf("after Close %d are counted, %d held", p.count, len(p.tenants))
	}
}

// damage overwrites a shop's file, so that every opening of it fails.
func damage(t testing.TB, p *Pool, shop store.Shop) {
	t.Helper()
	if err := p.replicateNow(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	if err := p.freeze(t.Context(), shop, ErrRestoring); err != nil {
		t.Fatal(err)
	}
	removeFile(p.Path(shop, 1))
	if err := os.WriteFile(p.Path(shop, 1), make([]byte, 8192), 0o600); err != nil {
		t.Fatal(err)
	}
	p.thaw(shop)
}

// book is what callers know of one shop: which writes were acknowledged, and
// which times a restore took back.
type book struct {
	sync.Mutex
	writes []entry
	lost   []span
}

type entry struct {
	id string
	span
}

type span struct{ from, to time.Time }

func (s span) meets(o span) bool { return !s.to.Before(o.from) && !o.to.Before(s.from) }

// check says whether what the shop holds is what it must: each acknowledged
// write that no restore took back, and nothing that nobody wrote.
func (b *book) check(held map[string]bool) error {
	known := map[string]bool{}
	for _, w := range b.writes {
		known[w.id] = true
		if !held[w.id] && !slices.ContainsFunc(b.lost, w.meets) {
			return fmt.Errorf("acknowledged design %s is gone", w.id)
		}
	}
	for id := range held {
		if !known[id] {
			return fmt.Errorf("design %s was never acknowledged", id)
		}
	}
	return nil
}

// randomUse is one caller's turn. What it is told must fit what it did.
func randomUse(ctx context.Context, p *Pool, rnd *rand.Rand, shop store.Shop, b *book, damaged bool) error {
	if rnd.IntN(60) == 0 && !damaged {
		return randomRestore(ctx, p, shop, b)
	}
	wait := time.Duration(rnd.IntN(30)) * time.Millisecond
	if rnd.IntN(2) == 0 {
		wait = 20 * time.Second
	}
	short, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	l, err := p.Acquire(short, shop)
	switch {
	case errors.Is(err, ErrBusy) && short.Err() != nil, errors.Is(err, ErrRestoring):
		return nil
	case damaged:
		if !errors.Is(err, sqlite.ErrCorrupt) {
			return fmt.Errorf("a damaged file opened: %v", err)
		}
		return nil
	case err != nil:
		return err
	}
	defer l.Release()
	if rnd.IntN(4) == 0 {
		defer l.Release() // a second call does nothing
	}
	if rnd.IntN(3) == 0 {
		return l.Read(ctx, "read", func(v *store.View) error {
			_, _, err := v.Designs(store.DesignFilter{}, store.Page{})
			return err
		})
	}
	var d store.Design
	w := entry{span: span{from: time.Now()}}
	err = l.Write(ctx, "save", func(tx *store.Tx) (err error) {
		d, err = tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "1", DesignJSON: []byte(`{}`)})
		return err
	})
	if err == nil {
		w.id, w.to = d.ID, time.Now()
		b.Lock()
		b.writes = append(b.writes, w)
		b.Unlock()
	}
	return err
}

// randomRestore restores to the present: what is newer than the point that it
// finds is taken back, and what is written meanwhile.
func randomRestore(ctx context.Context, p *Pool, shop store.Shop, b *book) error {
	var early *replica.BeforeFirstError
	job, err := p.StartRestore(ctx, shop, store.By{}, RestoreRequest{At: time.Now()})
	if errors.Is(err, catalog.ErrState) || errors.Is(err, ErrRestoring) || errors.As(err, &early) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for job.State != catalog.Done {
		if job, err = p.Catalog().Job(ctx, shop, job.ID); err != nil {
			return err
		}
		if job.State == catalog.Failed {
			return fmt.Errorf("restore failed: %s", job.Error)
		}
	}
	var done Restored
	if err := json.Unmarshal(job.Result, &done); err != nil {
		return err
	}
	b.Lock()
	b.lost = append(b.lost, span{from: done.Point, to: time.Now()})
	b.Unlock()
	return nil
}

// ids are the designs that a shop holds.
func ids(t testing.TB, p *Pool, shop store.Shop) map[string]bool {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	held := map[string]bool{}
	err = l.Read(t.Context(), "ids", func(v *store.View) error {
		for page := (store.Page{Limit: 100}); ; {
			ds, next, err := v.Designs(store.DesignFilter{}, page)
			for _, d := range ds {
				held[d.ID] = true
			}
			if err != nil || next.IsZero() {
				return err
			}
			page.After = next
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func TestOneOpeningHoweverManyWait(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	leases := make([]*Lease, 50)
	for i := range leases {
		wg.Go(func() {
			l, err := p.Acquire(t.Context(), shop)
			if err != nil {
				t.Error(err)
				return
			}
			leases[i] = l
		})
	}
	wg.Wait()
	for _, l := range leases {
		if l == nil || l.tenant.db != leases[0].tenant.db {
			t.Fatal("two openings of one shop")
		}
	}
	for _, l := range leases {
		l.Release()
	}
}

func TestBusyPoolAnswersInTime(t *testing.T) {
	opt := testOptions(t, t.TempDir())
	opt.OpenShops = 1
	p := openPool(t, opt)
	a, b := shopName(t, "a"), shopName(t, "b")
	for _, s := range []store.Shop{a, b} {
		if _, err := p.Create(t.Context(), s, ""); err != nil {
			t.Fatal(err)
		}
	}
	l, err := p.Acquire(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Acquire(ctx, b); !errors.Is(err, ErrBusy) {
		t.Fatalf("Acquire with every place in use: %v", err)
	}
	got := make(chan error, 1)
	go func() {
		l, err := p.Acquire(t.Context(), b)
		if err == nil {
			l.Release()
		}
		got <- err
	}()
	l.Release() // makes room
	if err := <-got; err != nil {
		t.Fatal(err)
	}
}

func TestUnknownShopIsNotCreated(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "nobody")
	if _, err := p.Acquire(t.Context(), shop); !errors.Is(err, ErrNoShop) {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(p.Path(shop, 1))); !os.IsNotExist(err) {
		t.Fatalf("a folder was made: %v", err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	opt := testOptions(t, t.TempDir())
	openPool(t, opt)
	if _, err := Open(t.Context(), opt); !errors.Is(err, ErrLocked) {
		t.Fatalf("second Open: %v", err)
	}
}

func TestEmptyFolderWithReplicaIsRefused(t *testing.T) {
	dir := t.TempDir()
	opt := testOptions(t, dir)
	p := openPool(t, opt)
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	opt.Dir = t.TempDir() // same replica
	if _, err := Open(t.Context(), opt); !errors.Is(err, ErrRecover) {
		t.Fatalf("Open of an empty folder beside a full replica: %v", err)
	}
	opt.Dir = t.TempDir()
	opt.Recover = true
	opt.Replication = replica.Default(t.TempDir())
	if _, err := Open(t.Context(), opt); !errors.Is(err, replica.ErrNoBackup) {
		t.Fatalf("recover from an empty replica: %v", err)
	}
}
