package billing

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/shopify/adminapi"
	"lapak/web/shopify/shopifytest"
)

const prices = `{"plans": {"basic": {"price": "9.00"}, "pro": {"price": "29.00", "trialDays": 7, "name": "Lapak Pro"}}}`

// kit is a shop on the default plan, installed at a stand-in for Shopify.
type kit struct {
	*Billing
	shopify *shopifytest.Shopify
	pool    *tenants.Pool
	shop    store.Shop
	lease   *tenants.Lease
	token   string
	server  *httptest.Server
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{shopify: shopifytest.New(t, shopifytest.Options{}), pool: tenanttest.New(t), shop: tenanttest.Name(t, "toko")}
	if _, err := k.pool.Create(t.Context(), k.shop, catalog.DefaultPlan); err != nil {
		t.Fatal(err)
	}
	k.lease = tenanttest.Lease(t, k.pool, k.shop)
	k.install(t, k.shop)
	k.token = k.shopify.Token(k.shop.String())
	cfg, err := ParseConfig([]byte(prices))
	if err != nil {
		t.Fatal(err)
	}
	app := k.shopify.App(t)
	k.Billing = New(Options{
		Config: cfg, App: app, Pool: k.pool,
		API: adminapi.New(adminapi.Options{App: app, Timeout: 500 * time.Millisecond, Backoff: time.Millisecond}),
		Token: func(_ context.Context, lease *tenants.Lease) (string, error) {
			return k.shopify.Token(lease.Shop().Name.String()), nil
		},
	})
	k.opt.Token = func(context.Context, *tenants.Lease) (string, error) { return k.token, nil }
	k.server = httptest.NewServer(web.NewServer(web.Options{Pool: k.pool, Routes: k.Routes()}).Handler())
	t.Cleanup(k.server.Close)
	return k
}

func (k *kit) install(t *testing.T, shop store.Shop) {
	t.Helper()
	k.shopify.Install(shop.String())
	if err := k.pool.Catalog().RecordInstall(t.Context(), shop, "read_products", time.Now()); err != nil {
		t.Fatal(err)
	}
}

// offer makes a subscription for a plan and returns its id.
func (k *kit) offer(t *testing.T, plan string) string {
	t.Helper()
	approve, err := k.Start(t.Context(), k.lease, plan, "/app/settings")
	if err != nil {
		t.Fatal(err)
	}
	all := k.shopify.Subscriptions(k.shop.String())
	last := all[len(all)-1]
	if !strings.HasPrefix(approve, "https://"+k.shop.String()+"/admin/charges/") || last.Status != "PENDING" {
		t.Fatalf("%s, %+v", approve, last)
	}
	return last.ID
}

// become gives a subscription a status at Shopify and returns the events of it.
func (k *kit) become(t *testing.T, id, status string) (events []Event) {
	t.Helper()
	for _, d := range k.shopify.SetSubscription(k.shop.String(), id, status) {
		events = append(events, eventOf(t, d))
	}
	return events
}

func eventOf(t *testing.T, d shopifytest.Delivery) Event {
	t.Helper()
	var body struct {
		Subscription struct {
			ID        string    `json:"admin_graphql_api_id"`
			Status    string    `json:"status"`
			UpdatedAt time.Time `json:"updated_at"`
		} `json:"app_subscription"`
	}
	if err := json.Unmarshal(d.Body, &body); err != nil {
		t.Fatal(err)
	}
	return Event{body.Subscription.ID, body.Subscription.Status, body.Subscription.UpdatedAt}
}

func (k *kit) apply(t *testing.T, events ...Event) {
	t.Helper()
	for _, e := range events {
		if err := k.Apply(t.Context(), k.shop, e); err != nil {
			t.Fatal(err)
		}
	}
}

func (k *kit) wantPlan(t *testing.T, want string) {
	t.Helper()
	if got := k.lease.Shop().Plan; got != want {
		t.Errorf("the plan is %s, want %s", got, want)
	}
}

func (k *kit) get(t *testing.T, address string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(r) // redirects are not followed
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// here is the address of the return route of this test's server.
func (k *kit) here(address string) string {
	return strings.Replace(address, "https://lapak.test", k.server.URL, 1)
}

func TestApproval(t *testing.T) {
	k := newKit(t)
	id := k.offer(t, "pro")
	sub := k.shopify.Subscriptions(k.shop.String())[0]
	if sub.Name != "Lapak Pro" || sub.Amount != "29.00" || sub.Currency != "USD" || sub.Interval != "EVERY_30_DAYS" || sub.TrialDays != 7 || sub.Test {
		t.Errorf("%+v", sub)
	}
	k.wantPlan(t, "free")
	resp := k.get(t, k.here(sub.ReturnURL)+"&charge_id=1") // not yet decided
	if resp.StatusCode != 302 {
		t.Errorf("status %d", resp.StatusCode)
	}
	k.wantPlan(t, "free")
	k.become(t, id, "ACTIVE")
	resp = k.get(t, k.here(sub.ReturnURL)+"&charge_id=999")
	if want := "https://admin.shopify.com/store/toko/apps/" + k.shopify.Key() + "/app/settings"; resp.StatusCode != 302 || resp.Header.Get("Location") != want {
		t.Errorf("status %d to %s", resp.StatusCode, resp.Header.Get("Location"))
	}
	k.wantPlan(t, "pro")
	k.wantAudit(t, 1)
}

func (k *kit) wantAudit(t *testing.T, want int) {
	t.Helper()
	err := k.lease.Read(t.Context(), "test", func(v *store.View) error {
		entries, _, err := v.AuditLog(store.AuditFilter{Resource: "settings"}, store.Page{})
		if err == nil && len(entries) != want {
			t.Errorf("%d changes of the plan in the audit log, want %d", len(entries), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What stands in the address of the return route is nothing without Shopify's word
// and our signature.
func TestReturnIsNotBelieved(t *testing.T) {
	k := newKit(t)
	k.offer(t, "pro")
	whole, err := url.Parse(k.here(k.shopify.Subscriptions(k.shop.String())[0].ReturnURL))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(url.Values){
		"another shop": func(q url.Values) { q.Set("s", "warung.myshopify.com") },
		"another way":  func(q url.Values) { q.Set("b", "/app/x") },
		"a later end":  func(q url.Values) { q.Set("t", "99999999999") },
		"unsigned":     func(q url.Values) { q.Del("sig") },
		"nothing":      func(q url.Values) { clear(q) },
	} {
		q := whole.Query()
		change(q)
		address := *whole
		address.RawQuery = q.Encode()
		if resp := k.get(t, address.String()); resp.StatusCode != 400 {
			t.Errorf("%s: status %d to %s", name, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
	if n := k.shopify.Requests("Subscription"); n != 0 {
		t.Errorf("Shopify was asked %d times", n)
	}
	k.now = func() time.Time { return time.Now().Add(73 * time.Hour) }
	if resp := k.get(t, whole.String()); resp.StatusCode != 400 {
		t.Errorf("too late: status %d", resp.StatusCode)
	}
}

// The merchant goes back to the app though Shopify does not answer; the webhook
// brings the plan.
func TestReturnWithoutShopify(t *testing.T) {
	k := newKit(t)
	id := k.offer(t, "pro")
	events := k.become(t, id, "ACTIVE")
	k.shopify.Fail(shopifytest.Fault{On: "graphql", Hang: true, Times: -1})
	if resp := k.get(t, k.here(k.shopify.Subscriptions(k.shop.String())[0].ReturnURL)); resp.StatusCode != 302 {
		t.Errorf("status %d", resp.StatusCode)
	}
	k.wantPlan(t, "free")
	if err := k.Apply(t.Context(), k.shop, events[0]); !errors.Is(err, adminapi.ErrUnavailable) {
		t.Errorf("the event is not kept for another try: %v", err)
	}
	k.shopify.Heal()
	k.apply(t, events...)
	k.wantPlan(t, "pro")
}

func TestLifeOfASubscription(t *testing.T) {
	k := newKit(t)
	basic := k.offer(t, "basic")
	k.apply(t, k.become(t, basic, "ACTIVE")...)
	k.wantPlan(t, "basic")
	declined := k.offer(t, "pro")
	k.apply(t, k.become(t, declined, "DECLINED")...)
	k.wantPlan(t, "basic")
	pro := k.offer(t, "pro")
	late := k.become(t, pro, "ACTIVE") // the end of basic, the start of pro
	if len(late) != 2 {
		t.Fatalf("%v", late)
	}
	k.apply(t, late[1], late[0], late[1], late[0]) // out of order and doubled
	k.wantPlan(t, "pro")
	frozen := k.become(t, pro, "FROZEN")
	k.apply(t, frozen...)
	k.wantPlan(t, "free")
	thawed := k.become(t, pro, "ACTIVE")
	k.apply(t, thawed...)
	k.apply(t, frozen...) // late
	k.wantPlan(t, "pro")
	k.apply(t, k.become(t, pro, "CANCELLED")...)
	k.apply(t, thawed...) // late
	k.wantPlan(t, "free")
	k.wantAudit(t, 5)
}

// No order and no number of repeats of the events changes what comes out.
func TestConcurrentEvents(t *testing.T) {
	k := newKit(t)
	id := k.offer(t, "pro")
	events := append(k.become(t, id, "ACTIVE"), k.become(t, id, "FROZEN")...)
	events = append(events, k.become(t, id, "ACTIVE")...)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			if err := k.Apply(t.Context(), k.shop, events[i%len(events)]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	k.wantPlan(t, "pro")
	k.wantAudit(t, 1)
}

// After an uninstall nobody can be asked: the end of what the shop paid for is
// believed, and nothing else.
func TestDeadTokens(t *testing.T) {
	k := newKit(t)
	id := k.offer(t, "pro")
	active := k.become(t, id, "ACTIVE")
	k.apply(t, active...)
	var ended []Event
	for _, d := range k.shopify.Uninstall(k.shop.String()) {
		if d.Topic == "app_subscriptions/update" {
			ended = append(ended, eventOf(t, d))
		}
	}
	k.apply(t, Event{ID: "gid://shopify/AppSubscription/1", Status: "CANCELLED", At: time.Now()})
	k.wantPlan(t, "pro")
	k.apply(t, ended...)
	k.wantPlan(t, "free")
	err := k.Apply(t.Context(), k.shop, active[0])
	if e := web.Explain(err); e.Code != "reconnect" {
		t.Errorf("an unverified start: %v", err)
	}
	k.wantPlan(t, "free")
}

// A shop that Shopify froze answers nothing, and its subscription is frozen too.
func TestFrozenShop(t *testing.T) {
	k := newKit(t)
	id := k.offer(t, "pro")
	k.apply(t, k.become(t, id, "ACTIVE")...)
	frozen := k.become(t, id, "FROZEN")
	k.shopify.SetStatus(k.shop.String(), 402)
	k.now = func() time.Time { return time.Now().Add(time.Second) } // the event is of a whole second
	frozen[0].At = time.Now().Add(time.Hour)                        // clocks differ
	k.apply(t, frozen...)
	k.wantPlan(t, "free")
	k.shopify.SetStatus(k.shop.String(), 0)
	k.now = func() time.Time { return time.Now().Add(2 * time.Second) }
	k.apply(t, k.become(t, id, "ACTIVE")...)
	k.wantPlan(t, "pro")
}

// Another shop's event, and one of a shop that nobody knows, change nothing.
func TestForeignEvents(t *testing.T) {
	k := newKit(t)
	other := tenanttest.Shop(t, k.pool, "warung")
	id := k.offer(t, "pro")
	events := k.become(t, id, "ACTIVE")
	for _, shop := range []store.Shop{other, tenanttest.Name(t, "nobody")} {
		if err := k.Apply(t.Context(), shop, events[0]); err != nil {
			t.Error(err)
		}
	}
	k.install(t, other)
	k.token = k.shopify.Token(other.String())
	if err := k.Apply(t.Context(), other, events[0]); err != nil {
		t.Error(err)
	}
	rec, err := k.pool.Catalog().Shop(t.Context(), other)
	if err != nil || rec.Plan != "pro" { // as tenanttest.Shop made it
		t.Fatal(rec.Plan, err)
	}
	install, err := k.pool.Catalog().Install(t.Context(), other)
	if err != nil || install.Subscription != "" {
		t.Errorf("%+v, %v", install, err)
	}
	k.wantPlan(t, "free")
}

func TestStartRefuses(t *testing.T) {
	k := newKit(t)
	for name, tc := range map[string]struct{ plan, back, code string }{
		"a plan without a price": {"enterprise", "/app", "invalid"},
		"an unknown plan":        {"gold", "/app", "invalid"},
		"another origin":         {"pro", "//evil.example", "invalid"},
		"too long":               {"pro", "/app/" + strings.Repeat("x", 200), "invalid"},
	} {
		_, err := k.Start(t.Context(), k.lease, tc.plan, tc.back)
		if e := web.Explain(err); e.Code != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	k.shopify.Revoke(k.shop.String())
	if _, err := k.Start(t.Context(), k.lease, "pro", "/app"); web.Explain(err).Code != "reconnect" {
		t.Error(err)
	}
	if n := len(k.shopify.Subscriptions(k.shop.String())); n != 0 {
		t.Errorf("%d subscriptions", n)
	}
}

// Choosing the default plan ends what the shop pays for.
func TestBackToFree(t *testing.T) {
	k := newKit(t)
	k.apply(t, k.become(t, k.offer(t, "pro"), "ACTIVE")...)
	for range 2 { // the second has nothing to do
		back, err := k.Start(t.Context(), k.lease, "free", "/shops/toko.myshopify.com/settings")
		if err != nil || back != "https://lapak.test/shops/toko.myshopify.com/settings" {
			t.Fatal(back, err)
		}
		k.wantPlan(t, "free")
	}
	if sub := k.shopify.Subscriptions(k.shop.String())[0]; sub.Status != "CANCELLED" || k.shopify.Requests("CancelSubscription") != 1 {
		t.Errorf("%+v", sub)
	}
}

// A subscription that nobody is charged for pays for nothing, unless the operator
// is testing.
// TestUnknownSubscription has a shop whose subscription Shopify knows no more, as
// after a reinstall whose events were missed: nobody pays, so nothing is given.
func TestUnknownSubscription(t *testing.T) {
	for _, status := range []string{"ACTIVE", "FROZEN"} {
		k := newKit(t)
		lost := catalog.Subscription{ID: "gid://shopify/AppSubscription/1", Plan: "pro", Status: "ACTIVE", At: time.Now().Add(-time.Hour)}
		if _, _, err := k.pool.Catalog().SetSubscription(t.Context(), k.shop, lost); err != nil {
			t.Fatal(err)
		}
		k.wantPlan(t, "pro")
		lost.Status, lost.At = status, lost.At.Add(time.Minute)
		if _, _, err := k.pool.Catalog().SetSubscription(t.Context(), k.shop, lost); err != nil {
			t.Fatal(err)
		}
		if err := k.Refresh(t.Context(), k.lease); err != nil {
			t.Fatal(err)
		}
		k.wantPlan(t, catalog.DefaultPlan)
		if in, err := k.pool.Catalog().Install(t.Context(), k.shop); err != nil || in.SubscriptionStatus != "EXPIRED" {
			t.Errorf("%+v, %v", in, err)
		}
	}
}

func TestTestSubscriptions(t *testing.T) {
	k := newKit(t)
	k.opt.Config.Test = true
	id := k.offer(t, "pro")
	events := k.become(t, id, "ACTIVE")
	k.opt.Config.Test = false
	k.apply(t, events...)
	k.wantPlan(t, "free")
	k.opt.Config.Test = true
	k.apply(t, events...)
	k.wantPlan(t, "pro")
}

// A smaller plan takes nothing away: what is there stays and can be changed, more
// is refused, and paying again allows it again.
func TestDowngradeDeletesNothing(t *testing.T) {
	k := newKit(t)
	ctx, by := t.Context(), store.By{}
	id := k.offer(t, "pro")
	k.apply(t, k.become(t, id, "ACTIVE")...)
	var last store.Design
	create := func() error {
		return k.lease.Write(ctx, "test", func(tx *store.Tx) error {
			d, err := tx.CreateDesign(by, k.lease.Terms(), store.NewDesign{ProductID: "1", DesignJSON: json.RawMessage(`{}`)})
			if err == nil {
				last = d
			}
			return err
		})
	}
	const made = 60 // more than the 50 of the default plan
	for range made {
		if err := create(); err != nil {
			t.Fatal(err)
		}
	}
	k.apply(t, k.become(t, id, "FROZEN")...)
	if err := create(); !errors.Is(err, store.ErrLimit) {
		t.Errorf("one more on the smaller plan: %v", err)
	}
	name := "still mine"
	err := k.lease.Write(ctx, "test", func(tx *store.Tx) error {
		_, err := tx.UpdateDesign(by, k.lease.Terms(), last.ID, store.DesignPatch{Name: &name}, 0)
		return err
	})
	if err != nil {
		t.Errorf("change one: %v", err)
	}
	err = k.lease.Read(ctx, "test", func(v *store.View) error {
		usage, _, err := v.Usage(k.lease.Terms())
		if err == nil && usage.Designs != made {
			t.Errorf("%d designs are left", usage.Designs)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	k.apply(t, k.become(t, id, "ACTIVE")...)
	if err := create(); err != nil {
		t.Errorf("after paying again: %v", err)
	}
}
