package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"lapak/store"
)

func shopperDesign(of store.Owner) store.NewDesign {
	in := newDesign("x")
	in.Owner = of
	return in
}

func wantShopperLimit(t testing.TB, err error, most string) {
	t.Helper()
	var limit store.ShopperLimitError
	if !errors.As(err, &limit) || !errors.Is(err, store.ErrLimit) || limit.Most != most {
		t.Errorf("got %v, want the limit of %s", err, most)
	}
}

// One shopper gets a share of a small plan and no more than the constant of a
// large one; many at once get exactly that.
func TestShopperDesigns(t *testing.T) {
	for _, c := range []struct {
		plan, most int64
	}{{-1, 50}, {1000, 50}, {50, 10}, {3, 1}} {
		db := openShop(t, nil)
		terms := unlimited
		terms.MaxDesigns = c.plan
		var mu sync.Mutex
		var wg sync.WaitGroup
		saved, refused := int64(0), 0
		for range 60 {
			wg.Go(func() {
				err := db.Write(t.Context(), "test", func(tx *store.Tx) error {
					_, err := tx.CreateShopperDesign(owner, terms, shopperDesign("customer:1"))
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					saved++
					return
				}
				refused++
				wantShopperLimit(t, err, fmt.Sprintf("%d designs", c.most))
			})
		}
		wg.Wait()
		if saved != c.most || refused != 60-int(c.most) {
			t.Errorf("plan of %d: saved %d, refused %d", c.plan, saved, refused)
		}
		if c.plan > 1 {
			write(t, db, func(tx *store.Tx) error {
				_, err := tx.CreateShopperDesign(owner, terms, shopperDesign("customer:2"))
				return err
			})
		}
	}
}

func TestShopperUploads(t *testing.T) {
	db := openShop(t, nil)
	terms := unlimited
	terms.MaxAssets, terms.StorageBytes = 10, 10<<10
	upload := func(letter string, size int64) error {
		return db.Write(t.Context(), "test", func(tx *store.Tx) error {
			in := newAsset("designs", letter, size)
			in.Owner = "customer:1"
			_, err := tx.CreateShopperAsset(owner, terms, in)
			return err
		})
	}
	wantShopperLimit(t, upload("a", 2<<10+1), "2 KiB of uploads")
	for _, letter := range []string{"a", "b"} {
		if err := upload(letter, 100); err != nil {
			t.Fatal(err)
		}
	}
	wantShopperLimit(t, upload("c", 1), "2 uploads")
	if u, _ := usage(t, db, terms); u.Assets != 2 {
		t.Errorf("usage %+v", u)
	}
}

func TestOwns(t *testing.T) {
	db := openShop(t, nil)
	merchants, mine := createDesign(t, db, newDesign("m")), createDesign(t, db, shopperDesign("customer:1"))
	read(t, db, func(v *store.View) error {
		for _, c := range []struct {
			owner, id string
		}{{"", merchants.ID}, {"customer:1", merchants.ID}, {"", mine.ID}, {"customer:2", mine.ID}, {"customer:1", "x"}, {"", "x"}} {
			wantGone(t, v.Owns(c.owner, c.id))
		}
		return v.Owns("customer:1", mine.ID)
	})
	for _, of := range []store.Owner{"", "customer:2"} {
		err := db.Write(t.Context(), "test", func(tx *store.Tx) error {
			return errors.Join(tx.DeleteOwnDesign(owner, unlimited, of, mine.ID, 0), tx.DeleteOwnDesign(owner, unlimited, of, merchants.ID, 0))
		})
		wantGone(t, err)
	}
	write(t, db, func(tx *store.Tx) error { return tx.DeleteOwnDesign(owner, unlimited, "customer:1", mine.ID, 1) })
	if n := len(trash(t, db)); n != 0 {
		t.Errorf("the merchant's trash has %d things", n)
	}
	if _, err := undelete(t, db, unlimited, mine.ID); err != nil {
		t.Error(err)
	}
}

func TestClaim(t *testing.T) {
	db := openShop(t, nil)
	visitor, customer := store.ClaimOwner("token"), store.CustomerOwner("1")
	kept, thrown, others := createDesign(t, db, shopperDesign(visitor)), createDesign(t, db, shopperDesign(visitor)), createDesign(t, db, shopperDesign(store.ClaimOwner("other")))
	upload := newAsset("designs", "a", 10)
	upload.Owner = visitor
	if _, err := createAsset(t, db, unlimited, upload); err != nil {
		t.Fatal(err)
	}
	claim := func(terms store.Terms, from, to store.Owner) (c store.Claimed, err error) {
		err = db.Write(t.Context(), "test", func(tx *store.Tx) (err error) {
			c, err = tx.Claim(owner, terms, from, to)
			return err
		})
		return c, err
	}
	for _, pair := range [][2]store.Owner{{"", customer}, {visitor, ""}, {"", ""}, {customer, customer}} {
		_, err := claim(unlimited, pair[0], pair[1])
		wantInvalid(t, err, "claim")
	}
	write(t, db, func(tx *store.Tx) error { return tx.DeleteOwnDesign(owner, unlimited, visitor, thrown.ID, 0) })
	if c, err := claim(unlimited, visitor, customer); err != nil || c != (store.Claimed{Designs: 1, Uploads: 1}) {
		t.Errorf("claimed %+v, %v", c, err)
	}
	if c, err := claim(unlimited, visitor, customer); err != nil || c != (store.Claimed{}) {
		t.Errorf("claimed %+v again, %v", c, err)
	}
	if n := len(auditLog(t, db, store.AuditFilter{Action: "CLAIM"})); n != 1 {
		t.Errorf("%d audit entries, want 1", n)
	}
	if _, err := undelete(t, db, unlimited, thrown.ID); err != nil {
		t.Error(err)
	}
	read(t, db, func(v *store.View) error {
		return errors.Join(v.Owns(customer, kept.ID), v.Owns(customer, thrown.ID), v.Owns(store.ClaimOwner("other"), others.ID))
	})
	terms := unlimited
	terms.MaxDesigns = 10
	_, err := claim(terms, store.ClaimOwner("other"), customer)
	wantShopperLimit(t, err, "2 designs")
}
