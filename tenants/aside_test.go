package tenants_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
)

// TestAside shows that a shop that is waited with can make room for another, and
// that the lease is good again afterwards.
func TestAside(t *testing.T) {
	pool := tenanttest.New(t, func(o *tenants.Options) { o.OpenShops = 1 })
	one, two := tenanttest.Shop(t, pool, "one"), tenanttest.Shop(t, pool, "two")
	lease := tenanttest.Lease(t, pool, one)
	slow := errors.New("slow")
	err := lease.Aside(t.Context(), func() error {
		if lease.Held() {
			t.Error("the shop is still held")
		}
		if err := lease.Read(t.Context(), "test", func(*store.View) error { return nil }); !errors.Is(err, tenants.ErrBusy) {
			t.Errorf("a read without the shop: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		other, err := pool.Acquire(ctx, two)
		if err != nil {
			t.Fatal(err)
		}
		other.Release()
		return slow
	})
	if !errors.Is(err, slow) || !lease.Held() {
		t.Fatalf("back: %v, held: %v", err, lease.Held())
	}
	if err := lease.Write(t.Context(), "test", func(tx *store.Tx) error { return tx.Audit(store.By{}, "TEST", "shop", "", nil, nil) }); err != nil {
		t.Error(err)
	}
	lease.Release()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	other, err := pool.Acquire(ctx, two)
	if err != nil {
		t.Fatalf("the shop was not given back: %v", err)
	}
	other.Release()
}

// TestAsideForGood shows a lease whose shop is gone when it comes back.
func TestAsideForGood(t *testing.T) {
	pool := tenanttest.New(t)
	shop := tenanttest.Shop(t, pool, "one")
	lease := tenanttest.Lease(t, pool, shop)
	err := lease.Aside(t.Context(), func() error { return pool.Catalog().BeginErase(t.Context(), shop, "{}") })
	if !errors.Is(err, tenants.ErrNoShop) || lease.Held() {
		t.Errorf("back: %v, held: %v", err, lease.Held())
	}
	lease.Release() // does nothing
	if err := lease.Aside(t.Context(), func() error { t.Error("called"); return nil }); !errors.Is(err, tenants.ErrBusy) {
		t.Errorf("aside without the shop: %v", err)
	}
}
