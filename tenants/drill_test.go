package tenants

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/store/sqlite"
)

func proven(t testing.TB, p *Pool, shop store.Shop) Drill {
	t.Helper()
	d, err := p.Drill(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	if !d.Proven || d.Problem != "" || d.Point == 0 || d.Bytes == 0 || d.Digest == "" {
		t.Fatalf("drill: %+v", d)
	}
	return d
}

func replicaOf(t testing.TB, p *Pool, shop store.Shop) catalog.Replica {
	t.Helper()
	rec, err := p.Catalog().Shop(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	return rec.Replica
}

// cooled closes a shop that nobody uses, so that all of it is in the bucket.
func cooled(t testing.TB, p *Pool, shop store.Shop) {
	t.Helper()
	if err := p.freeze(t.Context(), shop, ErrRestoring); err != nil {
		t.Fatal(err)
	}
	p.thaw(shop)
}

// TestDrill proves a shop that is written, one that rests, and one after a
// restore, and leaves nothing behind.
func TestDrill(t *testing.T) {
	dir := t.TempDir()
	p := openPool(t, testOptions(t, dir))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	first := proven(t, p, shop)
	r := replicaOf(t, p, shop)
	if r.ProvenAt.Before(first.At.Truncate(time.Millisecond)) || !r.ProvenAt.Equal(r.DrilledAt) || r.DrillError != "" {
		t.Errorf("noted: %+v", r)
	}
	save(t, p, shop, "two")
	before := time.Now()
	if second := proven(t, p, shop); second.Digest == first.Digest || second.Point <= first.Point {
		t.Errorf("another state, but %+v after %+v", second, first)
	}
	cooled(t, p, shop)
	resting := proven(t, p, shop)
	cooled(t, p, shop)
	if again := proven(t, p, shop); again.Digest != resting.Digest || again.Point != resting.Point {
		t.Errorf("the same state, but %+v after %+v", again, resting)
	}
	restore(t, p, shop, RestoreRequest{At: before})
	if d := proven(t, p, shop); d.Epoch != 2 {
		t.Errorf("after a restore: %+v", d)
	}
	if left, err := os.ReadDir(p.drillDir()); err != nil || len(left) != 0 {
		t.Errorf("left of the drills: %v, %v", left, err)
	}
	if _, err := p.Drill(t.Context(), shopName(t, "nobody")); !errors.Is(err, ErrNoShop) {
		t.Errorf("drill of no shop: %v", err)
	}
}

// TestDrillUnderLoad never takes a state for another while a shop is written all
// the time.
func TestDrillUnderLoad(t *testing.T) {
	opt := testOptions(t, t.TempDir())
	opt.Debounce = 5 * time.Millisecond
	p := openPool(t, opt)
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "enterprise"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var saved atomic.Int64
	for range 4 {
		wg.Go(func() {
			tick := time.NewTicker(3 * time.Millisecond) // so that the shop stays small
			defer tick.Stop()
			for ctx.Err() == nil {
				<-tick.C
				l, err := p.Acquire(context.Background(), shop)
				if err == nil {
					err = l.Write(context.Background(), "save", func(tx *store.Tx) error {
						_, err := tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "1", DesignJSON: []byte(`{"a":1}`)})
						return err
					})
					l.Release()
				}
				if err != nil {
					t.Error(err)
					return
				}
				saved.Add(1)
			}
		})
	}
	digests := map[string]bool{}
	for range 8 {
		was := saved.Load()
		d, err := p.Drill(t.Context(), shop)
		if err != nil {
			t.Error(err)
			break
		}
		digests[d.Digest] = true
		for saved.Load() == was && ctx.Err() == nil { // somebody writes between two drills
			time.Sleep(time.Millisecond)
		}
	}
	stop()
	wg.Wait()
	if len(digests) != 8 {
		t.Errorf("%d states in 8 drills", len(digests))
	}
}

// TestDrillOfADamagedBackup flips bits in each kind of file that a restore reads,
// and takes one away.
func TestDrillOfADamagedBackup(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"flipped": func(t *testing.T, path string) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := len(raw) / 3; i < len(raw)/3+8; i++ {
				raw[i] ^= 0xff
			}
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"cut": func(t *testing.T, path string) {
			if err := os.Truncate(path, 200); err != nil {
				t.Fatal(err)
			}
		},
		"gone": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p := openPool(t, testOptions(t, dir))
			shop := shopName(t, "toko")
			if _, err := p.Create(t.Context(), shop, ""); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"one", "two", "three"} {
				save(t, p, shop, name)
				if err := awaitReplicated(t, p, shop); err != nil {
					t.Fatal(err)
				}
			}
			good := proven(t, p, shop)
			cooled(t, p, shop)
			files, err := filepath.Glob(filepath.Join(dir, "replica", "tenants", shop.String(), "0001.db", "ltx", "0", "*.ltx"))
			if err != nil || len(files) < 3 {
				t.Fatalf("backup files: %v, %v", files, err)
			}
			damage(t, files[1])
			d, err := p.Drill(t.Context(), shop)
			if !errors.Is(err, ErrNotProven) || d.Proven || d.Problem == "" {
				t.Fatalf("drill of a damaged backup: %+v, %v", d, err)
			}
			t.Log(d.Problem)
			if r := replicaOf(t, p, shop); r.DrillError != d.Problem || !r.ProvenAt.Equal(good.At.Truncate(time.Millisecond)) || !r.DrilledAt.After(r.ProvenAt) {
				t.Errorf("noted: %+v", r)
			}
			if got := names(t, p, shop); got != "three two one" {
				t.Errorf("the shop holds %q", got)
			}
		})
	}
}

// TestDrillSeesADifference changes a file that rests where no backup notices it.
func TestDrillSeesADifference(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	cooled(t, p, shop)
	proven(t, p, shop)
	cooled(t, p, shop)
	db := sqlite.Open(p.Path(shop, 1), sqlite.Options{})
	err := db.Write(t.Context(), "test", func(c *sqlite.Conn) error {
		_, err := c.Exec("UPDATE designs SET name = 'two'")
		return err
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	d, err := p.Drill(t.Context(), shop)
	if !errors.Is(err, ErrNotProven) || !strings.Contains(d.Problem, "differs from the live one") {
		t.Errorf("drill: %+v, %v", d, err)
	}
}

// TestDrillWithoutTheBucket is no proof of anything.
func TestDrillWithoutTheBucket(t *testing.T) {
	dir := t.TempDir()
	p := openPool(t, testOptions(t, dir))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	proven(t, p, shop)
	was := replicaOf(t, p, shop)
	for _, rests := range []bool{false, true} {
		if rests {
			if err := awaitReplicated(t, p, shop); err != nil {
				t.Fatal(err)
			}
			cooled(t, p, shop)
		}
		back := breakFolder(t, filepath.Join(dir, "replica", "tenants"))
		if !rests {
			save(t, p, shop, "two")
		}
		d, err := p.Drill(t.Context(), shop)
		if err == nil || errors.Is(err, ErrNotProven) || d.Proven || d.Problem == "" {
			t.Errorf("rests: %t: %+v, %v", rests, d, err)
		}
		back()
		if r := replicaOf(t, p, shop); !r.ProvenAt.Equal(was.ProvenAt) || !r.DrilledAt.Equal(was.DrilledAt) || r.DrillError != "" {
			t.Errorf("rests: %t: noted %+v", rests, r)
		}
	}
	if err := p.freeze(t.Context(), shop, ErrRestoring); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Drill(t.Context(), shop); !errors.Is(err, ErrRestoring) {
		t.Errorf("drill while it is being restored: %v", err)
	}
	p.thaw(shop)
}

// requests counts what is asked of a bucket.
type requests struct {
	bucket.Bucket
	n atomic.Int64
}

func (r *requests) List(ctx context.Context, prefix, after string, fn func(bucket.Info) error) error {
	r.n.Add(1)
	return r.Bucket.List(ctx, prefix, after, fn)
}

// TestDrillsInTheBackground takes the shops in turn, those that changed, and asks
// nothing of the bucket where none is due.
func TestDrillsInTheBackground(t *testing.T) {
	opt := testOptions(t, t.TempDir())
	p := openPool(t, opt)
	p.opt.DrillEvery = 7 * 24 * time.Hour // the test is the clock
	asked := &requests{Bucket: p.replicas.Bucket}
	p.replicas.Bucket = asked
	var shops []store.Shop
	for i := range 3 {
		shop := shopName(t, fmt.Sprint("toko-", i))
		shops = append(shops, shop)
		if _, err := p.Create(t.Context(), shop, ""); err != nil {
			t.Fatal(err)
		}
		save(t, p, shop, "one")
		cooled(t, p, shop)
	}
	failed := 0
	next := func(after time.Duration) time.Duration {
		return p.drillNext(t.Context(), time.Now().Add(after), &failed)
	}
	for range shops {
		if wait := next(0); wait < drillLeast || wait >= drillLook {
			t.Errorf("after a drill it rests for %s", wait)
		}
	}
	for _, shop := range shops {
		if r := replicaOf(t, p, shop); r.ProvenAt.IsZero() {
			t.Errorf("%s was not drilled: %+v", shop, r)
		}
	}
	day := 24 * time.Hour
	was := asked.n.Load()
	for _, after := range []time.Duration{0, 8 * day, 100 * day} {
		if wait := next(after); wait != drillLook {
			t.Errorf("nothing has changed, and it rests for %s", wait)
		}
	}
	if n := asked.n.Load(); n != was {
		t.Errorf("%d requests for shops that rest", n-was)
	}
	save(t, p, shops[1], "two")
	first := replicaOf(t, p, shops[1]).ProvenAt
	if wait := next(6 * day); wait != drillLook || replicaOf(t, p, shops[1]).ProvenAt != first {
		t.Errorf("drilled before its time; %s", wait)
	}
	if next(8 * day); !replicaOf(t, p, shops[1]).ProvenAt.After(first) {
		t.Error("a shop that changed was not drilled")
	}
}

// TestDrillThatCannotBeMade tries a shop again, and then lets the next have its
// turn.
func TestDrillThatCannotBeMade(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	p.opt.DrillEvery = time.Hour
	stuck, other := shopName(t, "toko-1"), shopName(t, "toko-2")
	for _, shop := range []store.Shop{stuck, other} {
		if _, err := p.Create(t.Context(), shop, ""); err != nil {
			t.Fatal(err)
		}
		cooled(t, p, shop)
	}
	if err := p.freeze(t.Context(), stuck, ErrRestoring); err != nil {
		t.Fatal(err)
	}
	defer p.thaw(stuck)
	failed := 0
	for range drillTries {
		if wait := p.drillNext(t.Context(), time.Now(), &failed); wait != drillLook {
			t.Errorf("after a try it rests for %s", wait)
		}
	}
	if r := replicaOf(t, p, stuck); r.DrillError == "" || !r.ProvenAt.IsZero() {
		t.Errorf("noted: %+v", r)
	}
	p.drillNext(t.Context(), time.Now(), &failed)
	if r := replicaOf(t, p, other); r.ProvenAt.IsZero() {
		t.Errorf("the other shop was not drilled: %+v", r)
	}
}

// TestCrashedDrillLeavesNothing clears at the start what a crash left.
func TestCrashedDrillLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "drill", "1", "restored.db")
	if err := errors.Join(os.MkdirAll(filepath.Dir(left), 0o700), os.WriteFile(left, []byte("x"), 0o600)); err != nil {
		t.Fatal(err)
	}
	openPool(t, testOptions(t, dir))
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// TestUsageIsNotedAtClosing wants the catalog to know what a closed shop uses.
func TestUsageIsNotedAtClosing(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	save(t, p, shop, "two")
	asset(t, p, shop, logo)
	cooled(t, p, shop)
	want := store.Usage{Designs: 2, Assets: 1, StorageBytes: 3}
	if got := replicaOf(t, p, shop).Usage; got != want {
		t.Errorf("noted %+v, want %+v", got, want)
	}
	was := replicaOf(t, p, shop)
	names(t, p, shop)
	cooled(t, p, shop) // nothing changed
	if got := replicaOf(t, p, shop); got != was {
		t.Errorf("noted %+v, was %+v", got, was)
	}
	// A tail that was left behind is shipped by an opening that writes nothing.
	if err := p.Catalog().MarkDirty(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	cooled(t, p, shop)
	if got := replicaOf(t, p, shop); got.Usage != want || !got.DirtySince.IsZero() {
		t.Errorf("noted %+v, want %+v", got, want)
	}
}
