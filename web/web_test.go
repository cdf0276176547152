package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants"
	"lapak/tenants/replica"
	"lapak/tenants/tenanttest"
)

// rig is a server with routes of the test's own.
type rig struct {
	*Server
	t    *testing.T
	keys *Keys
	log  *bytes.Buffer
	shop store.Shop
	key  string
}

func newRig(t *testing.T, change func(*Options), routes ...Route) *rig {
	t.Helper()
	metrics := NewMetrics()
	pool := tenanttest.New(t, func(o *tenants.Options) { o.Observe = metrics.ObserveQuery })
	g := &rig{t: t, log: &bytes.Buffer{}, keys: NewKeys(pool.Catalog()), shop: tenanttest.Shop(t, pool, "toko")}
	g.key = tenanttest.Key(t, pool, g.shop, catalog.RoleAdmin)
	opt := Options{
		Pool: pool, Routes: routes, Provers: []Prover{g.keys.Prove}, Metrics: metrics,
		Log: slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&opt)
	}
	g.Server = NewServer(opt)
	return g
}

func (g *rig) get(path string) *httptest.ResponseRecorder {
	g.t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Authorization", "Bearer "+g.key)
	w := httptest.NewRecorder()
	g.Handler().ServeHTTP(w, r)
	return w
}

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
		text   string // "" is not looked at
		retry  bool
	}{
		{ErrNoProof, 401, "unauthorized", "", false},
		{fmt.Errorf("x: %w", ErrBadProof), 401, "unauthorized", "", false},
		{store.LimitError{What: "Storage"}, 403, "limit_reached", "Storage limit reached for your plan", false},
		{fmt.Errorf("x: %w", store.LimitError{What: "Product"}), 403, "limit_reached", "Product limit reached for your plan", false},
		{fmt.Errorf("x: %w", store.ErrNotFound), 404, "not_found", "Not found", false},
		{fmt.Errorf("x: %w", catalog.ErrNotFound), 404, "not_found", "Not found", false},
		{fmt.Errorf("x: %w", tenants.ErrNoShop), 404, "not_found", "Not found", false},
		{store.InvalidError{Field: "a", Reason: "must be b"}, 400, "invalid", "a must be b", false},
		{&catalog.FieldError{Field: "a", Reason: "must be b"}, 400, "invalid", "a must be b", false},
		{&http.MaxBytesError{Limit: 2 << 20}, 413, "too_large", "The request must be at most 2 MiB", false},
		{store.ErrChanged, 412, "changed", "", false},
		{tenants.ErrRestoring, 503, "restoring", "", true},
		{fmt.Errorf("%w: %w", tenants.ErrBusy, context.DeadlineExceeded), 503, "busy", "", true},
		{tenants.ErrClosed, 503, "busy", "", true},
		{sqlite.ErrClosed, 503, "busy", "", true},
		{tenants.ErrNotReplicated, 503, "not_replicated", "", true},
		{context.DeadlineExceeded, 503, "timeout", "", true},
		{sqlite.ErrFull, 507, "storage_full", "", true},
		{sqlite.ErrReadOnly, 507, "storage_full", "", true},
		{sqlite.ErrCorrupt, 500, "damaged", "", false},
		{store.ErrWrongSeal, 500, "damaged", "", false},
		{tenants.ErrLost, 500, "damaged", "", false},
		{store.ErrNewer, 500, "newer", "", false},
		{&os.PathError{Op: "write", Path: "/secret", Err: syscall.ENOSPC}, 507, "storage_full", "", true},
		{replica.ErrFenced, 503, "moved", "", true},
		{errors.New("/secret/path: broken"), 500, "internal", "Something went wrong on our side; it has been noted", false},
	} {
		e := Explain(c.err)
		if e.Status != c.status || e.Code != c.code || c.text != "" && e.Text != c.text || (e.Retry > 0) != c.retry {
			t.Errorf("%v: %+v", c.err, e)
		}
		if strings.Contains(e.Text, "secret") {
			t.Errorf("%v: says %q", c.err, e.Text)
		}
	}
}

func TestPanic(t *testing.T) {
	g := newRig(t, nil,
		Route{Method: "GET", Pattern: "/panic", Proof: Key(catalog.RoleRead), Handle: func(http.ResponseWriter, *http.Request, *Caller) error {
			panic("secret")
		}},
		Route{Method: "GET", Pattern: "/fail", Proof: Key(catalog.RoleRead), Handle: func(http.ResponseWriter, *http.Request, *Caller) error {
			return errors.New("secret")
		}})
	for _, path := range []string{"/panic", "/fail"} {
		w := g.get(path)
		if w.Code != 500 || w.Body.String() != `{"error":"Something went wrong on our side; it has been noted","code":"internal"}`+"\n" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
		}
		id := w.Header().Get("X-Request-Id")
		for line := range strings.Lines(g.log.String()) {
			if strings.Contains(line, "request failed") && !(strings.Contains(line, id) && strings.Contains(line, "shop="+g.shop.String()) && strings.Contains(line, "secret") && strings.Contains(line, "level=ERROR")) {
				t.Errorf("log %s", line)
			}
		}
		if !strings.Contains(g.log.String(), "request failed") {
			t.Errorf("log %s", g.log)
		}
		g.log.Reset()
	}
	// tenanttest closes the pool, which fails if the panic kept its lease.
}

// An answer that fails in its middle is cut off, never ended as if it were whole.
func TestFailureMidway(t *testing.T) {
	for _, end := range []func() error{
		func() error { return errors.New("disk") },
		func() error { panic("bug") },
	} {
		g := newRig(t, nil, Route{Method: "GET", Pattern: "/half", Handle: func(w http.ResponseWriter, _ *http.Request, _ *Caller) error {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			return end()
		}})
		ts := httptest.NewServer(g.Handler())
		resp, err := ts.Client().Get(ts.URL + "/half")
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		ts.Close()
		if err == nil {
			t.Error("half an answer looked whole")
		}
	}
}

func TestHealth(t *testing.T) {
	broken := errors.New("read-only file system")
	var err error
	g := newRig(t, func(o *Options) { o.Ready = func(context.Context) error { return err } })
	for _, c := range []struct {
		err    error
		path   string
		status int
		body   string
	}{
		{nil, "/healthz", 200, "ok\n"}, {nil, "/readyz", 200, "ok\n"}, {broken, "/healthz", 200, "ok\n"},
		{broken, "/readyz", 503, `{"error":"The catalog or the data folder cannot be used","code":"not_ready"}` + "\n"},
	} {
		err = c.err
		if w := g.get(c.path); w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s with %v: %d %s", c.path, c.err, w.Code, w.Body)
		}
	}
}

func TestMetrics(t *testing.T) {
	g := newRig(t, nil, Route{Method: "GET", Pattern: "/imcst_api/x/{id}", Proof: Key(catalog.RoleRead), Handle: func(w http.ResponseWriter, r *http.Request, c *Caller) error {
		return WriteJSON(w, r, 200, c.Shop)
	}})
	for _, path := range []string{"/imcst_api/x/1", "/imcst_api/x/2", "/imcst_api/nothing", "/nothing"} {
		g.get(path)
	}
	r := httptest.NewRequest("BREW", "/nothing", nil)
	g.Handler().ServeHTTP(httptest.NewRecorder(), r)
	body := g.get("/metrics").Body.String()
	for _, line := range []string{
		`lapak_http_requests_total{class="2xx",method="GET",route="/imcst_api/x/{id}"} 2`,
		`lapak_http_requests_total{class="4xx",method="GET",route="none"} 2`,
		`lapak_http_requests_total{class="4xx",method="other",route="none"} 1`,
		`lapak_http_in_flight_requests 1`, `lapak_shops_open 1`, `lapak_shops_open_limit 16`, `lapak_shops_waiting 0`,
		`lapak_query_seconds_count{query="check seal"} 1`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("no %s in\n%s", line, body)
		}
	}
}

func TestKeysAreNoted(t *testing.T) {
	g := newRig(t, nil, Route{Method: "GET", Pattern: "/x", Proof: Key(catalog.RoleRead), Handle: func(http.ResponseWriter, *http.Request, *Caller) error { return nil }})
	g.get("/x")
	if err := g.keys.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys, err := g.opt.Pool.Catalog().Keys(t.Context(), g.shop)
	if err != nil || len(keys) != 1 || keys[0].LastUsedAt.IsZero() {
		t.Errorf("%+v, %v", keys, err)
	}
}

func TestNotFoundPage(t *testing.T) {
	g := newRig(t, func(o *Options) {
		o.NotFound = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) })
	})
	for path, want := range map[string]int{"/x": 418, "/imcst_apix": 418, "/imcst_api": 404, "/imcst_api/": 404, "/imcst_api/x/y": 404} {
		if w := g.get(path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

func TestOperatorRoute(t *testing.T) {
	g := newRig(t, nil, Route{Method: "GET", Pattern: "/fleet", Proof: Operator().Cold(), Handle: func(w http.ResponseWriter, r *http.Request, c *Caller) error {
		return WriteJSON(w, r, 200, c.Shop)
	}})
	if w := g.get("/fleet"); w.Code != 403 {
		t.Errorf("an admin got %d", w.Code)
	}
	g.key = tenanttest.Key(t, g.opt.Pool, store.Shop{}, catalog.RoleOperator)
	if w := g.get("/fleet"); w.Code != 200 || w.Body.String() != "\"\"\n" {
		t.Errorf("an operator got %d %s", w.Code, w.Body)
	}
	if w := g.get("/fleet?shop=toko.myshopify.com"); w.Body.String() != "\"toko.myshopify.com\"\n" {
		t.Errorf("an operator got %d %s", w.Code, w.Body)
	}
}

// A prover of another kind joins without a change to any route.
func TestProvers(t *testing.T) {
	var id Identity
	var err error
	g := newRig(t, func(o *Options) {
		o.Provers = append([]Prover{func(r *http.Request) (Identity, error) {
			if r.Header.Get("Cookie") == "" {
				return Identity{}, ErrNoProof
			}
			return id, err
		}}, o.Provers...)
	}, Route{Method: "GET", Pattern: "/x", Proof: Key(catalog.RoleRead), Handle: func(w http.ResponseWriter, r *http.Request, c *Caller) error {
		return WriteJSON(w, r, 200, c.By)
	}})
	if w := g.get("/x"); w.Code != 200 {
		t.Errorf("the key after the cookie: %d", w.Code)
	}
	for _, c := range []struct {
		id   Identity
		err  error
		want int
	}{
		{Identity{Shop: g.shop, Role: catalog.RoleRead, By: store.By{UserID: "u"}}, nil, 200},
		{Identity{}, ErrBadProof, 401},
		{Identity{Shop: g.shop, Role: "king"}, nil, 401},
		{Identity{Role: catalog.RoleAdmin}, nil, 401},
		{Identity{}, errors.New("database"), 500},
	} {
		id, err = c.id, c.err
		r := httptest.NewRequest("GET", "/x", nil)
		r.Header.Set("Cookie", "a=b")
		r.Header.Set("Authorization", "Bearer "+g.key) // a bad proof is not made good by another
		w := httptest.NewRecorder()
		g.Handler().ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%+v, %v: %d, want %d", c.id, c.err, w.Code, c.want)
		}
	}
}

func TestLimiter(t *testing.T) {
	shop := tenanttest.Name(t, "a")
	l := publicLimiter(0.001, 2)
	for i, ip := range []string{"10.0.0.1", "10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2", "::ffff:10.0.0.2"} {
		if wait := l.Take(Visit{Network(ip), shop}); wait != 0 {
			t.Errorf("%d: %s waits %v", i, ip, wait)
		}
	}
	for _, ip := range []string{"10.0.0.1", "10.0.0.2", "2001:db8::3"} {
		if l.Take(Visit{Network(ip), shop}) == 0 {
			t.Errorf("%s does not wait", ip)
		}
	}
	if l.Take(Visit{Network("10.0.0.1"), tenanttest.Name(t, "b")}) != 0 {
		t.Error("another shop's turn was taken")
	}
	for i := range 2 * limitedMost {
		l.Take(Visit{Network(fmt.Sprintf("10.1.%d.%d", i/256, i%256)), shop})
	}
	if n := l.seen.Len(); n != limitedMost {
		t.Errorf("%d addresses are remembered", n)
	}
	if publicLimiter(-1, 0).Take(Visit{Network("10.0.0.1"), shop}) != 0 {
		t.Error("no limit made somebody wait")
	}
}

// FuzzSplitObject compares with encoding/json: what it takes for an object of
// different names and sound values is cut into the same parts, and only that.
func FuzzSplitObject(f *testing.F) {
	for _, s := range []string{`{}`, ` { "a" : 1 , "b":{"c":[1,"]"]}} `, `{"a":"\"}"}`, `{"a":1,}`, `{"a":1}{}`, `{"a":{]}`, `{"\u0061":1,"a":2}`, `{"a":tru"e"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		ms, err := splitObject(raw)
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(raw, &want)
		sound := err == nil
		for _, m := range ms {
			sound = sound && json.Valid(m.value)
		}
		if sound && (wantErr != nil || len(want) != len(ms)) {
			t.Fatalf("%q: cut into %d, encoding/json: %d, %v", raw, len(ms), len(want), wantErr)
		}
		if sound {
			for _, m := range ms {
				if !bytes.Equal(want[m.name], m.value) {
					t.Fatalf("%q: %s is %s, want %s", raw, m.name, m.value, want[m.name])
				}
			}
			return
		}
		if e := new(Error); wantErr == nil && want != nil && errors.As(err, &e) && strings.HasPrefix(e.Text, "body must be one") {
			t.Fatalf("%q was refused: %v", raw, err)
		}
	})
}

func TestTimeoutsOfServer(t *testing.T) {
	hs := newRig(t, nil).HTTPServer()
	for _, d := range []time.Duration{hs.ReadHeaderTimeout, hs.ReadTimeout, hs.WriteTimeout, hs.IdleTimeout} {
		if d <= 0 {
			t.Error("a wait without an end")
		}
	}
}
