package proxy_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/proxy"
	"lapak/web/shopify"
)

const secret = "hush"

// site is a whole server with two shops, on a real connection.
type site struct {
	t           testing.TB
	pool        *tenants.Pool
	url         string
	spool       string
	log         *lockedBuffer
	shop, other store.Shop
}

func newApp(t testing.TB) *shopify.App {
	t.Helper()
	app, err := shopify.NewApp(shopify.Config{Key: "key", Secrets: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// newSite has no bounds on how often one may ask, but where rate is above 0.
func newSite(t testing.TB, rate float64) *site {
	t.Helper()
	if rate == 0 {
		rate = -1
	}
	s := &site{t: t, pool: tenanttest.New(t), spool: t.TempDir(), log: &lockedBuffer{}}
	s.shop, s.other = tenanttest.Shop(t, s.pool, "toko"), tenanttest.Shop(t, s.pool, "warung")
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	face := proxy.New(proxy.Options{App: newApp(t), Pool: s.pool, Spool: s.spool, Rate: rate, Log: log})
	ts := httptest.NewUnstartedServer(nil)
	ts.Config = web.NewServer(web.Options{Pool: s.pool, Routes: face.Routes(), Log: log}).HTTPServer()
	ts.Start()
	t.Cleanup(ts.Close)
	s.url = ts.URL
	return s
}

// sign is what Shopify's documentation says, written anew: repeated values joined
// with ",", the pairs sorted and joined with nothing.
func sign(q url.Values) string {
	var pairs []string
	for name, values := range q {
		pairs = append(pairs, name+"="+strings.Join(values, ","))
	}
	slices.Sort(pairs)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strings.Join(pairs, "")))
	return hex.EncodeToString(mac.Sum(nil))
}

// signed is the query that Shopify makes of a storefront's.
func signed(shop store.Shop, customer, query string) url.Values {
	q, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	for name, value := range map[string]string{
		"shop": shop.String(), "logged_in_customer_id": customer, "path_prefix": "/apps/lapak", "timestamp": strconv.FormatInt(time.Now().Unix(), 10),
	} {
		q.Set(name, value)
	}
	q.Set("signature", sign(q))
	return q
}

// shopper is who asks: a customer's id, or a visitor's claim, or neither.
type shopper struct {
	s               *site
	shop            store.Shop
	customer, claim string
	address         string
}

func (s *site) customer(id string) shopper   { return shopper{s: s, shop: s.shop, customer: id} }
func (s *site) visitor(claim string) shopper { return shopper{s: s, shop: s.shop, claim: claim} }

// ask is a request that is being put together.
type ask struct {
	s            *site
	method, path string
	query        url.Values
	body         io.Reader
	header       http.Header
}

// ask begins a request; the path may have the storefront's own query.
func (sh shopper) ask(method, path string) *ask {
	path, query, _ := strings.Cut(path, "?")
	a := &ask{s: sh.s, method: method, path: path, query: signed(sh.shop, sh.customer, query), header: http.Header{}}
	if sh.claim != "" {
		a.header.Set("X-Lapak-Claim", sh.claim)
	}
	if sh.address != "" {
		a.header.Set("X-Forwarded-For", sh.address)
	}
	return a
}

func (a *ask) set(name, value string) *ask { a.header.Set(name, value); return a }

func (a *ask) json(body string) *ask {
	a.body = strings.NewReader(body)
	return a.set("Content-Type", "application/json")
}

// file is an upload; fields are pairs of names and values.
func (a *ask) file(content string, fields ...string) *ask {
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	w, err := form.CreateFormFile("file", "a.png")
	if err == nil {
		_, err = io.WriteString(w, content)
	}
	for i := 0; i < len(fields) && err == nil; i += 2 {
		err = form.WriteField(fields[i], fields[i+1])
	}
	if err != nil || form.Close() != nil {
		a.s.t.Fatal(err)
	}
	a.body = &buf
	return a.set("Content-Type", form.FormDataContentType())
}

// answer is what came back, whole.
type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   string
}

func (a *ask) do() answer {
	a.s.t.Helper()
	got, err := a.send(a.query.Encode())
	if err != nil {
		a.s.t.Fatal(err)
	}
	return got
}

// send is do for goroutines of the test's own, and for queries of its own.
func (a *ask) send(rawQuery string) (answer, error) {
	req, err := http.NewRequestWithContext(context.Background(), a.method, a.s.url+"/proxy"+a.path+"?"+rawQuery, a.body)
	if err != nil {
		return answer{}, err
	}
	req.Header = a.header
	resp, err := http.DefaultTransport.RoundTrip(req) // no redirect is followed
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	got := answer{a.s.t, a.method + " " + a.path, resp.StatusCode, resp.Header, string(raw)}
	got.noEcho(rawQuery)
	return got, err
}

// noEcho wants nothing of a signed query in an answer.
func (a answer) noEcho(rawQuery string) {
	a.t.Helper()
	q, _ := url.ParseQuery(rawQuery)
	var all strings.Builder
	_ = a.header.Write(&all)
	all.WriteString(a.body)
	for _, name := range []string{"signature", "path_prefix"} {
		if v := q.Get(name); v != "" && strings.Contains(all.String(), v) {
			a.t.Errorf("%s: the answer holds the query's %s: %s", a.what, name, all.String())
		}
	}
	if a.status/100 == 3 && a.status != http.StatusNotModified {
		a.t.Errorf("%s: a redirect to %s", a.what, a.header.Get("Location"))
	}
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.status, status, a.body)
	}
	return a
}

// fails wants an error with exactly this answer, which no cache may keep.
func (a answer) fails(status int, code, sentence string) answer {
	a.t.Helper()
	a.want(status)
	if whole := `{"error":"` + sentence + `","code":"` + code + "\"}\n"; a.body != whole || a.header.Get("Cache-Control") != "no-store" {
		a.t.Fatalf("%s: %q, want %q; %v", a.what, a.body, whole, a.header)
	}
	return a
}

func (a answer) notFound() answer { a.t.Helper(); return a.fails(404, "not_found", "Not found") }

func decode[T any](a answer) (v T) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		a.t.Fatalf("%s: %v: %s", a.what, err, a.body)
	}
	return v
}

// made is a design or an asset as it is answered to who made it.
type made struct {
	ID, Name, Claim string
	ProductID       string `json:"shopifyProductId"`
	DesignJSON      json.RawMessage
	ContentType     string
}

const plain = `{"shopifyProductId":"1","name":"n","designJson":{ "a": 1 }}`

func (sh shopper) save() made {
	sh.s.t.Helper()
	return decode[made](sh.ask("POST", "/design").json(plain).do().want(201))
}

func (sh shopper) upload(n int) made {
	sh.s.t.Helper()
	return decode[made](sh.ask("POST", "/upload").file(tinyPNG(n)).do().want(201))
}

func tinyPNG(n int) string {
	m := image.NewPaletted(image.Rect(0, 0, 2, 3), color.Palette{color.Black, color.RGBA{byte(n), byte(n >> 8), 1, 255}})
	var buf bytes.Buffer
	if err := png.Encode(&buf, m); err != nil {
		panic(err)
	}
	return buf.String()
}

// merchant changes the shop as its merchant does.
func (s *site) merchant(shop store.Shop, fn func(tx *store.Tx, terms store.Terms) error) {
	s.t.Helper()
	l, err := s.pool.Acquire(s.t.Context(), shop)
	if err != nil {
		s.t.Fatal(err)
	}
	defer l.Release()
	if err := l.Write(s.t.Context(), "test", func(tx *store.Tx) error { return fn(tx, l.Terms()) }); err != nil {
		s.t.Fatal(err)
	}
}

// configure lets the shop's product be customized, with one template.
func (s *site) configure(shop store.Shop, product string, enabled bool) (template store.Design) {
	s.t.Helper()
	s.merchant(shop, func(tx *store.Tx, terms store.Terms) (err error) {
		if _, _, err = tx.PutConfig(store.By{}, terms, product, store.ConfigPatch{Config: json.RawMessage(`{"v":1}`), Enabled: &enabled}, 0); err == nil {
			template, err = tx.CreateDesign(store.By{}, terms, store.NewDesign{ProductID: product, Name: "T", IsTemplate: true, DesignJSON: json.RawMessage(`{"t":1}`)})
		}
		return err
	})
	return template
}

func (s *site) spooled() []string {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.spool, "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

// lockedBuffer is a log that many write and the test reads.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
