package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/api"
)

// site is a whole server with two shops, on a real connection.
type site struct {
	t     testing.TB
	pool  *tenants.Pool
	url   string
	close func() // waits for the requests under way
	spool string
	log   *lockedBuffer

	shop, other                  store.Shop
	admin, write, read, operator string // keys
	otherAdmin                   string
}

func newSite(t testing.TB, changes ...func(*web.Options)) *site {
	t.Helper()
	s := &site{t: t, pool: tenanttest.New(t), spool: t.TempDir(), log: &lockedBuffer{}}
	s.shop, s.other = tenanttest.Shop(t, s.pool, "toko"), tenanttest.Shop(t, s.pool, "warung")
	s.admin = tenanttest.Key(t, s.pool, s.shop, catalog.RoleAdmin)
	s.write = tenanttest.Key(t, s.pool, s.shop, catalog.RoleWrite)
	s.read = tenanttest.Key(t, s.pool, s.shop, catalog.RoleRead)
	s.otherAdmin = tenanttest.Key(t, s.pool, s.other, catalog.RoleAdmin)
	s.operator = tenanttest.Key(t, s.pool, store.Shop{}, catalog.RoleOperator)
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	opt := web.Options{
		Pool: s.pool, Provers: []web.Prover{web.NewKeys(s.pool.Catalog()).Prove}, PublicRate: -1, Log: log,
		Routes: api.New(api.Options{Pool: s.pool, Spool: s.spool, Log: log}).Routes(),
	}
	for _, change := range changes {
		change(&opt)
	}
	server := web.NewServer(opt)
	ts := httptest.NewUnstartedServer(nil)
	ts.Config = server.HTTPServer()
	ts.Start()
	t.Cleanup(ts.Close)
	s.url, s.close = ts.URL, ts.Close
	return s
}

// request is one that is being put together.
type request struct {
	s      *site
	method string
	path   string
	body   io.Reader
	header http.Header
}

// as begins a request with a key; "" is none.
func (s *site) as(key, method, path string) *request {
	r := &request{s: s, method: method, path: path, header: http.Header{}}
	if key != "" {
		r.header.Set("Authorization", "Bearer "+key)
	}
	return r
}

func (r *request) set(name, value string) *request { r.header.Set(name, value); return r }

func (r *request) json(body string) *request {
	r.body = strings.NewReader(body)
	return r.set("Content-Type", "application/json")
}

// answer is what came back, whole.
type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   string
}

func (r *request) do() answer {
	r.s.t.Helper()
	a, err := r.send()
	if err != nil {
		r.s.t.Fatal(err)
	}
	return a
}

// send is do for goroutines of the test's own.
func (r *request) send() (a answer, err error) {
	req, err := http.NewRequestWithContext(context.Background(), r.method, r.s.url+web.APIPrefix+r.path, r.body)
	if err != nil {
		return a, err
	}
	req.Header = r.header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return answer{r.s.t, r.method + " " + r.path, resp.StatusCode, resp.Header, string(raw)}, err
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.status, status, a.body)
	}
	return a
}

// fails wants an error with exactly this answer.
func (a answer) fails(status int, code, sentence string) answer {
	a.t.Helper()
	a.want(status)
	want, err := json.Marshal(sentence)
	if err != nil {
		a.t.Fatal(err)
	}
	if whole := `{"error":` + string(want) + `,"code":"` + code + "\"}\n"; a.body != whole {
		a.t.Fatalf("%s: %q, want %q", a.what, a.body, whole)
	}
	if a.header.Get("Content-Type") != "application/json; charset=utf-8" {
		a.t.Errorf("%s: Content-Type %q", a.what, a.header.Get("Content-Type"))
	}
	return a
}

func decode[T any](a answer) (v T) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		a.t.Fatalf("%s: %v: %s", a.what, err, a.body)
	}
	return v
}

func (s *site) design(key, body string) store.Design {
	s.t.Helper()
	return decode[store.Design](s.as(key, "POST", "/design").json(body).do().want(201))
}

const plainDesign = `{"shopifyProductId":"1","name":"n","designJson":{"a":1}}`

// spooled is what lies in the spool folder.
func (s *site) spooled() []string {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(s.spool, "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

// objects is what is in the assets bucket of a shop.
func (s *site) objects(shop store.Shop) (keys []string) {
	s.t.Helper()
	dir := filepath.Join(filepath.Dir(s.pool.CatalogPath()), "assets", shop.String())
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			keys = append(keys, strings.TrimPrefix(path, dir+"/"))
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return keys
}

// audit is the newest entry of a shop's audit log.
func (s *site) audit(key string) store.Entry {
	s.t.Helper()
	entries := decode[[]store.Entry](s.as(key, "GET", "/audit?limit=1").do().want(200))
	if len(entries) != 1 {
		s.t.Fatal("the audit log is empty")
	}
	return entries[0]
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
