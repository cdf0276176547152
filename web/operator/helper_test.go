package operator_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/operator"
	"lapak/web/signin"
	"lapak/web/view"
)

const password = "kain tenun lurik"

// house is a server with the operator's pages.
type house struct {
	pool     *tenants.Pool
	catalog  *catalog.DB
	signin   *signin.Signin
	slow     *operator.Slow
	troubles *operator.Troubles
	url      string
	handler  http.Handler
	erased   []store.Shop
	retried  []string

	eraseFails error
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{pool: tenanttest.New(t), slow: new(operator.Slow), troubles: new(operator.Troubles)}
	h.catalog = h.pool.Catalog()
	site, err := view.NewSite()
	check(t, err)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.handler.ServeHTTP(w, r) }))
	// Passkeys need a name, not an address.
	h.url = "http://localhost:" + srv.Listener.Addr().String()[strings.LastIndexByte(srv.Listener.Addr().String(), ':')+1:]
	h.signin, err = signin.New(signin.Options{Pool: h.pool, Site: site, Origin: h.url})
	check(t, err)
	pages := operator.New(operator.Options{
		Pool: h.pool, Site: site, Signin: h.signin, Dir: t.TempDir(), Slow: h.slow, Troubles: h.troubles, Version: "1.0", StartedAt: time.Now().Add(-time.Hour),
		Erase: func(_ context.Context, shop store.Shop, by store.By) error {
			if !strings.HasPrefix(by.UserID, "operator:") {
				return errors.New("erased by nobody")
			}
			if h.eraseFails == nil {
				h.erased = append(h.erased, shop)
			}
			return h.eraseFails
		},
		RetryDelivery: func(_ context.Context, id string) error { h.retried = append(h.retried, id); return nil },
	})
	static := web.Route{Method: "GET", Pattern: view.StaticPrefix + "*", Handle: func(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
		if !site.ServeStatic(w, r) {
			return store.ErrNotFound
		}
		return nil
	}}
	merchant := web.Route{Method: "GET", Pattern: "/shops/{shop}", Proof: web.Key(catalog.RoleAdmin), Handle: func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
		return web.WriteJSON(w, r, http.StatusOK, c.Shop.String())
	}}
	h.handler = web.NewServer(web.Options{
		Pool: h.pool, Provers: []web.Prover{web.NewKeys(h.catalog).Prove, h.signin.Prove},
		Routes: append(append(h.signin.Routes(), pages.Routes()...), static, merchant),
		Log:    slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	}).Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	return h
}

// person is somebody with a browser that follows no redirects.
type person struct {
	t    testing.TB
	url  string
	http *http.Client
}

func (h *house) person(t testing.TB) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	check(t, err)
	return &person{t, h.url, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as signs somebody in, without the pages.
func (h *house) as(t testing.TB, who catalog.Signer) *person {
	t.Helper()
	p := h.person(t)
	_, cookie, err := h.catalog.CreateSignin(t.Context(), who, catalog.Browser{UserAgent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36", IP: "192.0.2.7"})
	check(t, err)
	p.http.Jar.SetCookies(mustURL(t, h.url), []*http.Cookie{{Name: "lapak", Value: cookie, Path: "/"}})
	return p
}

// operator makes an operator, signed in. Their password is no hash.
func (h *house) operator(t testing.TB, name string) (*person, string) {
	t.Helper()
	_, secret, err := h.catalog.CreateLink(t.Context(), catalog.Signer{})
	check(t, err)
	in, _, err := h.catalog.Redeem(t.Context(), secret, catalog.Redemption{Name: name, Password: "none"})
	check(t, err)
	check(t, h.catalog.EndSignin(t.Context(), in.Signer, in.ID))
	return h.as(t, in.Signer), in.Operator
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (p *person) send(req *http.Request) answer {
	p.t.Helper()
	resp, err := p.http.Do(req)
	check(p.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	check(p.t, err)
	return answer{resp, string(raw)}
}

// get asks for a page, in English, and checks what is true for all.
func (p *person) get(path string) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), "GET", p.url+path, nil)
	check(p.t, err)
	a := p.send(req)
	p.sound(a)
	return a
}

func (p *person) post(path string, form url.Values) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), "POST", p.url+path, strings.NewReader(form.Encode()))
	check(p.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	a := p.send(req)
	p.sound(a)
	return a
}

// sound checks that a page keeps to its policy and misses no text.
func (p *person) sound(a answer) {
	p.t.Helper()
	if bad := regexp.MustCompile(`⟦.*?⟧|%!.|\sstyle=|<script>|\son[a-z]+=`).FindString(a.body); bad != "" {
		p.t.Errorf("%s holds %q", a.Request.URL.Path, bad)
	}
}

// wants checks a status, and where it leads to.
func (p *person) wants(a answer, status int, location string) {
	p.t.Helper()
	if a.StatusCode != status || a.Header.Get("Location") != location {
		p.t.Fatalf("%s %s: %d to %q, want %d to %q", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.Header.Get("Location"), status, location)
	}
}

func (p *person) says(a answer, texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			p.t.Errorf("%s does not say %q", a.Request.URL, text)
		}
	}
}

func mustURL(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	check(t, err)
	return u
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// audit is a shop's audit log as "ACTION resource by before after", the oldest
// first.
func (h *house) audit(t *testing.T, shop store.Shop) (lines []string) {
	t.Helper()
	lease, err := h.pool.Acquire(t.Context(), shop)
	check(t, err)
	defer lease.Release()
	check(t, lease.Read(t.Context(), "audit", func(v *store.View) error {
		entries, _, err := v.AuditLog(store.AuditFilter{}, store.Page{Limit: 100})
		for _, e := range entries {
			by := ""
			if e.UserID != nil && e.UserEmail != nil && e.IPAddress != nil {
				by = *e.UserID + "(" + *e.UserEmail + ")"
			}
			lines = append([]string{strings.Join([]string{e.Action, e.Resource, by, string(e.Before), string(e.After)}, " ")}, lines...)
		}
		return err
	}))
	return lines
}
