package operator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
	"lapak/web/browsertest"
)

// TestPagesInABrowser looks at every page of the operator as people see it: wide,
// dark, and on a phone. LAPAK_SHOTS names a folder for pictures.
func TestPagesInABrowser(t *testing.T) {
	h := newHouse(t)
	b := browsertest.Start(t, browsertest.Options{})
	axe := browsertest.AxeFile(t, "../..")
	tab := b.Tab(t, browsertest.Variant{})
	look := func(name, path string) {
		t.Helper()
		for variant, v := range map[string]browsertest.Variant{"light": {}, "dark": {Dark: true}, "phone": browsertest.Phone()} {
			tab.Show(v)
			tab.Open(h.url + path)
			tab.Until(`document.readyState == "complete"`)
			for _, found := range tab.Axe(axe) {
				t.Errorf("%s, %s: %s", name, variant, found)
			}
			if px := tab.Sideways(); px > 0 {
				t.Errorf("%s, %s: %v px too wide", name, variant, px)
			}
			if dir := os.Getenv("LAPAK_SHOTS"); dir != "" {
				tab.Shot(filepath.Join(dir, "operator-"+name+"-"+variant+".png"))
			}
		}
	}
	address, err := h.signin.FirstLink(t.Context())
	check(t, err)
	look("signin", "/signin")
	look("welcome", strings.TrimPrefix(address, h.url))
	look("dead-link", "/signin/link?token=x")
	tab.Open(address)
	tab.Fill("#name", "Ayu")
	tab.Fill("#password", password)
	tab.Click(`button[type="submit"]`)
	tab.Until(`location.pathname == "/operator"`)
	look("fleet-0", "/operator")
	look("health-well", "/operator/health")
	look("new", "/operator/new")

	shop := h.furnish(t)
	look("fleet-1", "/operator")
	look("shop", "/operator/shops/"+shop.String())
	look("limits", "/operator/shops/"+shop.String()+"/limits")
	look("erase", "/operator/shops/"+shop.String()+"/erase")
	look("account", "/operator/account")
	look("missing", "/operator/shops/none.myshopify.com")
	tab.Forget() // the browser notes the 404

	h.fill(t, 10_000)
	look("fleet-10000", "/operator")
	look("fleet-sorted", "/operator?sort=size&dir=desc&page=3")
	look("fleet-none", "/operator?q=nothing+like+this")
	h.trouble(t, shop)
	look("shop-trouble", "/operator/shops/"+shop.String())
	look("health", "/operator/health")
	if p := tab.Problems(); len(p) > 0 {
		t.Errorf("the browser complains: %v", p)
	}
}

// furnish makes a shop with something on each part of its page.
func (h *house) furnish(t testing.TB) store.Shop {
	t.Helper()
	shop := tenanttest.Shop(t, h.pool, "kopi-nusantara")
	for _, key := range []string{"till", "nightly export to the warehouse"} {
		_, _, err := h.catalog.CreateKey(t.Context(), shop, catalog.RoleWrite, key)
		check(t, err)
	}
	h.as(t, catalog.Signer{Shop: shop})
	check(t, h.catalog.RecordInstall(t.Context(), shop, "read_products,write_products", time.Now().Add(-40*24*time.Hour)))
	job, err := h.catalog.CreateJob(t.Context(), shop, "restore", nil)
	check(t, err)
	check(t, h.catalog.StartJob(t.Context(), job.ID))
	check(t, h.catalog.FinishJob(t.Context(), job.ID, nil))
	tenanttest.Set(t, h.pool, shop, "maxDesigns", "40")
	h.slow.Observe(shop, "POST", "/imcst_api/assets", 201, 1840*time.Millisecond)
	h.slow.Observe(shop, "GET", "/imcst_api/export", 200, 640*time.Millisecond)
	return shop
}

// fill enters shops into the catalog alone: a list opens none of them.
func (h *house) fill(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		name := fmt.Sprintf("toko-%05d", i*7919%n)
		if i == 77 {
			name = strings.Repeat("a-very-long-name-", 3) + "indeed"
		}
		shop := tenanttest.Name(t, name)
		_, err := h.catalog.CreateShop(t.Context(), catalog.NewShop{
			Shop: shop, Plan: []string{"free", "basic", "pro", "enterprise"}[i%4], CreatedAt: time.Now().Add(-time.Duration(i) * time.Hour),
		})
		check(t, err)
		if i < 400 || strings.HasPrefix(name, "toko-000") {
			used := store.Usage{Products: int64(i % 11), Assets: int64(i % 97), Designs: int64(i % 50), StorageBytes: int64(i) << 16}
			check(t, h.catalog.MarkClean(t.Context(), shop, time.Now().Add(-time.Duration(i)*time.Minute), int64(i)<<12+90<<10, &used))
			check(t, h.catalog.NoteDrill(t.Context(), shop, time.Now().Add(-time.Duration(i)*time.Hour), ""))
		}
	}
	check(t, h.catalog.SetReplicaError(t.Context(), tenanttest.Name(t, "toko-00007"), "access denied"))
	check(t, h.catalog.NoteDrill(t.Context(), tenanttest.Name(t, "toko-00009"), time.Now(), "3 rows differ"))
	check(t, h.catalog.Suspend(t.Context(), tenanttest.Name(t, "toko-00004")))
}

// trouble lets something go wrong everywhere.
func (h *house) trouble(t testing.TB, shop store.Shop) {
	t.Helper()
	check(t, h.catalog.SetReplicaError(t.Context(), shop, "put shops/kopi-nusantara.myshopify.com/0001/ltx: access denied: the bucket refuses this key (403)"))
	job, err := h.catalog.CreateJob(t.Context(), shop, "restore", nil)
	check(t, err)
	check(t, h.catalog.FailJob(t.Context(), job.ID, "There is no backup of that moment: the oldest is of 3 November."))
	_, err = h.catalog.AddDelivery(t.Context(), catalog.Delivery{ID: "d1", Shop: shop, Topic: "app_subscriptions/update", Event: []byte("{}"), TriggeredAt: time.Now(), ReceivedAt: time.Now()})
	check(t, err)
	due, err := h.catalog.DueDeliveries(t.Context(), shop, dayAfter(), 1)
	check(t, err)
	check(t, h.catalog.FinishAttempts(t.Context(), []catalog.Attempt{{Delivery: due[0], Error: "read the subscription: Shopify answers 502 Bad Gateway"}}))
	log := logger(h)
	for range 14 {
		log.Warn("replication failed; it will be tried again", "shop", shop.String(), "error", "access denied", "failures", 3)
	}
	log.Error("request failed", "request", "4f2a-1c", "route", "/imcst_api/designs", "status", 500, "error", "read design: database disk image is malformed")
	log.Warn("slow request", "route", "/imcst_api/export", "took", 3200*time.Millisecond)
}

// The page of a server's health fetches itself anew while somebody looks at it.
func TestHealthKeepsItselfUpToDate(t *testing.T) {
	h := newHouse(t)
	address, err := h.signin.FirstLink(t.Context())
	check(t, err)
	tab := browsertest.Start(t, browsertest.Options{}).Tab(t, browsertest.Variant{})
	tab.Open(address)
	tab.Fill("#name", "Ayu")
	tab.Fill("#password", password)
	tab.Click(`button[type="submit"]`)
	tab.Until(`location.pathname == "/operator"`)
	tab.Click(`a[href="/operator/health"]`)
	tab.Until(`document.querySelector("#health .banner.good")`)
	logger(h).Error("it happened just now")
	tab.Until(`document.querySelector("#health").innerText.includes("it happened just now")`)
	tab.Until(`document.querySelector("#health .banner.bad")`)
	tab.Click(`.nav-foot button`)
	tab.Until(`location.pathname == "/signin"`)
	if p := tab.Problems(); len(p) > 0 {
		t.Errorf("the browser complains: %v", p)
	}
}

// A passkey is added, named, used and removed with the browser's own functions.
func TestPasskeysInABrowser(t *testing.T) {
	h := newHouse(t)
	address, err := h.signin.FirstLink(t.Context())
	check(t, err)
	tab := browsertest.Start(t, browsertest.Options{}).Tab(t, browsertest.Variant{})
	tab.Authenticator()
	tab.Open(address)
	tab.Fill("#name", "Ayu")
	tab.Fill("#password", password)
	tab.Click(`button[type="submit"]`)
	tab.Until(`location.pathname == "/operator"`)
	tab.Click(`a[href="/operator/account"]`)
	tab.Until(`document.querySelector("#passkey-name")`)
	tab.Fill("#passkey-name", "My phone")
	tab.Click(`[data-add-passkey] button`)
	tab.Until(`document.querySelector(".passkey input")?.value == "My phone"`)
	tab.Click(`[data-add-passkey] button`) // it has one already
	tab.Until(`document.querySelector("#passkey-problem").innerText.includes("could not be added")`)

	tab.Click(`.nav-foot button`)
	tab.Until(`location.pathname == "/signin"`)
	tab.Open(h.url + "/signin?return=/operator/health")
	tab.Click(`[data-signin-passkey]`)
	tab.Until(`location.pathname == "/operator/health"`)

	tab.Open(h.url + "/operator/account")
	tab.Fill(".passkey input", "Old phone")
	tab.Click(`.passkey button:not(.danger)`)
	tab.Until(`document.querySelector(".passkey input")?.value == "Old phone" && document.querySelector("#toasts").innerText.includes("new name")`)
	tab.Click(`.passkey .danger`)
	tab.Click(`#question [value="yes"]`)
	tab.Until(`!document.querySelector(".passkey")`)
	tab.Click(`.nav-foot button`)
	tab.Until(`location.pathname == "/signin"`)
	tab.Forget()
	tab.Click(`[data-signin-passkey]`)
	tab.Until(`!document.querySelector("#passkey-problem").hidden`)
	if a := tab.Text("#passkey-problem"); !strings.Contains(a, "did not work") {
		t.Errorf("a removed passkey: %q", a)
	}
}
