package tenants

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
)

const logo = "gallery/" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" + ".png"

// asset stores an object and the row that names it.
func asset(t testing.TB, p *Pool, shop store.Shop, object string) store.Asset {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if _, err := p.Assets().Put(t.Context(), shop.String()+"/"+object, strings.NewReader("png"), 3, bucket.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	var a store.Asset
	err = l.Write(t.Context(), "asset", func(tx *store.Tx) (err error) {
		a, err = tx.CreateAsset(store.By{}, l.Terms(), store.NewAsset{Type: "gallery", ContentType: "image/png", Object: object, Size: 3})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// drop deletes an asset's row as the API does; at is when its bytes die.
func drop(t testing.TB, p *Pool, shop store.Shop, a store.Asset, at time.Time) {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	err = l.Write(t.Context(), "drop asset", func(tx *store.Tx) error {
		_, _, err := tx.DeleteAsset(store.By{}, l.Terms(), a.ID)
		return err
	})
	if err = errors.Join(err, p.Catalog().AddDead(t.Context(), shop, []string{a.Object}, at)); err != nil {
		t.Fatal(err)
	}
}

func sweep(t testing.TB, p *Pool, at time.Time) {
	t.Helper()
	if err := p.SweepObjects(t.Context(), at); err != nil {
		t.Fatal(err)
	}
}

func there(t testing.TB, p *Pool, shop store.Shop, object string) bool {
	t.Helper()
	_, err := p.Assets().Stat(context.Background(), shop.String()+"/"+object)
	if err != nil && !errors.Is(err, bucket.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// TestBytesOutliveTheirRow keeps a deleted asset's bytes for as long as a state
// that names them can be restored, and no longer.
func TestBytesOutliveTheirRow(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	now, day := time.Now(), 24*time.Hour
	a := asset(t, p, shop, logo)
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	drop(t, p, shop, a, now)
	if sweep(t, p, now.Add(30*day)); !there(t, p, shop, logo) {
		t.Fatal("the bytes are gone while a state that names them can be restored")
	}

	// A restore brings the row back: the bytes live, however long they were dead.
	restore(t, p, shop, RestoreRequest{At: before})
	if sweep(t, p, now.Add(60*day)); !there(t, p, shop, logo) {
		t.Fatal("a restored asset lost its bytes")
	}

	// An undo takes it away again; from then on the waiting begins anew.
	restore(t, p, shop, RestoreRequest{Undo: true})
	if sweep(t, p, now.Add(30*day)); !there(t, p, shop, logo) {
		t.Fatal("the bytes of the state before the undo are gone")
	}
	if sweep(t, p, now.Add(32*day)); there(t, p, shop, logo) {
		t.Error("no state needs the bytes, and they are still there")
	}
}

// TestBytesOfARestoredAwayUpload lets go of what was uploaded after the restored
// moment, but not before the undo window has passed.
func TestBytesOfARestoredAwayUpload(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	asset(t, p, shop, logo)
	restore(t, p, shop, RestoreRequest{At: before})
	now, day := time.Now(), 24*time.Hour
	if sweep(t, p, now.Add(30*day)); !there(t, p, shop, logo) {
		t.Fatal("the bytes are gone while the restore can be undone")
	}
	if sweep(t, p, now.Add(32*day)); there(t, p, shop, logo) {
		t.Error("nothing names the bytes, and they are still there")
	}
}

// TestBytesOutliveTheTrash keeps a deleted asset's bytes for as long as it can be
// brought back, where that is longer than the backups last.
func TestBytesOutliveTheTrash(t *testing.T) {
	opt := testOptions(t, t.TempDir())
	opt.Policy.Hours = 48 * time.Hour
	p := openPool(t, opt)
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	now, day := time.Now(), 24*time.Hour
	kept, gone := asset(t, p, shop, logo), asset(t, p, shop, strings.Replace(logo, "0123", "3210", 1))
	drop(t, p, shop, kept, now)
	drop(t, p, shop, gone, now)
	if sweep(t, p, now.Add(10*day)); !there(t, p, shop, kept.Object) {
		t.Fatal("the bytes are gone while the asset is in the trash")
	}
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	err = l.Write(t.Context(), "undelete", func(tx *store.Tx) error {
		_, err := tx.Undelete(store.By{}, l.Terms(), kept.ID)
		return err
	})
	l.Release()
	if err != nil {
		t.Fatal(err)
	}
	for _, days := range []time.Duration{31, 32, 34} {
		sweep(t, p, now.Add(days*day))
		if last := days == 34; there(t, p, shop, gone.Object) == last {
			t.Errorf("after %d days: bytes of the trash are there: %v", days, !last)
		}
	}
	if !there(t, p, shop, kept.Object) {
		t.Error("an asset that was brought back lost its bytes")
	}
}
