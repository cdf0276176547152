package webhooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/shopify"
)

const secret = "hush"

func newApp(t testing.TB) *shopify.App {
	t.Helper()
	app, err := shopify.NewApp(shopify.Config{Key: "client-id", Secrets: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// rig is webhooks on a real pool behind a real server. What others do for them is
// written down.
type rig struct {
	*Webhooks
	t       testing.TB
	pool    *tenants.Pool
	handler http.Handler
	shop    store.Shop
	serial  atomic.Int64 // of the deliveries' ids

	mu    sync.Mutex
	calls []string
	fail  error // of the next calls
}

func newRig(t testing.TB, changes ...func(*Options)) *rig {
	t.Helper()
	return newRigOn(t, tenanttest.New(t, withSecret), changes...)
}

// withSecret is for pools that may erase shops.
func withSecret(o *tenants.Options) {
	o.Secret = func() ([]byte, error) { return []byte("a secret key of the test's own, 32 bytes"), nil }
}

func newRigOn(t testing.TB, pool *tenants.Pool, changes ...func(*Options)) *rig {
	t.Helper()
	g := &rig{t: t, pool: pool}
	g.shop = tenanttest.Shop(t, g.pool, "toko")
	opt := Options{
		App: newApp(t), Pool: g.pool, URL: "https://app.example", Spool: t.TempDir(),
		ForgetTokens: func(_ context.Context, l *tenants.Lease, _ time.Time) error { return g.call("tokens", l.Shop().Name) },
		Redact:       func(_ context.Context, s store.Shop, c string) error { return g.call("redact "+c, s) },
		Erase:        func(_ context.Context, s store.Shop) error { return g.call("erase", s) },
		Subscribed: func(_ context.Context, s store.Shop, sub Subscription) error {
			return g.call(fmt.Sprintf("%s %s %s", sub.ID, sub.Status, sub.UpdatedAt.Format(time.RFC3339)), s)
		},
		ForgetProducts: func(s store.Shop) { _ = g.call("products", s) },
		Log:            slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError + 1})),
	}
	for _, change := range changes {
		change(&opt)
	}
	g.Webhooks = New(opt)
	keys := web.NewKeys(g.pool.Catalog())
	g.handler = web.NewServer(web.Options{Pool: g.pool, Routes: g.Routes(), Provers: []web.Prover{keys.Prove}}).Handler()
	return g
}

func (g *rig) call(what string, shop store.Shop) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, what+" "+shop.String()[:len(shop.String())-len(".myshopify.com")])
	return g.fail
}

// wantCalls are what others were told since the last time.
func (g *rig) wantCalls(want ...string) {
	g.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(g.calls, want) {
		g.t.Errorf("calls %q, want %q", g.calls, want)
	}
	g.calls = nil
}

func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// hook is a delivery as Shopify sends it.
type hook struct {
	id, topic, body string
	shop            store.Shop // zero: the rig's
	at              time.Time  // triggered; zero: an hour ago
	change          func(*http.Request)
}

func (g *rig) request(h hook) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/shopify", bytes.NewReader([]byte(h.body)))
	if h.id == "" {
		h.id = fmt.Sprint("webhook-", g.serial.Add(1))
	}
	if h.shop.IsZero() {
		h.shop = g.shop
	}
	if h.at.IsZero() {
		h.at = time.Now().Add(-time.Hour)
	}
	for name, value := range map[string]string{
		"X-Shopify-Hmac-Sha256": sign(h.body), "X-Shopify-Topic": h.topic, "X-Shopify-Shop-Domain": h.shop.String(),
		"X-Shopify-Api-Version": "2026-01", "X-Shopify-Webhook-Id": h.id, "X-Shopify-Triggered-At": h.at.Format(time.RFC3339Nano),
	} {
		r.Header.Set(name, value)
	}
	if h.change != nil {
		h.change(r)
	}
	return r
}

func (g *rig) send(h hook) *httptest.ResponseRecorder {
	g.t.Helper()
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, g.request(h))
	return w
}

// accept sends deliveries that must be taken.
func (g *rig) accept(all ...hook) {
	g.t.Helper()
	for _, h := range all {
		if w := g.send(h); w.Code != http.StatusOK || w.Body.Len() > 0 {
			g.t.Fatalf("%s: %d %s", h.topic, w.Code, w.Body)
		}
	}
}

// drain works on all that is due, as Run would with one worker, and returns how
// many times a shop was worked on.
func (g *rig) drain() (rounds int) {
	g.t.Helper()
	for {
		if _, err := g.look(g.t.Context()); err != nil {
			g.t.Fatal(err)
		}
		shop, ok := g.queue.next()
		if !ok {
			return rounds
		}
		rounds++
		more, err := g.work(g.t.Context(), shop)
		if err != nil {
			g.t.Fatal(err)
		}
		g.queue.done(shop, more)
	}
}

func (g *rig) counts() catalog.DeliveryCounts {
	g.t.Helper()
	n, err := g.Stats(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	return n
}

func (g *rig) wantCounts(queued, dead int) {
	g.t.Helper()
	if n := g.counts(); n.Queued != queued || n.Dead != dead {
		g.t.Errorf("queue %+v, want %d queued and %d dead", n, queued, dead)
	}
}

// read reads a shop.
func (g *rig) read(shop store.Shop, fn func(*store.View) error) {
	g.t.Helper()
	lease, err := g.pool.Acquire(g.t.Context(), shop)
	if err != nil {
		g.t.Fatal(err)
	}
	defer lease.Release()
	if err := lease.Snapshot(g.t.Context(), "test", fn); err != nil {
		g.t.Fatal(err)
	}
}

func (g *rig) write(fn func(*store.Tx, store.Terms) error) {
	g.t.Helper()
	lease, err := g.pool.Acquire(g.t.Context(), g.shop)
	if err != nil {
		g.t.Fatal(err)
	}
	defer lease.Release()
	if err := lease.Write(g.t.Context(), "test", func(tx *store.Tx) error { return fn(tx, lease.Terms()) }); err != nil {
		g.t.Fatal(err)
	}
}

func (g *rig) orders(shop store.Shop) (n int64) {
	g.t.Helper()
	g.read(shop, func(v *store.View) error {
		history, err := v.UsageHistory(100)
		for _, m := range history {
			n += m.Orders
		}
		return err
	})
	return n
}

// audited are the actions of the shop's audit log, the newest first.
func (g *rig) audited() (actions []string) {
	g.t.Helper()
	g.read(g.shop, func(v *store.View) error {
		log, _, err := v.AuditLog(store.AuditFilter{}, store.Page{Limit: 100})
		for _, e := range log {
			if e.UserID != nil && *e.UserID == "shopify" {
				actions = append(actions, e.Action+" "+e.Resource)
			}
		}
		return err
	})
	return actions
}

func (g *rig) wantAudited(want ...string) {
	g.t.Helper()
	if got := g.audited(); !slices.Equal(got, want) {
		g.t.Errorf("audited %q, want %q", got, want)
	}
}

// events are what is stored of the queued deliveries.
func (g *rig) events(shop store.Shop) (all []string) {
	g.t.Helper()
	due, err := g.catalog.DueDeliveries(g.t.Context(), shop, time.Now(), 1000)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, d := range due {
		all = append(all, string(d.Event))
	}
	return all
}

func orderBody(id int) string {
	return fmt.Sprintf(`{"id":%d,"created_at":%q,"email":"jon@example.com","line_items":[{"name":"mug"}]}`, id, time.Now().Format(time.RFC3339))
}

func (g *rig) order(id int) hook { return hook{topic: topicOrder, body: orderBody(id)} }

func (g *rig) shopBody(shop store.Shop) string {
	return fmt.Sprintf(`{"shop_id":954889,"shop_domain":%q}`, shop)
}

func (g *rig) install(at time.Time) {
	g.t.Helper()
	if err := g.catalog.RecordInstall(g.t.Context(), g.shop, "read_products", at); err != nil {
		g.t.Fatal(err)
	}
}

func (g *rig) installed() catalog.Install {
	g.t.Helper()
	i, err := g.catalog.Install(g.t.Context(), g.shop)
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		g.t.Fatal(err)
	}
	return i
}

func (g *rig) ask(method, path, key string, status int, into any) *httptest.ResponseRecorder {
	g.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	if w.Code != status {
		g.t.Fatalf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, status)
	}
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			g.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return w
}
