package tenants

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store"
)

// TestRedactAVisitorOfThePast goes back to when the redacted customer was a
// visitor: the file of that time does not say whose the design is.
func TestRedactAVisitorOfThePast(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "merchants")
	visitor := store.ClaimOwner("token")
	inShop(t, p, shop, func(tx *store.Tx, terms store.Terms) error {
		_, err := tx.CreateShopperDesign(store.By{UserID: "visitor"}, terms, store.NewDesign{
			ProductID: "1", Name: canary, Owner: visitor, DesignJSON: []byte(`{"text":"` + strings.Repeat(canary+" ", 500) + `"}`),
		})
		return err
	})
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	save(t, p, shop, "two")
	if err := p.Catalog().NoteClaim(t.Context(), shop, "77", visitor, time.Now()); err != nil {
		t.Fatal(err)
	}
	inShop(t, p, shop, func(tx *store.Tx, terms store.Terms) error {
		_, err := tx.Claim(store.By{UserID: "customer"}, terms, visitor, store.CustomerOwner("77"))
		return err
	})
	redacted(t, p, shop, "77")
	wantLive(t, p, shop, "two merchants")

	file := filepath.Join(t.TempDir(), "copy.db")
	if _, err := p.CopyAt(t.Context(), shop, before, file); err != nil {
		t.Fatal(err)
	}
	wantClean(t, file)
	restore(t, p, shop, RestoreRequest{At: before})
	wantLive(t, p, shop, "merchants")
	wantClean(t, p.Path(shop, 2))
}

// TestRedactAfterGoingBack redacts a customer in a live file that was restored
// to when they were a visitor.
func TestRedactAfterGoingBack(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	visitor := store.ClaimOwner("token")
	inShop(t, p, shop, func(tx *store.Tx, terms store.Terms) error {
		_, err := tx.CreateShopperDesign(store.By{}, terms, store.NewDesign{ProductID: "1", Name: canary, Owner: visitor, DesignJSON: []byte(`{}`)})
		return err
	})
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	save(t, p, shop, "two")
	if err := p.Catalog().NoteClaim(t.Context(), shop, "77", visitor, time.Now()); err != nil {
		t.Fatal(err)
	}
	restore(t, p, shop, RestoreRequest{At: before})
	if got := names(t, p, shop); got != canary {
		t.Fatalf("restored %q", got)
	}
	redacted(t, p, shop, "77")
	wantLive(t, p, shop, "")
	wantClean(t, p.Path(shop, 2))
}

func inShop(t *testing.T, p *Pool, shop store.Shop, do func(*store.Tx, store.Terms) error) {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if err := l.Write(t.Context(), "test", func(tx *store.Tx) error { return do(tx, l.Terms()) }); err != nil {
		t.Fatal(err)
	}
}
