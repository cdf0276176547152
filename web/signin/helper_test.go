package signin_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/signin"
	"lapak/web/view"
)

const password = "kain tenun lurik"

// house is a server with a shop's page, an operator's page and the sign-in.
type house struct {
	pool   *tenants.Pool
	signin *signin.Signin
	url    string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{pool: tenanttest.New(t)}
	site, err := view.NewSite()
	check(t, err)
	var handler http.Handler
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	// Passkeys need a name, not an address.
	h.url = "http://localhost:" + srv.Listener.Addr().String()[strings.LastIndexByte(srv.Listener.Addr().String(), ':')+1:]
	h.signin, err = signin.New(signin.Options{
		Pool: h.pool, Site: site, Origin: h.url, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	check(t, err)
	echo := func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
		return web.WriteJSON(w, r, http.StatusOK, map[string]string{"shop": c.Shop.String(), "role": string(c.Role), "by": c.By.UserID, "name": c.By.Email})
	}
	handler = web.NewServer(web.Options{
		Pool: h.pool, Provers: []web.Prover{web.NewKeys(h.pool.Catalog()).Prove, h.signin.Prove},
		Routes: append(h.signin.Routes(),
			web.Route{Method: "GET", Pattern: "/shops/{shop}/x", Proof: web.Key(catalog.RoleAdmin), Handle: echo, Fail: h.signin.Fail},
			web.Route{Method: "POST", Pattern: "/shops/{shop}/x", Proof: web.Key(catalog.RoleAdmin), Handle: echo, Fail: h.signin.Fail},
			web.Route{Method: "GET", Pattern: "/operator", Proof: web.Operator().Cold(), Handle: echo, Fail: h.signin.Fail},
			web.Route{Method: "POST", Pattern: "/passkeys/begin", Proof: web.Operator().Cold(), Handle: h.beginPasskey},
			web.Route{Method: "POST", Pattern: "/passkeys/finish", Proof: web.Operator().Cold(), Body: web.Stream(1 << 16), Handle: h.finishPasskey},
		),
	}).Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	return h
}

func (h *house) beginPasskey(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	in, err := h.signin.Current(r)
	if err != nil {
		return err
	}
	options, err := h.signin.BeginPasskey(r.Context(), in)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, r, http.StatusOK, options)
}

func (h *house) finishPasskey(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	in, err := h.signin.Current(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := h.signin.AddPasskey(r.Context(), in, "Test", body); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// operator makes an operator with the test's password, and returns a browser that
// is signed in as them.
func (h *house) operator(t *testing.T, name string) *person {
	t.Helper()
	p := h.person(t)
	a := p.post("/signin/link", url.Values{"token": {h.link(t, catalog.Signer{})}, "name": {name}, "password": {password}})
	p.wants(a, http.StatusSeeOther, "/operator")
	return p
}

// merchant returns a browser that is signed in to a shop.
func (h *house) merchant(t *testing.T, shop store.Shop) *person {
	t.Helper()
	p := h.person(t)
	p.wants(p.post("/signin/link", url.Values{"token": {h.link(t, catalog.Signer{Shop: shop})}}), http.StatusSeeOther, "/shops/"+shop.String())
	return p
}

// link is the secret of a new link.
func (h *house) link(t *testing.T, who catalog.Signer) string {
	t.Helper()
	address, _, err := h.signin.Link(t.Context(), who)
	check(t, err)
	u, err := url.Parse(address)
	check(t, err)
	return u.Query().Get("token")
}

// person is somebody with a browser that follows no redirects.
type person struct {
	t    *testing.T
	url  string
	http *http.Client
}

func (h *house) person(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	check(t, err)
	return &person{t, h.url, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (p *person) send(method, path, body string, header ...string) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, p.url+path, strings.NewReader(body))
	check(p.t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := p.http.Do(req)
	check(p.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	check(p.t, err)
	return answer{resp, string(raw)}
}

func (p *person) get(path string, header ...string) answer {
	p.t.Helper()
	return p.send("GET", path, "", header...)
}

func (p *person) post(path string, form url.Values, header ...string) answer {
	p.t.Helper()
	return p.send("POST", path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

// wants checks a status, and where it leads to.
func (p *person) wants(a answer, status int, location string) {
	p.t.Helper()
	if a.StatusCode != status || a.Header.Get("Location") != location {
		p.t.Fatalf("%s %s: %d to %q, want %d to %q\n%s", a.Request.Method, a.Request.URL.Path, a.StatusCode, a.Header.Get("Location"), status, location, a.body)
	}
}

// cookie is the browser's sign-in cookie, "" if it has none.
func (p *person) cookie() string {
	u, err := url.Parse(p.url)
	check(p.t, err)
	for _, c := range p.http.Jar.Cookies(u) {
		if c.Name == "lapak" {
			return c.Value
		}
	}
	return ""
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// says checks that a page holds a text, and no text that is missing.
func (p *person) says(a answer, text string) {
	p.t.Helper()
	if !strings.Contains(a.body, text) {
		p.t.Errorf("%s does not say %q:\n%s", a.Request.URL.Path, text, a.body)
	}
	if missing := regexp.MustCompile(`⟦.*?⟧`).FindString(a.body); missing != "" {
		p.t.Errorf("%s misses the text %s", a.Request.URL.Path, missing)
	}
}
