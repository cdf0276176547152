package webhooks

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
)

func TestReceiveRefuses(t *testing.T) {
	g := newRig(t)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	other := tenanttest.Name(t, "victim")
	for name, c := range map[string]struct {
		hook   hook
		status int
		code   string
	}{
		"not by POST":        {hook{topic: topicOrder, body: orderBody(1), change: func(r *http.Request) { r.Method = "GET" }}, 405, "method_not_allowed"},
		"no body":            {hook{topic: topicOrder}, 400, "invalid"},
		"no signature":       {hook{topic: topicOrder, body: orderBody(1), change: header("X-Shopify-Hmac-Sha256", "")}, 400, "invalid"},
		"bad signature":      {hook{topic: topicOrder, body: orderBody(1), change: header("X-Shopify-Hmac-Sha256", sign("other"))}, 401, "unauthorized"},
		"no topic":           {hook{body: orderBody(1)}, 400, "invalid"},
		"no shop":            {hook{topic: topicOrder, body: orderBody(1), change: header("X-Shopify-Shop-Domain", "")}, 400, "invalid"},
		"not a shop":         {hook{topic: topicOrder, body: orderBody(1), change: header("X-Shopify-Shop-Domain", "../evil")}, 400, "invalid"},
		"a shop of another":  {hook{topic: topicOrder, body: orderBody(1), change: header("X-Shopify-Shop-Domain", "toko.shop.dev")}, 400, "invalid"},
		"no id":              {hook{topic: topicOrder, body: orderBody(1), change: header("X-Shopify-Webhook-Id", "")}, 400, "invalid"},
		"an id too long":     {hook{topic: topicOrder, body: orderBody(1), id: strings.Repeat("x", 201)}, 400, "invalid"},
		"not a time":         {hook{topic: topicOrder, body: orderBody(1), change: header("X-Shopify-Triggered-At", "today")}, 400, "invalid"},
		"too large":          {hook{topic: topicOrder, body: `{"x":"` + strings.Repeat("x", maxBody) + `"}`}, 413, "too_large"},
		"no JSON":            {hook{topic: topicOrder, body: "id=1"}, 400, "invalid"},
		"an order's":         {hook{topic: topicOrder, body: `{"created_at":"2026-01-01T00:00:00Z"}`}, 400, "invalid"},
		"an order's time":    {hook{topic: topicOrder, body: `{"id":1}`}, 400, "invalid"},
		"a product's":        {hook{topic: topicProduct, body: `{"id":"x","updated_at":"2026-01-01T00:00:00Z"}`}, 400, "invalid"},
		"a deleted one's":    {hook{topic: topicProductGone, body: `{}`}, 400, "invalid"},
		"scopes'":            {hook{topic: topicScopes, body: `{"previous":[]}`}, 400, "invalid"},
		"a subscription's":   {hook{topic: topicSubscription, body: `{"app_subscription":{"status":"ACTIVE"}}`}, 400, "invalid"},
		"a replay uninstall": {hook{topic: topicUninstalled, body: `{"myshopify_domain":"` + other.String() + `"}`}, 401, "unauthorized"},
		"names no shop":      {hook{topic: topicUninstalled, body: `{"some":"data"}`}, 401, "unauthorized"},
		"a replay request":   {hook{topic: topicDataRequest, body: g.shopBody(other)}, 401, "unauthorized"},
		"a replay redact":    {hook{topic: topicCustomerRedact, body: g.shopBody(other)}, 401, "unauthorized"},
		"a replay end":       {hook{topic: topicShopRedact, body: g.shopBody(other)}, 401, "unauthorized"},
		"SHOP/REDACT":        {hook{topic: "SHOP/REDACT", body: g.shopBody(other)}, 401, "unauthorized"},
		"any that names one": {hook{topic: topicProductGone, body: `{"id":1,"myshopify_domain":"` + other.String() + `"}`}, 401, "unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			w := g.send(c.hook)
			if w.Code != c.status || !strings.Contains(w.Body.String(), `"code":"`+c.code+`"`) || strings.Contains(w.Body.String(), other.String()) {
				t.Errorf("got %d %s, want %d %s", w.Code, w.Body, c.status, c.code)
			}
		})
	}
	g.wantCounts(0, 0)
}

// A body that ends early is no delivery, whatever came before.
func TestReceiveHalfABody(t *testing.T) {
	g := newRig(t)
	for _, size := range []int{100, smallBody + 100} {
		w := g.send(hook{topic: topicOrder, body: orderBody(1), change: func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat(" ", size)), failing{}))
		}})
		if w.Code != 400 {
			t.Errorf("%d bytes: %d %s", size, w.Code, w.Body)
		}
	}
	if len(g.large) != 0 {
		t.Error("a large body keeps its place")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReceive(t *testing.T) {
	g := newRig(t)
	g.accept(
		hook{topic: "ORDERS/create", body: orderBody(1)},
		hook{topic: "customers/update", body: `{"email":"jon@example.com"}`}, // nobody works on it
		hook{topic: topicProductGone, body: `{"id":7,"note":{"shop_domain":"any text of anybody"}}`},
		hook{topic: topicOrder, body: orderBody(2) + strings.Repeat(" ", 4<<20)},
		hook{topic: topicOrder, body: orderBody(3), change: func(r *http.Request) {
			r.Header.Del("X-Shopify-Triggered-At")
			r.ContentLength = -1
		}},
	)
	g.wantCounts(4, 0)
	if len(g.large) != 0 {
		t.Error("a large body keeps its place")
	}
}

// A second delivery with the same id changes nothing, before and after the work.
func TestReceiveTwice(t *testing.T) {
	g := newRig(t)
	one, two := g.order(1), g.order(2)
	one.id, two.id = "same", "same"
	g.accept(one, one, two)
	g.wantCounts(1, 0)
	g.drain()
	g.accept(one, two)
	g.wantCounts(0, 0)
	if n := g.orders(g.shop); n != 1 {
		t.Errorf("%d orders, want 1", n)
	}
}

// TestReceiveKeepsNobodysData: what is stored is a few ids and times.
func TestReceiveKeepsNobodysData(t *testing.T) {
	g := newRig(t)
	person := `"email":"jon@example.com","phone":"555-1199","first_name":"Jon"`
	shop := `"shop_domain":"` + g.shop.String() + `"`
	g.accept(
		hook{topic: topicOrder, body: `{"id":820982911946154508,"created_at":"2026-01-01T10:00:00-05:00","customer":{` + person + `},` + person + `}`},
		hook{topic: topicProduct, body: `{"id":42,"title":"Mug","updated_at":"2026-01-01T10:00:00Z","body_html":"jon@example.com","vendor":"Jon","image":{"src":"https://x/1.png"}}`},
		hook{topic: topicProductGone, body: `{"id":42}`},
		hook{topic: topicScopes, body: `{"id":1,"previous":["a"],"current":["read_products"],"updated_at":"2026-01-01T10:00:00Z"}`},
		hook{topic: topicSubscription, body: `{"app_subscription":{"admin_graphql_api_id":"gid://shopify/AppSubscription/1","name":"Pro","status":"active","admin_graphql_api_shop_id":"gid://shopify/Shop/2","updated_at":"2026-01-01T10:00:00Z","price":"10"}}`},
		hook{topic: topicDataRequest, body: `{` + shop + `,"orders_requested":[1,2],"customer":{"id":191167,` + person + `},"data_request":{"id":9999}}`},
		hook{topic: topicCustomerRedact, body: `{` + shop + `,"customer":{"id":191167,` + person + `},"orders_to_redact":[1]}`},
		hook{topic: topicShopRedact, body: `{` + shop + `,` + person + `}`},
		hook{topic: topicUninstalled, body: `{"myshopify_domain":"` + g.shop.String() + `",` + person + `}`},
	)
	want := []string{
		`{"id":"820982911946154508","createdAt":"2026-01-01T15:00:00Z"}`,
		`{"id":"42","title":"Mug","imageUrl":"https://x/1.png","updatedAt":"2026-01-01T10:00:00Z"}`,
		`{"id":"42"}`,
		`{"current":["read_products"],"updatedAt":"2026-01-01T10:00:00Z"}`,
		`{"id":"gid://shopify/AppSubscription/1","shop":"gid://shopify/Shop/2","name":"Pro","status":"ACTIVE","updatedAt":"2026-01-01T10:00:00Z"}`,
		`{"id":"9999","customer":"191167","orders":["1","2"]}`,
		`{"id":"191167"}`, `{}`, `{}`,
	}
	if got := g.events(g.shop); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("stored\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestReceiveOpensNoShop: a delivery is taken whatever state its shop is in.
func TestReceiveOpensNoShop(t *testing.T) {
	g := newRig(t)
	cat := g.pool.Catalog()
	for label, prepare := range map[string]func(store.Shop) error{
		"active":    func(store.Shop) error { return nil },
		"suspended": func(s store.Shop) error { return cat.Suspend(t.Context(), s) },
		"restoring": func(s store.Shop) error {
			_, _, err := cat.BeginRestore(t.Context(), s, "job")
			return err
		},
		"erasing": func(s store.Shop) error { return cat.BeginErase(t.Context(), s, "{}") },
		"erased": func(s store.Shop) error {
			_, err := g.pool.Erase(t.Context(), s, store.By{})
			return err
		},
	} {
		shop := tenanttest.Shop(t, g.pool, label)
		if err := prepare(shop); err != nil {
			t.Fatal(err)
		}
	}
	for _, label := range []string{"active", "suspended", "restoring", "erasing", "erased", "unknown"} {
		h := g.order(1)
		h.shop = tenanttest.Name(t, label)
		g.accept(h)
		if g.pool.IsOpen(h.shop) {
			t.Errorf("%s: the shop was opened", label)
		}
	}
	g.wantCounts(6, 0)
	g.drain()
	g.wantCounts(0, 0)
	for _, label := range []string{"active", "suspended"} {
		if n := g.orders(tenanttest.Name(t, label)); n != 1 {
			t.Errorf("%s: %d orders, want 1", label, n)
		}
	}
	if _, err := cat.Shop(t.Context(), tenanttest.Name(t, "unknown")); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("a webhook made a shop: %v", err)
	}
}

func TestReceiveWithoutACatalog(t *testing.T) {
	g := newRig(t, func(o *Options) {
		pool := tenanttest.New(t)
		if err := pool.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.Pool = pool
	})
	w := g.send(g.order(1))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// Larger bodies take turns, and whoever waits too long is told to come again.
func TestLargeBodiesTakeTurns(t *testing.T) {
	g := newRig(t)
	for range largeAtOnce {
		g.large <- struct{}{}
	}
	large := hook{topic: topicOrder, body: orderBody(1) + strings.Repeat(" ", smallBody)}
	ctx, cancel := context.WithCancel(t.Context())
	large.change = func(r *http.Request) { *r = *r.WithContext(ctx) }
	answers := make(chan *httptest.ResponseRecorder, 1)
	go func() { answers <- g.send(large) }()
	g.accept(g.order(2)) // small ones go past
	cancel()
	if w := <-answers; w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	<-g.large
	large.change = nil
	g.accept(large)
	g.wantCounts(2, 0)
}
