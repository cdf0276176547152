package tenants

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants/replica"
)

// TestUnreachableBucketHurtsNobody fills a pool of few places while the bucket is
// away: every request works, and all is replicated when it is back.
func TestUnreachableBucketHurtsNobody(t *testing.T) {
	dir := t.TempDir()
	opt := testOptions(t, dir)
	opt.OpenShops = 2
	p := openPool(t, opt)
	var shops []store.Shop
	for i := range 6 {
		shop := shopName(t, fmt.Sprint("toko-", i))
		shops = append(shops, shop)
		if _, err := p.Create(t.Context(), shop, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range shops {
		if err := awaitReplicated(t, p, s); err != nil {
			t.Fatal(err)
		}
	}
	away := breakFolder(t, filepath.Join(dir, "replica", "tenants"))
	for range 3 {
		for _, s := range shops {
			save(t, p, s, "while the bucket is away")
		}
	}
	if s := p.Stats(); s.Unreplicated == 0 || s.MaxLag == 0 {
		t.Errorf("nothing is said to be unreplicated: %+v", s)
	}
	away()
	for _, s := range shops {
		if err := awaitReplicated(t, p, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range shops {
		file := filepath.Join(t.TempDir(), "copy.db")
		if _, err := p.CopyAt(t.Context(), s, time.Now(), file); err != nil {
			t.Fatal(err)
		}
		db := store.Open(file, store.Options{})
		err := db.Read(t.Context(), "count", func(v *store.View) error {
			ds, _, err := v.Designs(store.DesignFilter{}, store.Page{})
			if len(ds) != 3 {
				t.Errorf("%s: %d designs in the backup, want 3", s, len(ds))
			}
			return err
		})
		if err = errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRecoveredShopsComeBackByThemselves recovers into a new folder and asks for
// nothing.
func TestRecoveredShopsComeBackByThemselves(t *testing.T) {
	opt := testOptions(t, t.TempDir())
	p := openPool(t, opt)
	var shops []store.Shop
	for i := range 5 {
		shop := shopName(t, fmt.Sprint("toko-", i))
		shops = append(shops, shop)
		if _, err := p.Create(t.Context(), shop, ""); err != nil {
			t.Fatal(err)
		}
		save(t, p, shop, "one")
	}
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := testOptions(t, t.TempDir())
	fresh.Replication, fresh.Recover, fresh.FetchRest = opt.Replication, true, true
	p = openPool(t, fresh)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for wanted := "yes"; wanted != ""; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the shops are not back")
		}
		var err error
		if wanted, _, err = p.Catalog().Setting(ctx, restSetting); err != nil {
			t.Fatal(err)
		}
	}
	for _, shop := range shops {
		if fileSize(p.Path(shop, 1)) == 0 {
			t.Errorf("%s is not on disk", shop)
		}
		if got := names(t, p, shop); got != "one" {
			t.Errorf("%s holds %q", shop, got)
		}
	}
}

// TestFencedShopTakesNoChanges lets two servers believe that they own a shop.
func TestFencedShopTakesNoChanges(t *testing.T) {
	opt := testOptions(t, t.TempDir())
	first := openPool(t, opt)
	shop := shopName(t, "toko")
	if _, err := first.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	save(t, first, shop, "one")
	if err := awaitReplicated(t, first, shop); err != nil {
		t.Fatal(err)
	}
	if err := first.ledgerSent(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := testOptions(t, t.TempDir())
	other.Replication, other.Recover = opt.Replication, true
	second := openPool(t, other)
	save(t, second, shop, "two")
	if err := awaitReplicated(t, second, shop); err != nil {
		t.Fatal(err)
	}
	save(t, first, shop, "three") // it cannot know yet
	if err := awaitReplicated(t, first, shop); !errors.Is(err, replica.ErrFenced) {
		t.Fatalf("the first server's replication: %v", err)
	}
	l, err := first.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if err := l.Write(t.Context(), "save", func(*store.Tx) error { return nil }); !errors.Is(err, replica.ErrFenced) {
		t.Errorf("a write to a shop that moved: %v", err)
	}
	if got := names(t, second, shop); got != "two one" {
		t.Errorf("the second server holds %q", got)
	}
}

// ledgerSent replicates the catalog now.
func (p *Pool) ledgerSent(ctx context.Context) error {
	p.ledger.mu.Lock()
	defer p.ledger.mu.Unlock()
	_, err := p.ledger.sendLocked(ctx, func() {})
	return err
}

// breakFolder puts a folder of the bucket out of reach and returns what brings
// it back.
func breakFolder(t testing.TB, dir string) (mend func()) {
	t.Helper()
	if err := breakIt(dir); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := mendIt(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// awaitReplicated brings a shop's backup up to date, through the backoff that an
// outage leaves.
func awaitReplicated(t testing.TB, p *Pool, shop store.Shop) error {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		return err
	}
	defer l.Release()
	return l.Replicate(t.Context())
}

// awaitClean waits until no open shop has anything to replicate.
func awaitClean(t testing.TB, p *Pool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for p.Stats().Unreplicated > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("still unreplicated: %+v", p.Stats())
		}
	}
}
