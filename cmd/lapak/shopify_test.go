package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lapak/store/catalog"
	"lapak/web/shopify/shopifytest"
)

// merchant is a server whose app is at a stand-in for Shopify, as the programs on
// both sides see it: no browser.
type merchant struct {
	*testServer
	t       *testing.T
	data    string
	shopify *shopifytest.Shopify
	shop    string
	http    *http.Client // follows no redirect
}

func startMerchant(t *testing.T, env ...string) *merchant {
	t.Helper()
	m := &merchant{t: t, data: t.TempDir(), shop: "one.myshopify.com", http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	scopes := "read_products,read_orders,write_app_proxy"
	m.shopify = shopifytest.New(t, shopifytest.Options{Scopes: scopes})
	t.Setenv("SHOPIFY_API_KEY", m.shopify.Key())
	t.Setenv("SHOPIFY_API_SECRET", m.shopify.Secret())
	t.Setenv("SHOPIFY_SCOPES", scopes)
	t.Setenv("LAPAK_SHOPIFY_ADMIN", m.shopify.AdminURL())
	t.Setenv("LAPAK_URL", appURL)
	for i := 0; i < len(env); i += 2 {
		t.Setenv(env[i], env[i+1])
	}
	m.start()
	m.shopify.Install(m.shop)
	return m
}

// start starts the server, or starts it again.
func (m *merchant) start() {
	m.t.Helper()
	addr := freeAddress(m.t)
	m.testServer = startServer(m.t, m.data, "--listen", addr)
	m.url = "http://" + addr // it greets with its public one
}

// api asks with a fresh session token.
func (m *merchant) api(method, path, body string, want int, v any) {
	m.t.Helper()
	m.call(m.t, m.shopify.SessionToken(m.shop, "7"), method, path, body, want, v)
}

// document loads the app as the admin does.
func (m *merchant) document() {
	m.t.Helper()
	if status, body := m.send("GET", "/app?"+m.shopify.DocumentQuery(m.shop, "7"), "", nil); status != http.StatusOK {
		m.t.Fatalf("the app's page: %d %s", status, body)
	}
}

// proxy asks as Shopify's App Proxy does for a customer, or for a visitor "".
func (m *merchant) proxy(customer, method, path, contentType string, body io.Reader) (status int, answer string) {
	m.t.Helper()
	return m.send(method, "/proxy/"+path+"?"+m.shopify.ProxyQuery(m.shop, customer, nil), contentType, body)
}

func (m *merchant) send(method, path, contentType string, body io.Reader) (status int, answer string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, m.url+path, body)
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	resp, err := m.http.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location") + string(raw)
}

// deliver sends webhooks, which must be taken, and waits until they are done.
func (m *merchant) deliver(all ...shopifytest.Delivery) {
	m.t.Helper()
	for _, d := range all {
		if status, err := m.shopify.Deliver(m.t.Context(), m.url+"/webhooks/shopify", d); status != http.StatusOK {
			m.t.Fatalf("%s: %d %v", d.Topic, status, err)
		}
	}
	m.worked()
}

// worked waits until no webhook is left, and wants none to be given up.
func (m *merchant) worked() {
	m.t.Helper()
	err := waitFor("webhooks are left", func(context.Context) (bool, error) {
		_, numbers := m.send("GET", "/metrics", "", nil)
		if !strings.Contains(numbers, "\nlapak_webhooks_dead 0\n") {
			return false, fmt.Errorf("webhooks were given up: %s", m.logs.String())
		}
		return strings.Contains(numbers, "\nlapak_webhooks_queued 0\n"), nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *merchant) hook(topic string, body map[string]any) shopifytest.Delivery {
	return m.shopify.Webhook(m.shop, topic, body)
}

func (m *merchant) order(id int) shopifytest.Delivery {
	return m.hook("orders/create", map[string]any{"id": id, "created_at": time.Now().Format(time.RFC3339)})
}

// orders is how many count this month.
func (m *merchant) orders() int {
	m.t.Helper()
	var used struct {
		Monthly struct{ Orders int } `json:"monthly"`
	}
	m.api("GET", "/imcst_api/usage", "", 200, &used)
	return used.Monthly.Orders
}

func (m *merchant) titles(search string) string {
	m.t.Helper()
	var all []struct{ Title string }
	m.api("GET", "/imcst_api/products?query="+url.QueryEscape(search), "", 200, &all)
	var titles []string
	for _, p := range all {
		titles = append(titles, p.Title)
	}
	return strings.Join(titles, "|")
}

func (m *merchant) plan() string {
	m.t.Helper()
	var rec catalog.Shop
	if err := json.Unmarshal([]byte(lapak(m.t, "shops", "show", m.shop, "--json", "--data", m.data)), &rec); err != nil {
		m.t.Fatal(err)
	}
	return rec.Plan
}

// TestInstalledShop is an app's work in a shop: from the first visit on, over
// products and orders, to the customers' rights.
func TestInstalledShop(t *testing.T) {
	m := startMerchant(t)
	made := m.shopify.AddProducts(m.shop, shopifytest.Product{Title: "Batik scarf"}, shopifytest.Product{Title: "Linen tote"})
	scarf := fmt.Sprint(made[0].ID)

	m.api("GET", "/imcst_api/usage", "", 200, nil) // makes the shop
	if got := lapak(t, "shops", "list", "--data", m.data); !strings.Contains(got, m.shop) {
		t.Fatalf("the first visit made no shop:\n%s", got)
	}
	m.document()
	m.document()
	if n := m.shopify.Requests("exchange"); n != 1 {
		t.Errorf("%d token exchanges", n)
	}
	if got := m.titles(""); got != "Linen tote|Batik scarf" {
		t.Errorf("products: %s", got)
	}

	m.api("PUT", "/imcst_api/config/"+scarf, `{"config":{"a":1},"enabled":true}`, 201, nil)
	twice := m.order(1)
	again := m.order(1) // another delivery of the same order
	m.deliver(twice, twice, m.order(2), again, twice)
	if n := m.orders(); n != 2 {
		t.Errorf("%d orders", n)
	}

	m.shopify.SetProduct(m.shop, shopifytest.Product{ID: made[0].ID, Title: "Batik shawl"})
	m.deliver(m.hook("products/update", map[string]any{"id": made[0].ID, "title": "Batik shawl", "updated_at": time.Now().Format(time.RFC3339)}))
	var config struct {
		Title   string
		Enabled bool
	}
	if m.api("GET", "/imcst_api/config/"+scarf, "", 200, &config); config.Title != "Batik shawl" {
		t.Errorf("the config's title is %q", config.Title)
	}
	if got := m.titles(""); got != "Linen tote|Batik shawl" {
		t.Errorf("products after one changed: %s", got)
	}
	m.deliver(m.hook("products/delete", map[string]any{"id": made[0].ID}))
	if m.api("GET", "/imcst_api/config/"+scarf, "", 200, &config); config.Enabled {
		t.Error("the config of a product that is gone is enabled")
	}

	m.deliver(m.hook("app/scopes_update", map[string]any{"current": []string{"read_products"}, "updated_at": time.Now().Add(time.Second).Format(time.RFC3339)}))
	var entries []catalogEntry
	if m.api("GET", "/imcst_api/audit?resource=app", "", 200, &entries); len(entries) != 1 || !strings.Contains(string(entries[0].After), "read_products") {
		t.Errorf("the audit log says of scopes %+v", entries)
	}
}

type catalogEntry struct {
	Action string
	After  json.RawMessage
}

// TestCustomersRights is a shopper who saves and finds a design, wants to know
// what is held, and wants it gone.
func TestCustomersRights(t *testing.T) {
	m := startMerchant(t)
	m.document()
	design := `{"shopifyProductId":"1","name":"annas","designJson":{"text":"annas words"}}`
	status, body := m.proxy("77", "POST", "design", "application/json", strings.NewReader(design))
	var saved savedDesign
	if err := json.Unmarshal([]byte(body[strings.Index(body, "{"):]), &saved); err != nil || status != 201 {
		t.Fatalf("save: %d %s", status, body)
	}
	m.upload("77")
	if status, body := m.proxy("77", "GET", "design/"+saved.ID, "", nil); status != 200 || !strings.Contains(body, "annas words") {
		t.Errorf("load: %d %s", status, body)
	}
	for _, other := range []string{"777", ""} {
		if status, body := m.proxy(other, "GET", "design/"+saved.ID, "", nil); status != 404 {
			t.Errorf("customer %q: %d %s", other, status, body)
		}
	}
	signed := m.shopify.ProxyQuery(m.shop, "77", nil)
	forged := strings.Replace(signed, "one.myshopify.com", "two.myshopify.com", 1)
	if status, body := m.send("GET", "/proxy/design/"+saved.ID+"?"+forged, "", nil); status != 401 {
		t.Errorf("forged: %d %s", status, body)
	}

	asked := m.hook("customers/data_request", map[string]any{
		"shop_domain": m.shop, "customer": map[string]any{"id": 77}, "orders_requested": []int{1}, "data_request": map[string]any{"id": 9},
	})
	m.deliver(asked, asked)
	var requests []struct{ ID, Customer string }
	if m.api("GET", "/imcst_api/data-requests", "", 200, &requests); len(requests) != 1 || requests[0].Customer != "77" {
		t.Fatalf("data requests: %+v", requests)
	}
	var told json.RawMessage
	if m.api("GET", "/imcst_api/data-requests/"+requests[0].ID, "", 200, &told); !strings.Contains(string(told), "annas words") {
		t.Errorf("told: %s", told)
	}

	m.deliver(m.hook("customers/redact", map[string]any{"shop_domain": m.shop, "customer": map[string]any{"id": 77}, "orders_to_redact": []int{}}))
	if status, body := m.proxy("77", "GET", "design/"+saved.ID, "", nil); status != 404 {
		t.Errorf("after the redaction: %d %s", status, body)
	}
	if got := filesUnder(t, filepath.Join(m.data, "assets", m.shop)); got != 0 {
		t.Errorf("%d images are left", got)
	}
	if m.api("GET", "/imcst_api/data-requests", "", 200, &requests); len(requests) != 0 {
		t.Errorf("data requests are left: %+v", requests)
	}
}

// upload sends a shopper's picture.
func (m *merchant) upload(customer string) {
	m.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "photo.svg")
	if err == nil {
		_, err = io.WriteString(part, `<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>`)
	}
	if err != nil || w.Close() != nil {
		m.t.Fatal(err)
	}
	if status, body := m.proxy(customer, "POST", "upload", w.FormDataContentType(), &form); status != 201 {
		m.t.Fatalf("upload: %d %s", status, body)
	}
}

func filesUnder(t *testing.T, dir string) (n int) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return nil
	})
	return n
}

// TestUninstall takes the app out of a shop and in again, lets what is late come
// late, and erases the shop when Shopify says so and not before.
func TestUninstall(t *testing.T) {
	m := startMerchant(t)
	m.shopify.AddProducts(m.shop, shopifytest.Product{Title: "Batik scarf"})
	m.document()
	m.upload("77")
	late := m.hook("app/uninstalled", map[string]any{"myshopify_domain": m.shop})
	goneAt := m.hook("shop/redact", map[string]any{"shop_domain": m.shop})

	m.deliver(m.hook("shop/redact", map[string]any{"shop_domain": m.shop})) // nobody uninstalled it
	if got := lapak(t, "shops", "list", "--data", m.data); !strings.Contains(got, m.shop) {
		t.Fatal("an installed shop was erased")
	}
	m.deliver(m.shopify.Uninstall(m.shop)...)
	if got := m.titles(""); got != "" || m.shopify.Requests("Products") != 0 {
		t.Errorf("without an install: %q, %d questions", got, m.shopify.Requests("Products"))
	}
	m.shopify.Install(m.shop)
	m.document()
	if n := m.shopify.Requests("exchange"); n != 2 {
		t.Errorf("%d token exchanges after a reinstall", n)
	}
	m.deliver(late, goneAt)
	if got := m.titles("batik"); got != "Batik scarf" || m.shopify.Requests("exchange") != 2 {
		t.Errorf("after a late uninstall and a late erasure: %q", got)
	}

	if filesUnder(t, filepath.Join(m.data, "assets", m.shop)) == 0 {
		t.Error("the shop has no images to erase")
	}
	m.deliver(m.shopify.Uninstall(m.shop)...)
	m.deliver(m.hook("shop/redact", map[string]any{"shop_domain": m.shop}))
	if got := lapak(t, "shops", "list", "--data", m.data); strings.Contains(got, m.shop) {
		t.Errorf("the shop is there:\n%s", got)
	}
	err := filepath.WalkDir(m.data, func(path string, _ fs.DirEntry, err error) error {
		if strings.Contains(path, m.shop) {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if got := lapak(t, "erase", m.shop, "--show", "--data", m.data); !strings.Contains(got, `"signature"`) || !strings.Contains(got, m.shop) {
		t.Errorf("the certificate: %s", got)
	}
	m.deliver(m.hook("shop/redact", map[string]any{"shop_domain": m.shop}), m.order(1)) // nobody to do it for
	m.shopify.Install(m.shop)
	m.document()
	if got := m.orders(); got != 0 {
		t.Errorf("the new shop has %d orders of the old one", got)
	}
}

// TestPaidPlan is a merchant who chooses a plan, approves it at Shopify, and goes
// back to the free one; and one who leaves.
func TestPaidPlan(t *testing.T) {
	m := startMerchant(t, "LAPAK_BILLING", `{"plans": {"pro": {"price": "29.00"}}}`)
	m.document()
	m.choose("pro")
	if got := m.plan(); got != catalog.DefaultPlan {
		t.Fatalf("an offer alone gave the plan %s", got)
	}
	m.approve("DECLINED")
	if got := m.plan(); got != catalog.DefaultPlan {
		t.Fatalf("a declined offer gave the plan %s", got)
	}
	m.choose("pro")
	m.approve("ACTIVE")
	if got := m.plan(); got != "pro" {
		t.Fatalf("after the approval the plan is %s", got)
	}
	subs := m.shopify.Subscriptions(m.shop)
	paid := subs[len(subs)-1].ID
	m.deliver(m.shopify.SetSubscription(m.shop, paid, "FROZEN")...)
	if got := m.plan(); got != catalog.DefaultPlan {
		t.Errorf("while nobody pays the plan is %s", got)
	}
	m.deliver(m.shopify.SetSubscription(m.shop, paid, "ACTIVE")...)
	if got := m.plan(); got != "pro" {
		t.Errorf("once they pay again the plan is %s", got)
	}
	m.choose(catalog.DefaultPlan)
	if got := m.plan(); got != catalog.DefaultPlan || m.shopify.Subscriptions(m.shop)[1].Status != "CANCELLED" {
		t.Errorf("back to free: %s, %+v", got, m.shopify.Subscriptions(m.shop))
	}

	// An approval that nobody told of, while the token was dead, is made up for at
	// the next visit.
	m.choose("pro")
	subs = m.shopify.Subscriptions(m.shop)
	m.shopify.SetSubscription(m.shop, subs[len(subs)-1].ID, "ACTIVE")
	m.shopify.Revoke(m.shop)
	m.deliver(m.hook("app/uninstalled", map[string]any{"myshopify_domain": m.shop})) // forgets the token
	m.document()
	err := waitFor("the plan is not made up for", func(context.Context) (bool, error) { return m.plan() == "pro", nil })
	if err != nil {
		t.Error(err)
	}
	m.deliver(m.shopify.Uninstall(m.shop)...)
	if got := m.plan(); got != catalog.DefaultPlan {
		t.Errorf("after the uninstall the plan is %s", got)
	}
}

// choose chooses a plan on the page of plans, which leads out of the frame.
func (m *merchant) choose(plan string) {
	m.t.Helper()
	r, err := http.NewRequestWithContext(m.t.Context(), "POST", m.url+"/app/settings/plan", strings.NewReader("plan="+plan))
	if err != nil {
		m.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+m.shopify.SessionToken(m.shop, "7"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := m.http.Do(r)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		raw, _ := io.ReadAll(resp.Body)
		m.t.Fatalf("choose %s: %s: %s", plan, resp.Status, raw)
	}
}

// approve decides on the newest offer at Shopify and comes back.
func (m *merchant) approve(decision string) {
	m.t.Helper()
	subs := m.shopify.Subscriptions(m.shop)
	id := subs[len(subs)-1].ID
	at := strings.Replace(m.shopify.AdminURL(), "{shop}", m.shop, 1) + "/admin/charges/" + id[strings.LastIndex(id, "/")+1:] + "/confirm?decision=" + decision
	resp, err := m.http.Get(at)
	if err != nil {
		m.t.Fatal(err)
	}
	defer resp.Body.Close()
	back, ours := strings.CutPrefix(resp.Header.Get("Location"), appURL)
	if !ours {
		m.t.Fatalf("Shopify leads to %q", resp.Header.Get("Location"))
	}
	if status, body := m.send("GET", back, "", nil); status != http.StatusFound || !strings.HasPrefix(body, "https://admin.shopify.com/store/one/apps/") {
		m.t.Fatalf("back in the app: %d %s", status, body)
	}
}

// TestTwoSecrets has a secret that is being rotated: what was signed with either
// is good, and nothing else.
func TestTwoSecrets(t *testing.T) {
	m := startMerchant(t, "SHOPIFY_API_SECRET_OLD", "the secret before")
	for secret, good := range map[string]bool{m.shopify.Secret(): true, "the secret before": true, "a stranger's": false} {
		signer := shopifytest.New(t, shopifytest.Options{Secret: secret})
		want := map[bool]int{true: 200, false: 401}[good]
		m.call(t, signer.SessionToken(m.shop, "7"), "GET", "/imcst_api/usage", "", want, nil)
		d := signer.Webhook(m.shop, "orders/create", map[string]any{"id": len(secret), "created_at": time.Now().Format(time.RFC3339)})
		if status, err := signer.Deliver(t.Context(), m.url+"/webhooks/shopify", d); status != want {
			t.Errorf("a webhook under %q: %d %v", secret, status, err)
		}
		if status, body := m.send("GET", "/proxy/designs?"+signer.ProxyQuery(m.shop, "77", nil), "", nil); status != want {
			t.Errorf("a shopper under %q: %d %s", secret, status, body)
		}
	}
	m.worked()
	if n := m.orders(); n != 2 {
		t.Errorf("%d orders", n)
	}
}

// TestKilledAfterAnswers kills the server as soon as it has taken the last of many
// webhooks: each of them counts, and once, also if Shopify sends it again.
func TestKilledAfterAnswers(t *testing.T) {
	m := startMerchant(t)
	m.document()
	all := make([]shopifytest.Delivery, 300)
	for i := range all {
		all[i] = m.order(i)
	}
	var senders sync.WaitGroup
	for part := range 10 {
		senders.Go(func() {
			for i := part; i < len(all); i += 10 {
				if status, err := m.shopify.Deliver(t.Context(), m.url+"/webhooks/shopify", all[i]); status != http.StatusOK {
					t.Errorf("%d %v", status, err)
				}
			}
		})
	}
	senders.Wait()
	m.end(t, syscall.SIGKILL)
	m.start()
	m.deliver(all[:50]...)
	if n := m.orders(); n != len(all) {
		t.Errorf("%d orders, want %d", n, len(all))
	}
}
