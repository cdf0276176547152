package products_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/products"
	"lapak/web/shopify/adminapi"
	"lapak/web/shopify/shopifytest"
)

// kit is products with a stand-in for Shopify, and a shop that is installed there.
type kit struct {
	*products.Products
	shopify *shopifytest.Shopify
	pool    *tenants.Pool
	lease   *tenants.Lease
	shop    string

	mu       sync.Mutex
	token    string
	rejected int
	renew    bool // a rejected token is followed by a fresh one
}

func newKit(t *testing.T, opt shopifytest.Options) *kit {
	t.Helper()
	k := &kit{shopify: shopifytest.New(t, opt), pool: tenanttest.New(t)}
	shop := tenanttest.Shop(t, k.pool, "toko")
	k.shop, k.lease = shop.String(), tenanttest.Lease(t, k.pool, shop)
	k.shopify.Install(k.shop)
	k.token = k.shopify.Token(k.shop)
	if err := k.pool.Catalog().RecordInstall(t.Context(), shop, "read_products", time.Now()); err != nil {
		t.Fatal(err)
	}
	k.Products = products.New(products.Options{
		API:     adminapi.New(adminapi.Options{App: k.shopify.App(t), Timeout: 500 * time.Millisecond, Backoff: time.Millisecond}),
		Catalog: k.pool.Catalog(), Token: k.access, Reject: k.reject,
	})
	return k
}

func (k *kit) access(context.Context, *tenants.Lease) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.token, nil
}

func (k *kit) reject(_ context.Context, _ *tenants.Lease, token string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rejected++; k.renew && token == k.token {
		k.token = k.shopify.Token(k.shop)
	}
	return nil
}

func (k *kit) list(t *testing.T, q products.Query) products.Page {
	t.Helper()
	page, err := k.List(t.Context(), k.lease, q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func titles(page products.Page) string {
	var all []string
	for _, p := range page.Products {
		all = append(all, p.Title)
	}
	return strings.Join(all, "|")
}

func (k *kit) configure(t *testing.T, id string, enabled bool) {
	t.Helper()
	err := k.lease.Write(t.Context(), "test", func(tx *store.Tx) error {
		_, _, err := tx.PutConfig(store.By{}, k.lease.Terms(), id, store.ConfigPatch{Config: []byte("{}"), Enabled: &enabled}, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestList(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	k.shopify.AddProducts(k.shop,
		shopifytest.Product{ID: 1, Title: "Kaos polos", Image: "https://cdn.shopify.com/kaos.png"},
		shopifytest.Product{ID: 2, Title: "Cap", Status: "DRAFT", Image: "http://insecure.example/x.png"}, shopifytest.Product{ID: 3, Title: "Mug"})
	k.configure(t, "1", true)
	k.configure(t, "2", false)
	want := []products.Product{
		{ID: "3", Title: "Mug", Handle: "mug", Status: "ACTIVE"},
		{ID: "2", Title: "Cap", Handle: "cap", Status: "DRAFT"},
		{ID: "1", Title: "Kaos polos", Handle: "kaos-polos", Status: "ACTIVE", ImageURL: "https://cdn.shopify.com/kaos.png", Customizable: true},
	}
	if got := k.list(t, products.Query{}); fmt.Sprint(got.Products) != fmt.Sprint(want) || got.Next != "" {
		t.Errorf("%+v", got)
	}
	k.list(t, products.Query{}).Products[0].Title = "scribbled" // on the caller's own copy
	k.configure(t, "3", true)                                   // our own part is never old
	if got := k.list(t, products.Query{}); !got.Products[0].Customizable || got.Products[0].Title != "Mug" || k.shopify.Requests("Products") != 1 {
		t.Errorf("%+v after %d requests", got, k.shopify.Requests("Products"))
	}
}

func TestPages(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	for i := range 7 {
		k.shopify.AddProducts(k.shop, shopifytest.Product{Title: fmt.Sprint("P", i)})
	}
	var all []string
	next := ""
	for range 4 {
		page := k.list(t, products.Query{Limit: 3, After: next})
		if all = append(all, titles(page)); page.Next == "" {
			break
		}
		next = page.Next
	}
	if got := strings.Join(all, " "); got != "P6|P5|P4 P3|P2|P1 P0" {
		t.Error(got)
	}
	for _, bad := range []string{"x", "p.", "p.!!", "p.YWJj", next + "=", strings.Repeat("p", 5000)} {
		_, err := k.List(t.Context(), k.lease, products.Query{After: bad})
		if e := web.Explain(err); e.Status != 400 || !strings.Contains(e.Text, "cursor") {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
	for _, limit := range []int{-1, 101} {
		if _, err := k.List(t.Context(), k.lease, products.Query{Limit: limit}); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

// Whatever a person types is looked for as it is and never read as syntax.
func TestSearch(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	k.shopify.AddProducts(k.shop,
		shopifytest.Product{ID: 12, Title: "Kaos polos (L)"}, shopifytest.Product{ID: 34, Title: "Kaos: OR batik"}, shopifytest.Product{ID: 56, Title: `5" frame -small`})
	for typed, want := range map[string]string{
		"":               `5" frame -small|Kaos: OR batik|Kaos polos (L)`,
		"  ":             `5" frame -small|Kaos: OR batik|Kaos polos (L)`,
		"kao":            "Kaos: OR batik|Kaos polos (L)",
		"KAOS pol":       "Kaos polos (L)",
		"kaos OR":        "Kaos: OR batik",
		"frame OR kaos":  "",
		"NOT kaos":       "",
		"-kaos":          "Kaos: OR batik|Kaos polos (L)",
		"title:cap":      "",
		"kaos:":          "Kaos: OR batik",
		"(L)":            "Kaos polos (L)",
		"(":              "Kaos polos (L)",
		`5"`:             `5" frame -small`,
		`\`:              "",
		"*":              "",
		"12":             "Kaos polos (L)",
		"a\x00b \xff":    "",
		"id:12 OR id:34": "",
	} {
		page, err := k.List(t.Context(), k.lease, products.Query{Search: typed})
		if got := titles(page); err != nil || got != want {
			t.Errorf("%q found %q, %v, want %q", typed, got, err, want)
		}
	}
	if _, err := k.List(t.Context(), k.lease, products.Query{Search: strings.Repeat("x", 201)}); !errors.Is(err, store.ErrInvalid) {
		t.Error(err)
	}
}

func TestOne(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	k.shopify.AddProducts(k.shop, shopifytest.Product{ID: 12, Title: "Kaos"})
	k.configure(t, "12", true)
	for _, id := range []string{"12", "gid://shopify/Product/12"} {
		if p, err := k.One(t.Context(), k.lease, id); err != nil || p.Title != "Kaos" || !p.Customizable || p.ID != "12" {
			t.Errorf("%+v, %v", p, err)
		}
	}
	for _, id := range []string{"13", "kaos"} {
		if _, err := k.One(t.Context(), k.lease, id); !errors.Is(err, products.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := k.One(t.Context(), k.lease, "no id"); !errors.Is(err, store.ErrInvalid) {
		t.Error(err)
	}
}

func TestForget(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	k.shopify.AddProducts(k.shop, shopifytest.Product{ID: 1, Title: "Old"})
	k.list(t, products.Query{})
	k.shopify.SetProduct(k.shop, shopifytest.Product{ID: 1, Title: "New"})
	if got := titles(k.list(t, products.Query{})); got != "Old" {
		t.Errorf("asked again: %s", got)
	}
	k.Forget(tenanttest.Name(t, "warung"))
	if got := titles(k.list(t, products.Query{})); got != "Old" {
		t.Errorf("another shop's change: %s", got)
	}
	k.Forget(tenanttest.Name(t, "toko"))
	if got := titles(k.list(t, products.Query{})); got != "New" {
		t.Errorf("after Forget: %s", got)
	}
}

func TestKeptForAWhile(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	brief := products.New(products.Options{
		API: adminapi.New(adminapi.Options{App: k.shopify.App(t)}), Catalog: k.pool.Catalog(), Token: k.access, KeepFor: time.Nanosecond,
	})
	for range 3 {
		if _, err := brief.List(t.Context(), k.lease, products.Query{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := k.shopify.Requests("Products"); n != 3 {
		t.Errorf("%d requests", n)
	}
}

// However many want to know the same, Shopify is asked once.
func TestAskedOnce(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	k.shopify.AddProducts(k.shop, shopifytest.Product{Title: "Kaos"})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			lease, err := k.pool.Acquire(t.Context(), tenanttest.Name(t, "toko"))
			if err != nil {
				t.Error(err)
				return
			}
			defer lease.Release()
			page, err := k.List(t.Context(), lease, products.Query{})
			if err != nil || titles(page) != "Kaos" {
				t.Error(page, err)
			}
		})
	}
	wg.Wait()
	if n := k.shopify.Requests("Products"); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestNotInstalled(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	other := tenanttest.Lease(t, k.pool, tenanttest.Shop(t, k.pool, "warung"))
	if _, err := k.List(t.Context(), other, products.Query{}); !errors.Is(err, products.ErrNotInstalled) {
		t.Error(err)
	}
	if _, err := k.pool.Catalog().RecordUninstall(t.Context(), tenanttest.Name(t, "toko"), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := k.List(t.Context(), k.lease, products.Query{}); !errors.Is(err, products.ErrNotInstalled) {
		t.Error(err)
	}
	if n := k.shopify.Requests("graphql"); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// A token that was renewed meanwhile is no error; one that is dead says so.
func TestDeadToken(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	k.shopify.Revoke(k.shop)
	_, err := k.List(t.Context(), k.lease, products.Query{})
	if e := web.Explain(err); e.Status != 409 || e.Code != "reconnect" || !strings.Contains(e.Text, "Open the app in Shopify") || k.rejected != 2 {
		t.Errorf("%v, rejected %d times", err, k.rejected)
	}
	k.renew = true
	if _, err := k.List(t.Context(), k.lease, products.Query{}); err != nil {
		t.Error(err)
	}
}

func TestTrouble(t *testing.T) {
	for name, tc := range map[string]struct {
		opt   shopifytest.Options
		harm  func(k *kit)
		code  string
		retry bool
	}{
		"hangs":       {shopifytest.Options{}, func(k *kit) { k.shopify.Fail(shopifytest.Fault{Hang: true, Times: -1}) }, "shopify_unavailable", true},
		"broken JSON": {shopifytest.Options{}, func(k *kit) { k.shopify.Fail(shopifytest.Fault{Broken: true}) }, "shopify_unavailable", true},
		"down":        {shopifytest.Options{}, func(k *kit) { k.shopify.Fail(shopifytest.Fault{Status: 503, Times: -1}) }, "shopify_unavailable", true},
		"throttled":   {shopifytest.Options{Restore: 1}, func(k *kit) { k.shopify.Drain(k.shop, 0) }, "shopify_busy", true},
		"no scope":    {shopifytest.Options{}, func(k *kit) { k.shopify.SetScopes(k.shop, "write_orders") }, "shopify_scope", false},
		"frozen":      {shopifytest.Options{}, func(k *kit) { k.shopify.SetStatus(k.shop, 402) }, "shop_closed", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t, tc.opt)
			tc.harm(k)
			_, err := k.List(t.Context(), k.lease, products.Query{})
			e := web.Explain(err)
			if e.Code != tc.code || e.Retry > 0 != tc.retry || e.Status == 500 {
				t.Errorf("%d %s, retry %d: %v", e.Status, e.Code, e.Retry, err)
			}
			k.shopify.Heal() // and nothing of it is remembered
			k.shopify.Drain(k.shop, 2000)
			k.shopify.SetScopes(k.shop, "read_products")
			k.shopify.SetStatus(k.shop, 0)
			if name == "throttled" {
				return // the client rightly goes on waiting for what it was told
			}
			if _, err := k.List(t.Context(), k.lease, products.Query{}); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A caller who gave up takes nothing from the others who wait for the same.
func TestGoneCaller(t *testing.T) {
	k := newKit(t, shopifytest.Options{})
	k.shopify.AddProducts(k.shop, shopifytest.Product{Title: "Kaos"})
	entered, goOn := make(chan context.Context, 4), make(chan struct{})
	slow := products.New(products.Options{
		API: adminapi.New(adminapi.Options{App: k.shopify.App(t)}), Catalog: k.pool.Catalog(),
		Token: func(ctx context.Context, _ *tenants.Lease) (string, error) {
			entered <- ctx
			<-goOn
			return k.token, ctx.Err()
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	other := tenanttest.Lease(t, k.pool, k.lease.Shop().Name)
	wg.Go(func() { _, _ = slow.List(ctx, other, products.Query{}) })
	asking := <-entered
	cancel()
	if _, bounded := asking.Deadline(); !bounded || asking.Err() != nil {
		t.Errorf("the flight has the caller's context: %v", asking.Err())
	}
	wg.Go(func() {
		if page, err := slow.List(t.Context(), k.lease, products.Query{}); err != nil || titles(page) != "Kaos" {
			t.Error(page, err)
		}
	})
	close(goOn)
	wg.Wait()
	if n := k.shopify.Requests("Products"); n != 1 {
		t.Errorf("%d requests", n)
	}
}
