package api_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"lapak/tenants"
	"lapak/web"
	"lapak/web/api"
	"lapak/web/products"
	"lapak/web/shopify/adminapi"
	"lapak/web/shopify/shopifytest"
)

// newShopifySite is a site whose first shop is installed at a stand-in for
// Shopify, and whose second is not.
func newShopifySite(t *testing.T) (*site, *shopifytest.Shopify) {
	t.Helper()
	standIn := shopifytest.New(t, shopifytest.Options{})
	s := newSite(t, func(o *web.Options) {
		list := products.New(products.Options{
			API:     adminapi.New(adminapi.Options{App: standIn.App(t), Timeout: 200 * time.Millisecond, Backoff: time.Millisecond}),
			Catalog: o.Pool.Catalog(),
			Token: func(_ context.Context, lease *tenants.Lease) (string, error) {
				return standIn.Token(lease.Shop().Name.String()), nil
			},
		})
		o.Routes = api.New(api.Options{Pool: o.Pool, Spool: t.TempDir(), Products: list}).Routes()
	})
	standIn.Install(s.shop.String())
	if err := s.pool.Catalog().RecordInstall(t.Context(), s.shop, "read_products", time.Now()); err != nil {
		t.Fatal(err)
	}
	return s, standIn
}

func TestProductsAtShopify(t *testing.T) {
	s, standIn := newShopifySite(t)
	standIn.AddProducts(s.shop.String(),
		shopifytest.Product{ID: 1, Title: "Kaos polos", Image: "https://cdn.shopify.com/kaos.png"}, shopifytest.Product{ID: 2, Title: "Mug"}, shopifytest.Product{ID: 3, Title: "Kaos batik"})
	s.as(s.write, "PUT", "/config/1").json(`{"config":{}}`).do().want(201)
	const one, two, three = `{"id":"1","title":"Kaos polos","image":"https://cdn.shopify.com/kaos.png","customizable":true}`,
		`{"id":"2","title":"Mug","image":"","customizable":false}`, `{"id":"3","title":"Kaos batik","image":"","customizable":false}`
	for path, want := range map[string]string{
		"/products":                "[" + three + "," + two + "," + one + "]\n",
		"/products?query=kaos":     "[" + three + "," + one + "]\n",
		"/products?query=kaos+pol": "[" + one + "]\n",
		"/products?query=none":     "[]\n",
	} {
		if got := s.as(s.read, "GET", path).do().want(200); got.body != want || got.header.Get("Link") != "" {
			t.Errorf("%s: %s, %s", path, got.body, got.header)
		}
	}
	first := s.as(s.read, "GET", "/products?limit=2&query=kaos&shop="+s.shop.String()).do().want(200)
	if first.header.Get("Link") != "" {
		t.Errorf("all are there, but %s", first.header.Get("Link"))
	}
	first = s.as(s.read, "GET", "/products?limit=2").do().want(200)
	link, rest, ok := strings.Cut(strings.TrimPrefix(first.header.Get("Link"), "<"+web.APIPrefix), ">")
	if !ok || rest != `; rel="next"` {
		t.Fatal(first.header.Get("Link"))
	}
	if got := s.as(s.read, "GET", link).do().want(200); got.body != "["+one+"]\n" {
		t.Errorf("%s: %s", link, got.body)
	}
}

// A shop that is not installed at Shopify has the products that it configured.
func TestProductsElsewhere(t *testing.T) {
	s, standIn := newShopifySite(t)
	s.as(s.otherAdmin, "PUT", "/config/9").json(`{"config":{},"title":"Own"}`).do().want(201)
	got := s.as(s.otherAdmin, "GET", "/products").do().want(200)
	if got.body != `[{"id":"9","title":"Own","image":"","customizable":true}]`+"\n" || standIn.Requests("graphql") != 0 {
		t.Error(got.body)
	}
}

func TestProductsInTrouble(t *testing.T) {
	s, standIn := newShopifySite(t)
	for _, f := range []shopifytest.Fault{{Hang: true, Times: -1}, {Broken: true}, {Status: 503, Times: -1}} {
		standIn.Fail(f)
		got := s.as(s.read, "GET", "/products").do().fails(503, "shopify_unavailable", "Shopify cannot be reached at the moment; try again soon")
		if got.header.Get("Retry-After") != "30" {
			t.Errorf("%+v: Retry-After %q", f, got.header.Get("Retry-After"))
		}
		standIn.Heal()
	}
	standIn.Fail(shopifytest.Fault{Status: 401})
	s.as(s.read, "GET", "/products").do().fails(409, "reconnect", "Open the app in Shopify's admin once, so that Shopify lets it in again")
	for _, bad := range []string{"limit=0", "limit=101", "cursor=x", "query=" + strings.Repeat("x", 201)} {
		if got := s.as(s.read, "GET", "/products?"+bad).do().want(400); !strings.Contains(got.body, `"code":"invalid"`) {
			t.Errorf("%s: %s", bad, got.body)
		}
	}
	standIn.Drain(s.shop.String(), -5000)
	got := s.as(s.read, "GET", "/products?query="+url.QueryEscape("new words")).do().fails(503, "shopify_busy", "Shopify is busy with this shop; try again in a moment")
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}
