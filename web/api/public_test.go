package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/api"
)

type publicAnswer struct {
	Shop      string
	Config    struct{ Config json.RawMessage }
	Templates []store.Design
	Branding  struct{ LogoURL, PrimaryColor, CustomDomain *string }
}

func (s *site) public(product string) answer {
	s.t.Helper()
	return s.as("", "GET", "/public/product/"+product+"?shop="+s.shop.String()).do()
}

func TestPublicProduct(t *testing.T) {
	s := newSite(t)
	s.public("1").fails(404, "not_found", "Not found")
	s.as(s.write, "PUT", "/config/1").json(`{"config":{"v":1}}`).do().want(201)
	s.design(s.write, plainDesign)
	template := s.design(s.write, `{"shopifyProductId":"1","name":"T","isTemplate":true,"designJson":{"t":1}}`)
	a := s.public("1").want(200)
	got := decode[publicAnswer](a)
	if got.Shop != s.shop.String() || string(got.Config.Config) != `{"v":1}` || len(got.Templates) != 1 ||
		got.Templates[0].ID != template.ID || string(got.Templates[0].DesignJSON) != `{"t":1}` || got.Branding.PrimaryColor != nil {
		t.Errorf("public %s", a.body)
	}
	for name, want := range map[string]string{
		"Cache-Control": "public, max-age=0, must-revalidate", "Access-Control-Allow-Origin": "*", "Content-Type": "application/json; charset=utf-8",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	if same := s.public("gid:%2F%2Fshopify%2FProduct%2F1").want(200); same.body != a.body || same.header.Get("ETag") != a.header.Get("ETag") {
		t.Errorf("by global id %s", same.body)
	}
	path := "/public/product/1?shop=" + s.shop.String()
	s.as("", "GET", path).set("If-None-Match", a.header.Get("ETag")).do().want(304)
	if head := s.as("", "HEAD", path).do().want(200); head.body != "" || head.header.Get("ETag") != a.header.Get("ETag") {
		t.Errorf("HEAD %v", head.header)
	}
}

// Whatever is wrong, a visitor gets the same answer.
func TestPublicNothing(t *testing.T) {
	s := newSite(t)
	s.as(s.write, "PUT", "/config/off").json(`{"config":{},"enabled":false}`).do().want(201)
	s.as(s.otherAdmin, "PUT", "/config/1").json(`{"config":{}}`).do().want(201)
	if err := s.pool.Catalog().Suspend(t.Context(), s.other); err != nil {
		t.Fatal(err)
	}
	var first string
	for _, path := range []string{
		"1?shop=nobody.myshopify.com", "1", "1?shop=", "1?shop=x", "1?shop=" + s.shop.String(), "off?shop=" + s.shop.String(),
		"a%20b?shop=" + s.shop.String(), "1?shop=" + s.other.String(),
	} {
		a := s.as("", "GET", "/public/product/"+path).do().fails(404, "not_found", "Not found")
		a.header.Del("X-Request-Id")
		a.header.Del("Date")
		if headers := fmt.Sprint(a.header); first == "" {
			first = headers
		} else if headers != first {
			t.Errorf("%s: headers %s, others %s", path, headers, first)
		}
	}
}

// The very next request after each kind of change shows it.
func TestPublicChanges(t *testing.T) {
	s := newSite(t)
	var template string
	last := ""
	for _, step := range []struct {
		name string
		do   func()
		want string // in the answer; "" is not found
	}{
		{"create config", func() { s.as(s.write, "PUT", "/config/1").json(`{"config":{"v":1}}`).do().want(201) }, `"config":{"v":1}`},
		{"change config", func() { s.as(s.write, "PUT", "/config/1").json(`{"config":{"v":2}}`).do().want(200) }, `"config":{"v":2}`},
		{"add template", func() {
			template = "/design/" + s.design(s.write, `{"shopifyProductId":"1","name":"A","isTemplate":true,"designJson":{}}`).ID
		}, `"name":"A"`},
		{"rename template", func() { s.as(s.write, "PUT", template).json(`{"name":"B"}`).do().want(200) }, `"name":"B"`},
		{"move template away", func() { s.as(s.write, "PUT", template).json(`{"shopifyProductId":"2"}`).do().want(200) }, `"templates":[]`},
		{"and back", func() { s.as(s.write, "PUT", template).json(`{"shopifyProductId":"1"}`).do().want(200) }, `"name":"B"`},
		{"no template", func() { s.as(s.write, "PUT", template).json(`{"isTemplate":false}`).do().want(200) }, `"templates":[]`},
		{"colour", func() { s.as(s.admin, "PATCH", "/settings").json(`{"primaryColor":"#123456"}`).do().want(200) }, `"primaryColor":"#123456"`},
		{"disable", func() { s.as(s.write, "PUT", "/config/1").json(`{"enabled":false}`).do().want(200) }, ""},
		{"enable", func() {
			s.as(s.write, "PUT", "/config/1").json(`{"enabled":true}`).do().want(200)
		}, `"enabled":true`},
		{"suspend", func() {
			if err := s.pool.Catalog().Suspend(t.Context(), s.shop); err != nil {
				t.Fatal(err)
			}
		}, ""},
		{"resume", func() {
			if err := s.pool.Catalog().Resume(t.Context(), s.shop); err != nil {
				t.Fatal(err)
			}
			last = "" // it is as it was
		}, `"enabled":true`},
		{"delete config", func() { s.as(s.write, "DELETE", "/config/1").do().want(204) }, ""},
	} {
		step.do()
		for range 2 { // prepared, and kept
			r := s.as("", "GET", "/public/product/1?shop="+s.shop.String())
			if last != "" {
				r.set("If-None-Match", last) // of before the change
			}
			a := r.do()
			if step.want == "" {
				a.fails(404, "not_found", "Not found")
			} else if a.want(200); !strings.Contains(a.body, step.want) {
				t.Errorf("%s: no %s in %s", step.name, step.want, a.body)
			}
		}
		if a := s.public("1"); a.status == 200 {
			last = a.header.Get("ETag")
		}
	}
}

// Beside changes that go on, no answer is older than the last change that was
// confirmed before it was asked for.
func TestPublicBesideChanges(t *testing.T) {
	s := newSite(t)
	var mu sync.Mutex
	confirmed := 0
	put := func(v int) {
		a, err := s.as(s.write, "PUT", "/config/1").json(fmt.Sprintf(`{"config":{"v":%d}}`, v)).send()
		if err != nil || a.status/100 != 2 {
			t.Errorf("put %d: %d %v", v, a.status, err)
		}
		mu.Lock()
		confirmed = v
		mu.Unlock()
	}
	put(0)
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				mu.Lock()
				least := confirmed
				mu.Unlock()
				a, err := s.as("", "GET", "/public/product/1?shop="+s.shop.String()).send()
				var got struct {
					Config struct{ Config struct{ V int } }
				}
				if err == nil {
					err = json.Unmarshal([]byte(a.body), &got)
				}
				if err != nil || got.Config.Config.V < least {
					t.Errorf("got version %d after %d was saved: %v", got.Config.Config.V, least, err)
					return
				}
			}
		})
	}
	for v := 1; v <= 150; v++ {
		put(v)
	}
	close(done)
	wg.Wait()
}

// More products than are kept must all be right.
func TestPublicManyProducts(t *testing.T) {
	s := newSite(t)
	tenanttest.Set(t, s.pool, s.shop, "maxProducts", "-1")
	l := tenanttest.Lease(t, s.pool, s.shop)
	err := l.Write(t.Context(), "fill", func(tx *store.Tx) error {
		for i := range 300 {
			config := json.RawMessage(fmt.Sprintf(`{"v":%d}`, i))
			if _, _, err := tx.PutConfig(store.By{}, l.Terms(), fmt.Sprint(i), store.ConfigPatch{Config: config}, 0); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i := range 300 {
			if a := s.public(fmt.Sprint(i)).want(200); !strings.Contains(a.body, fmt.Sprintf(`{"v":%d}`, i)) {
				t.Fatalf("product %d: %s", i, a.body)
			}
		}
	}
}

func TestPublicRateLimit(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.PublicRate, o.PublicBurst = 0.001, 2 })
	s.public("1").want(404)
	s.public("1").want(404)
	a := s.public("1").fails(429, "rate_limited", "Too many requests; slow down")
	if a.header.Get("Retry-After") == "" || a.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("headers %v", a.header)
	}
	s.as("", "GET", "/public/product/1?shop="+s.other.String()).do().want(404) // another shop's turn
	s.as(s.read, "GET", "/designs").do().want(200)
}

// BenchmarkPublic is the handler alone, without a network.
func BenchmarkPublic(b *testing.B) {
	pool := tenanttest.New(b)
	shop := tenanttest.Shop(b, pool, "toko")
	l := tenanttest.Lease(b, pool, shop)
	err := l.Write(b.Context(), "fill", func(tx *store.Tx) error {
		config := json.RawMessage(`{"areas":["` + strings.Repeat("x", 2000) + `"]}`)
		_, _, err := tx.PutConfig(store.By{}, l.Terms(), "1", store.ConfigPatch{Config: config}, 0)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	h := web.NewServer(web.Options{Pool: pool, PublicRate: -1, Routes: api.New(api.Options{Pool: pool}).Routes()}).Handler()
	r := httptest.NewRequestWithContext(context.Background(), "GET", web.APIPrefix+"/public/product/1?shop="+shop.String(), nil)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		w := &nowhere{header: http.Header{}}
		for pb.Next() {
			h.ServeHTTP(w, r.Clone(context.Background()))
			if w.status != 200 {
				b.Errorf("status %d", w.status)
				return
			}
		}
	})
}

type nowhere struct {
	header http.Header
	status int
}

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) WriteHeader(status int)      { w.status = status }
func (w *nowhere) Write(p []byte) (int, error) { return io.Discard.Write(p) }

// BenchmarkSaveDesign is a save of 50 KB over a connection.
func BenchmarkSaveDesign(b *testing.B) {
	s := newSite(b)
	tenanttest.Set(b, s.pool, s.shop, "maxDesigns", "-1")
	key := tenanttest.Key(b, s.pool, s.shop, catalog.RoleWrite)
	body := `{"shopifyProductId":"1","name":"n","designJson":{"a":"` + strings.Repeat("x", 50_000) + `"}}`
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a, err := s.as(key, "POST", "/design").json(body).send(); err != nil || a.status != 201 {
				b.Errorf("%d %v %s", a.status, err, a.body)
				return
			}
		}
	})
}
