package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
)

func TestOrders(t *testing.T) {
	g := newRig(t)
	same := g.order(1) // the same order by another subscription, so with another id
	g.accept(g.order(1), same, g.order(2))
	if rounds := g.drain(); rounds != 1 {
		t.Errorf("%d rounds for one batch", rounds)
	}
	g.accept(g.order(2))
	g.drain()
	if n := g.orders(g.shop); n != 2 {
		t.Errorf("%d orders, want 2", n)
	}
	g.wantAudited("CREATE order", "CREATE order")
	g.wantCounts(0, 0)
	g.wantCalls()
}

func (g *rig) putConfig(product string) {
	g.t.Helper()
	g.write(func(tx *store.Tx, terms store.Terms) error {
		_, _, err := tx.PutConfig(store.By{}, terms, product, store.ConfigPatch{Config: json.RawMessage(`{"areas":1}`)}, 0)
		return err
	})
}

func (g *rig) config(product string) (c store.Config) {
	g.t.Helper()
	g.read(g.shop, func(v *store.View) (err error) { c, err = v.Config(product); return err })
	return c
}

func TestProducts(t *testing.T) {
	g := newRig(t)
	g.putConfig("42")
	second := time.Now().Add(-time.Minute).Truncate(time.Second)
	update := func(title string, updated time.Time, triggered time.Duration) hook {
		body := fmt.Sprintf(`{"id":42,"title":%q,"updated_at":%q,"image":{"src":"https://cdn/%s.png"}}`, title, updated.Format(time.RFC3339), title)
		return hook{topic: topicProduct, body: body, at: updated.Add(triggered)}
	}
	g.accept(
		// Two changes within a second, and the later one is told first.
		update("three", second, 900*time.Millisecond),
		update("two", second, 200*time.Millisecond),
		update("one", second.Add(-time.Second), 2500*time.Millisecond), // told last
		hook{topic: topicProduct, body: `{"id":43,"title":"of no config","updated_at":"2026-01-01T00:00:00Z"}`},
	)
	g.drain()
	if c := g.config("42"); c.Title != "three" || c.ImageURL != "https://cdn/three.png" {
		t.Errorf("got %+v", c)
	}
	g.wantCalls("products toko")
	g.accept(update("older", second, 500*time.Millisecond))
	g.drain()
	if c := g.config("42"); c.Title != "three" {
		t.Errorf("got %+v", c)
	}
	g.wantCalls("products toko") // a lost note costs more than one too many

	gone := hook{topic: topicProductGone, body: `{"id":42}`, at: time.Now()}
	g.accept(gone, gone, hook{topic: topicProductGone, body: `{"id":43}`})
	g.drain()
	if c := g.config("42"); c.Enabled || c.Title != "three" || string(c.Config) != `{"areas":1}` {
		t.Errorf("got %+v", c)
	}
	g.wantCalls("products toko")
	g.wantCounts(0, 0)
	// "two" came before "three" here, by when it was triggered.
	g.wantAudited("UPDATE config", "UPDATE config", "UPDATE config")
}

// Most products have no config. Nothing is written for them, so nothing has to be
// backed up.
func TestProductsWithoutAConfig(t *testing.T) {
	var mu sync.Mutex
	queries := map[string]int{}
	g := newRigOn(t, tenanttest.New(t, func(o *tenants.Options) {
		o.Observe = func(why string, _ time.Duration) { mu.Lock(); queries[why]++; mu.Unlock() }
	}))
	none := hook{topic: topicProductGone, body: `{"id":43}`}
	g.accept(none, hook{topic: topicProduct, body: `{"id":43,"title":"x","updated_at":"2026-01-01T00:00:00Z"}`})
	g.drain()
	g.wantCalls("products toko")
	if queries["webhooks needed"] != 1 || queries["webhooks"] != 0 {
		t.Errorf("queries %v", queries)
	}
	g.accept(none, g.order(1))
	g.drain()
	g.wantCounts(0, 0)
	if n := g.orders(g.shop); n != 1 || queries["webhooks"] != 1 {
		t.Errorf("%d orders, queries %v", n, queries)
	}
}

func uninstall(g *rig, at time.Time) hook {
	return hook{topic: topicUninstalled, body: fmt.Sprintf(`{"id":1,"domain":"toko.example","myshopify_domain":%q}`, g.shop), at: at}
}

func TestUninstall(t *testing.T) {
	g := newRig(t)
	now := time.Now().Truncate(time.Millisecond)
	g.accept(uninstall(g, now)) // of a shop that was never installed
	g.drain()
	g.wantCalls()
	g.wantAudited()

	g.putConfig("42")
	g.install(now.Add(-3 * time.Hour))
	late := uninstall(g, now.Add(-4*time.Hour)) // from before
	g.accept(late)
	g.drain()
	if !g.installed().Installed() {
		t.Error("a late uninstall ended the install")
	}
	g.wantCalls()

	g.accept(uninstall(g, now.Add(-2*time.Hour)))
	g.drain()
	if i := g.installed(); !i.UninstalledAt.Equal(now.Add(-2 * time.Hour)) {
		t.Errorf("install %+v", i)
	}
	g.wantCalls("tokens toko")
	g.wantAudited("UNINSTALL app")
	g.config("42") // what the merchant made is there

	g.install(now.Add(-time.Hour)) // again
	g.accept(uninstall(g, now.Add(-2*time.Hour).Add(time.Millisecond)))
	g.drain()
	if !g.installed().Installed() {
		t.Error("a late uninstall ended the new install")
	}
	g.wantCalls()
	g.wantAudited("UNINSTALL app")

	// A moment in the future is not believed: it would outlast every new install.
	g.accept(uninstall(g, now.Add(24*time.Hour)))
	g.drain()
	if i := g.installed(); i.Installed() || i.UninstalledAt.After(time.Now()) {
		t.Errorf("install %+v", i)
	}
}

// An uninstall whose work fails halfway is done again, once.
func TestUninstallAgain(t *testing.T) {
	g := newRig(t)
	g.backoff = func(int) time.Duration { return 0 }
	g.install(time.Now().Add(-3 * time.Hour))
	g.accept(uninstall(g, time.Now().Add(-time.Hour)))
	g.fail = errors.New("broken")
	if _, err := g.work(t.Context(), g.shop); err != nil {
		t.Fatal(err)
	}
	g.wantCounts(1, 0)
	g.fail = nil
	g.drain()
	g.wantCounts(0, 0)
	g.wantCalls("tokens toko", "tokens toko")
	g.wantAudited("UNINSTALL app")
}

func TestScopes(t *testing.T) {
	g := newRig(t)
	now := time.Now().Truncate(time.Second)
	granted := func(at time.Time, scopes string) hook {
		return hook{topic: topicScopes, body: fmt.Sprintf(`{"previous":[],"current":[%s],"updated_at":%q}`, scopes, at.Format(time.RFC3339))}
	}
	g.install(now.Add(-3 * time.Hour))
	g.accept(granted(now.Add(-time.Hour), `"write_products","read_orders"`))
	g.drain()
	g.accept(granted(now.Add(-2*time.Hour), `"read_products"`), granted(now.Add(-4*time.Hour), ``))
	g.drain()
	if i := g.installed(); i.Scopes != "read_orders,write_products" {
		t.Errorf("install %+v", i)
	}
	g.wantAudited("UPDATE app")
}

func TestSubscriptions(t *testing.T) {
	body := `{"app_subscription":{"admin_graphql_api_id":"gid://shopify/AppSubscription/1","name":"Pro","status":"ACTIVE","updated_at":"2026-01-01T10:00:00Z"}}`
	g := newRig(t)
	g.accept(hook{topic: topicSubscription, body: body})
	g.drain()
	g.wantCalls("gid://shopify/AppSubscription/1 ACTIVE 2026-01-01T10:00:00Z toko")

	free := newRig(t, func(o *Options) { o.Subscribed = nil })
	free.accept(hook{topic: topicSubscription, body: body})
	free.drain()
	free.wantCounts(0, 0)
}

func requestBody(shop store.Shop, request, customer string) string {
	return fmt.Sprintf(`{"shop_domain":%q,"orders_requested":[299938],"customer":{%s},"data_request":{%s}}`, shop, customer, request)
}

func TestDataRequests(t *testing.T) {
	g := newRig(t)
	key := tenanttest.Key(t, g.pool, g.shop, catalog.RoleAdmin)
	g.write(func(tx *store.Tx, terms store.Terms) error {
		for owner, name := range map[string]string{store.CustomerOwner("191167"): "mine", store.CustomerOwner("2"): "theirs"} {
			_, err := tx.CreateDesign(store.By{}, terms, store.NewDesign{ProductID: "1", Name: name, Owner: owner, DesignJSON: json.RawMessage(`{"layers":[1]}`)})
			if err != nil {
				return err
			}
		}
		return nil
	})
	body := requestBody(g.shop, `"id":9999`, `"id":191167,"email":"jon@example.com"`)
	g.accept(hook{topic: topicDataRequest, body: body}, hook{topic: topicDataRequest, body: body})
	g.drain()
	g.accept(hook{topic: topicDataRequest, body: requestBody(g.shop, ``, `"email":"jon@example.com"`)})
	g.drain()
	g.wantAudited("CREATE data_request", "CREATE data_request")

	var list []store.DataRequest
	w := g.ask("GET", "/imcst_api/data-requests?limit=1", key, 200, &list)
	if len(list) != 1 || list[0].Customer != "" {
		t.Fatalf("%+v", list)
	}
	link, rel, _ := strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<https://app.example"), ">")
	if rel != `; rel="next"` {
		t.Fatalf("link %q", w.Header())
	}
	g.ask("GET", link, key, 200, &list)
	if len(list) != 1 || list[0].Customer != "191167" || list[0].FetchedAt != nil {
		t.Fatalf("%+v", list)
	}
	path := "/imcst_api/data-requests/" + list[0].ID
	g.ask("HEAD", path, key, 200, nil)
	g.ask("GET", "/imcst_api/data-requests", key, 200, &list)
	if len(list) != 2 || list[1].FetchedAt != nil {
		t.Errorf("a look at the header counts as handed over: %+v", list)
	}
	var answer struct {
		Customer string
		Designs  []store.Design
	}
	w = g.ask("GET", path, key, 200, &answer)
	if answer.Customer != "191167" || len(answer.Designs) != 1 || answer.Designs[0].Name != "mine" || string(answer.Designs[0].DesignJSON) != `{"layers":[1]}` {
		t.Errorf("got %s", w.Body)
	}
	if d := w.Header().Get("Content-Disposition"); d != `attachment; filename="toko.myshopify.com-customer-data-`+list[1].ID+`.json"` {
		t.Errorf("disposition %s", d)
	}
	g.ask("GET", "/imcst_api/data-requests", key, 200, &list)
	if len(list) != 2 || list[1].FetchedAt == nil {
		t.Errorf("%+v", list)
	}
	g.ask("GET", path+"0", key, 404, nil)
	g.ask("GET", "/imcst_api/data-requests?limit=0", key, 400, nil)
	for _, role := range []catalog.Role{catalog.RoleRead, catalog.RoleWrite} {
		low := tenanttest.Key(t, g.pool, g.shop, role)
		g.ask("GET", "/imcst_api/data-requests", low, 403, nil)
		g.ask("GET", path, low, 403, nil)
	}
	other := tenanttest.Key(t, g.pool, tenanttest.Shop(t, g.pool, "other"), catalog.RoleAdmin)
	g.ask("GET", path, other, 404, nil)
}

func TestCustomersRedact(t *testing.T) {
	g := newRig(t)
	redact := func(customer string) hook {
		return hook{topic: topicCustomerRedact, body: fmt.Sprintf(`{"shop_domain":%q,"customer":{%s},"orders_to_redact":[1]}`, g.shop, customer)}
	}
	g.accept(redact(`"id":191167`), redact(`"email":"jon@example.com"`))
	g.drain()
	g.wantCalls("redact 191167 toko")
	g.wantAudited("REDACT customer")
	g.wantCounts(0, 0)
	g.read(g.shop, func(v *store.View) error {
		log, _, err := v.AuditLog(store.AuditFilter{Resource: "customer"}, store.Page{})
		if raw, _ := json.Marshal(log); strings.Contains(string(raw), "191167") {
			t.Errorf("the audit log keeps who it was: %s", raw)
		}
		return err
	})
}

func TestShopRedact(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		install, uninstall, redact time.Time // zero: not
		erased                     bool
	}{
		"never installed":            {redact: now, erased: true},
		"uninstalled":                {now.Add(-99 * time.Hour), now.Add(-49 * time.Hour), now, true},
		"uninstalled a moment ago":   {now.Add(-99 * time.Hour), now.Add(-time.Minute), now, true},
		"the uninstall was lost":     {now.Add(-49 * time.Hour), time.Time{}, now, true},
		"installed again":            {now.Add(-time.Hour), time.Time{}, now, false},
		"installed after the redact": {now.Add(-time.Hour), time.Time{}, now.Add(-2 * time.Hour), false},
		"and uninstalled again":      {now.Add(-3 * time.Hour), now.Add(-time.Hour), now.Add(-4 * time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			if !c.install.IsZero() {
				g.install(c.install)
			}
			if !c.uninstall.IsZero() {
				g.accept(uninstall(g, c.uninstall))
				g.drain()
				g.wantCalls("tokens toko")
			}
			g.accept(hook{topic: topicShopRedact, body: g.shopBody(g.shop), at: c.redact})
			g.drain()
			if c.erased {
				g.wantCalls("erase toko")
			} else {
				g.wantCalls()
			}
			g.wantCounts(0, 0)
		})
	}
}

// TestShopRedactAsks sends a shop/redact for a shop that seems to be installed: it
// is erased only where Shopify's word is that it is not.
func TestShopRedactAsks(t *testing.T) {
	var alive bool
	var trouble error
	asked := 0
	g := newRig(t, func(o *Options) {
		o.Alive = func(_ context.Context, lease *tenants.Lease) (bool, error) { asked++; return alive, trouble }
	})
	g.backoff = func(int) time.Duration { return time.Millisecond }
	g.install(time.Now().Add(-99 * time.Hour))
	redact := hook{topic: topicShopRedact, body: g.shopBody(g.shop), at: time.Now()}
	alive = true
	g.accept(redact)
	g.drain()
	g.wantCalls()
	alive, trouble = false, errors.New("Shopify does not answer")
	g.accept(redact)
	if more, err := g.work(t.Context(), g.shop); more || err != nil {
		t.Fatal(more, err)
	}
	g.wantCalls()
	trouble = nil
	for asked < 3 { // it falls due a millisecond after the failure
		g.drain()
	}
	g.wantCalls("erase toko")
	redact.at = time.Now()
	g.accept(uninstall(g, redact.at.Add(-time.Minute)), redact)
	asked = 0
	g.drain()
	if g.wantCalls("tokens toko", "erase toko"); asked != 0 {
		t.Error("asked about a shop that is known to be uninstalled")
	}
}

// With the parts that really do it, nothing of a redacted customer is left in the
// shop, and nothing of an erased shop in the catalog but its certificate.
func TestRedactForReal(t *testing.T) {
	var pool *tenants.Pool
	g := newRig(t, func(o *Options) {
		pool = o.Pool
		o.Redact = o.Pool.Redact
		o.Erase = func(ctx context.Context, shop store.Shop) error {
			_, err := pool.Erase(ctx, shop, shopifyItself())
			return err
		}
	})
	mine := func() (n int) {
		t.Helper()
		owner := store.CustomerOwner("191167")
		g.read(g.shop, func(v *store.View) error {
			all, _, err := v.Designs(store.DesignFilter{Owner: &owner}, store.Page{})
			n = len(all)
			return err
		})
		return n
	}
	g.write(func(tx *store.Tx, terms store.Terms) error {
		_, err := tx.CreateDesign(store.By{}, terms, store.NewDesign{ProductID: "1", Owner: store.CustomerOwner("191167"), DesignJSON: json.RawMessage(`{}`)})
		return err
	})
	if mine() != 1 {
		t.Fatal("the test's own design is not there")
	}
	g.accept(hook{topic: topicCustomerRedact, body: fmt.Sprintf(`{"shop_domain":%q,"customer":{"id":191167}}`, g.shop)})
	g.drain()
	if n := mine(); n != 0 {
		t.Errorf("%d designs are left", n)
	}
	g.accept(hook{topic: topicShopRedact, body: g.shopBody(g.shop)}, g.order(1))
	g.drain()
	g.accept(hook{topic: topicShopRedact, body: g.shopBody(g.shop)}, g.order(2))
	g.drain()
	g.wantCounts(0, 0)
	if _, err := g.catalog.Shop(t.Context(), g.shop); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("the shop: %v", err)
	}
	if all, err := g.catalog.Certificates(t.Context(), g.shop, 9); err != nil || len(all) != 1 {
		t.Errorf("certificates %v, %v", all, err)
	}
}

// A shop that nobody knows is nothing to work on; nobody is told of it.
func TestUnknownShops(t *testing.T) {
	g := newRig(t, func(o *Options) {
		o.Redact = func(context.Context, store.Shop, string) error { return tenants.ErrNoShop }
	})
	shop := tenanttest.Name(t, "unknown")
	for topic, body := range map[string]string{
		topicOrder: orderBody(1), topicProduct: `{"id":1,"updated_at":"2026-01-01T00:00:00Z"}`, topicProductGone: `{"id":1}`,
		topicScopes: `{"current":[]}`, topicUninstalled: fmt.Sprintf(`{"myshopify_domain":%q}`, shop), topicShopRedact: g.shopBody(shop),
		topicCustomerRedact: fmt.Sprintf(`{"shop_domain":%q,"customer":{"id":1}}`, shop), topicDataRequest: requestBody(shop, `"id":1`, `"id":1`),
	} {
		g.accept(hook{topic: topic, body: body, shop: shop})
	}
	g.drain()
	g.wantCounts(0, 0)
	g.wantCalls()
}

// Without the parts that do it, nothing is taken for done.
func TestNotWired(t *testing.T) {
	g := newRig(t, func(o *Options) { o.ForgetTokens, o.Redact, o.Erase, o.ForgetProducts = nil, nil, nil, nil })
	g.accept(uninstall(g, time.Now()), hook{topic: topicShopRedact, body: g.shopBody(g.shop)}, hook{
		topic: topicCustomerRedact, body: fmt.Sprintf(`{"shop_domain":%q,"customer":{"id":1}}`, g.shop),
	}, hook{topic: topicProductGone, body: `{"id":1}`})
	if _, err := g.work(t.Context(), g.shop); err != nil {
		t.Fatal(err)
	}
	g.wantCounts(3, 0)
}
