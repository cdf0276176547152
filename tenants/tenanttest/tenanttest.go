// Package tenanttest opens real pools for tests: every part is the one that the
// program uses, in a folder of the test's own.
package tenanttest

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/replica"
)

// New opens a pool with its replica and assets in folders. Each change may alter
// its options before. The pool is closed when the test ends, and a pool that
// cannot be closed fails it.
func New(t testing.TB, changes ...func(*tenants.Options)) *tenants.Pool {
	t.Helper()
	dir := t.TempDir()
	assets, err := bucket.NewFolder(filepath.Join(dir, "assets"))
	if err != nil {
		t.Fatal(err)
	}
	opt := tenants.Options{
		Dir: dir, Replication: replica.Default(dir), Assets: assets, OpenShops: 16,
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	for _, change := range changes {
		change(&opt)
	}
	pool, err := tenants.Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := pool.Close(ctx); err != nil {
			t.Errorf("close the pool: %v", err)
		}
		if err := assets.Close(); err != nil {
			t.Errorf("close the assets: %v", err)
		}
	})
	return pool
}

// Name is the shop's name label.myshopify.com.
func Name(t testing.TB, label string) store.Shop {
	t.Helper()
	shop, err := store.ParseShop(label + ".myshopify.com")
	if err != nil {
		t.Fatal(err)
	}
	return shop
}

// Shop creates the shop label.myshopify.com on the plan "pro".
func Shop(t testing.TB, pool *tenants.Pool, label string) store.Shop {
	t.Helper()
	shop := Name(t, label)
	if _, err := pool.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	return shop
}

// Set changes a shop's config as an operator.
func Set(t testing.TB, pool *tenants.Pool, shop store.Shop, key, value string) {
	t.Helper()
	_, _, err := pool.Catalog().SetShop(t.Context(), shop, []catalog.Change{{Key: key, Value: value}}, catalog.Operator)
	if err != nil {
		t.Fatal(err)
	}
}

// Key makes an API key of a shop, or an operator's for the zero shop, and
// returns its secret.
func Key(t testing.TB, pool *tenants.Pool, shop store.Shop, role catalog.Role) string {
	t.Helper()
	_, secret, err := pool.Catalog().CreateKey(t.Context(), shop, role, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// Lease opens a shop for the test and gives it back when the test ends, unless
// the test did.
func Lease(t testing.TB, pool *tenants.Pool, shop store.Shop) *tenants.Lease {
	t.Helper()
	lease, err := pool.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lease.Release)
	return lease
}
