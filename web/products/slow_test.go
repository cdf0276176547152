package products_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web/products"
	"lapak/web/shopify/adminapi"
	"lapak/web/shopify/shopifytest"
)

// TestSlowShopify lets two callers of each of 25 shops wait for a Shopify that
// does not answer, where 8 shops can be open: the others are served all the while.
func TestSlowShopify(t *testing.T) {
	const shops, open = 25, 8
	shopify := shopifytest.New(t, shopifytest.Options{})
	pool := tenanttest.New(t, func(o *tenants.Options) { o.OpenShops = open })
	p := products.New(products.Options{
		API: adminapi.New(adminapi.Options{App: shopify.App(t)}), Catalog: pool.Catalog(),
		Token: func(_ context.Context, lease *tenants.Lease) (string, error) {
			return shopify.Token(lease.Shop().Name.String()), nil
		},
	})
	all := make([]store.Shop, shops)
	for i := range all {
		all[i] = tenanttest.Shop(t, pool, fmt.Sprintf("shop%d", i))
		shopify.Install(all[i].String())
		if err := pool.Catalog().RecordInstall(t.Context(), all[i], "read_products", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	shopify.Fail(shopifytest.Fault{On: "graphql", Hang: true, Times: -1})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	var over atomic.Int32
	for i := range 2 * shops {
		wg.Go(func() {
			lease, err := pool.Acquire(ctx, all[i%shops])
			if err != nil {
				t.Error(err)
				return
			}
			defer lease.Release()
			if _, err := p.List(ctx, lease, products.Query{}); err == nil {
				t.Error("Shopify has answered")
			}
			over.Add(1)
		})
	}
	for shopify.Requests("graphql") < shops {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("only %d shops' questions are under way", shopify.Requests("graphql"))
		}
		if n := over.Load(); n > 0 {
			t.Fatalf("%d had to give up before others could ask", n)
		}
	}
	for _, shop := range all {
		lease, err := pool.Acquire(ctx, shop)
		if err != nil {
			t.Fatalf("%s cannot be opened while Shopify is waited for: %v", shop, err)
		}
		lease.Release()
	}
	cancel()
	wg.Wait()
}
