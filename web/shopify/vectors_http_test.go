package shopify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/access"
	"lapak/web/embed"
	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
)

// The vectors of "http_behaviour" speak of requests to an app like this one.
// They name its origin and, in what they expect, its key, but no secret.
const (
	vectorOrigin = "https://my-test-app.myshopify.io"
	vectorKey    = "testApiKey"
	vectorSecret = "the vectors name none"
	vectorShop   = "someshop.myshopify.io"
)

// httpInput is one of several questions; see ask.
type httpInput struct {
	Method   string            `json:"method"`
	Query    json.RawMessage   `json:"query"` // an object, or a callback's whole query
	URL      string            `json:"url"`
	Headers  map[string]string `json:"headers"`
	Shop     opt[string]       `json:"shop"`
	Host     opt[string]       `json:"host"`
	Embedded opt[bool]         `json:"embedded"`
	Redirect json.RawMessage   `json:"redirect"`
	SSL      opt[bool]         `json:"require_ssl"` // ours go to our own origin, whatever its scheme
	Online   opt[bool]         `json:"online"`
	Nonce    string            `json:"nonce"`
	HMAC     opt[string]       `json:"hmac"`
	State    opt[string]       `json:"state"`
}

type httpExpected struct {
	Status       opt[int]          `json:"status"`
	ContentType  opt[string]       `json:"content_type"`
	Body         opt[string]       `json:"body"`
	Location     opt[string]       `json:"location"`
	Prefix       opt[string]       `json:"location_prefix"`
	Path         opt[string]       `json:"location_path"`
	PathParams   map[string]string `json:"location_params"`
	Params       map[string]string `json:"params"`
	Cookie       map[string]string `json:"cookie"`
	Headers      map[string]string `json:"headers"`
	HeaderAbsent opt[string]       `json:"header_absent"`
	Error        opt[string]       `json:"error"`
	URL          opt[string]       `json:"url"`
}

// runHTTP puts the vector's question to a real server: the routes of package
// embed, and one embedded page under every other path.
func runHTTP(t *testing.T, v vector) {
	var in httpInput
	var want httpExpected
	decode(t, v, &in, &want)
	key := vectorKey
	if want.Params["client_id"] != "" {
		key = want.Params["client_id"]
	}
	s := newVectorServer(t, key)
	if in.Redirect != nil {
		in.askRedirect(t, s, want)
		return
	}
	w, nonce := in.ask(t, s, v)
	t.Logf("%d %v %s", w.Code, w.Header(), w.Body.String())
	if in.Nonce != "" { // ours is random, so it stands where the vector's does
		want.substitute(in.Nonce, nonce)
	}
	want.check(t, w)
}

type vectorServer struct {
	http.Handler
	app *shopify.App
}

func newVectorServer(t *testing.T, key string) vectorServer {
	t.Helper()
	app, err := shopify.NewApp(shopify.Config{
		Key: key, Secrets: []string{vectorSecret}, URL: vectorOrigin, Domains: []string{"myshopify.com", "myshopify.io", "shop.dev"},
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	api := adminapi.New(adminapi.Options{App: app, HTTP: &http.Client{Transport: noNetwork{}}, Backoff: time.Millisecond})
	tokens, err := access.New(access.Options{Secret: []byte(strings.Repeat("k", 32)), API: api, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	pool := tenanttest.New(t)
	e := embed.New(embed.Options{App: app, API: api, Tokens: tokens, Pool: pool, Log: log})
	page := web.Route{Method: http.MethodGet, Pattern: "/*", Proof: web.Key(catalog.RoleAdmin), Handle: func(w http.ResponseWriter, _ *http.Request, _ *web.Caller) error {
		_, err := io.WriteString(w, "page")
		return err
	}}
	server := web.NewServer(web.Options{Pool: pool, Routes: append(e.Routes(), e.Wrap([]web.Route{page})...)})
	return vectorServer{server.Handler(), app}
}

// noNetwork keeps a vector's shop, which may be somebody's, from being asked.
type noNetwork struct{}

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("there is no Shopify here")
}

func (s vectorServer) do(t *testing.T, method, target string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// ask makes the request that the input describes, and returns its answer and the
// state of the OAuth round, if one began:
//
//	online         the beginning of an OAuth round
//	hmac or state  its callback, with this one wrong
//	query, a text  a callback in a browser that began none
//	embedded       a document with a good token; if false, a stand-alone one
//	url, or none   that request; none is the app's first page. A round's, where the
//	               vector comes from the tests of OAuth
func (in httpInput) ask(t *testing.T, s vectorServer, v vector) (w *httptest.ResponseRecorder, nonce string) {
	t.Helper()
	text, params := in.query(t)
	switch {
	case in.Online.set:
		return in.begin(t, s)
	case in.HMAC.set || in.State.set:
		return in.callback(t, s), ""
	case text != "":
		return s.do(t, http.MethodGet, "/auth/callback?"+text, in.Headers), ""
	case in.Embedded.set:
		return in.document(t, s), ""
	case in.URL == "" && path.Base(v.Source) == "oauth.test.ts":
		return in.begin(t, s)
	}
	target, method := in.URL, in.Method
	if method == "" {
		method = http.MethodGet
	}
	if target == "" {
		target = vectorOrigin + "/?" + params.Encode()
	}
	return s.do(t, method, target, in.Headers), ""
}

// query is the input's, as it is or as parameters.
func (in httpInput) query(t *testing.T) (text string, params url.Values) {
	t.Helper()
	params = url.Values{}
	if in.Query == nil || json.Unmarshal(in.Query, &text) == nil {
		return text, params
	}
	var pairs map[string]*string // null: absent
	if err := strict(in.Query, &pairs); err != nil {
		t.Fatalf("query: %v", err)
	}
	for name, value := range pairs {
		if value != nil {
			params.Set(name, *value)
		}
	}
	return "", params
}

func (in httpInput) begin(t *testing.T, s vectorServer) (w *httptest.ResponseRecorder, nonce string) {
	t.Helper()
	params := url.Values{"shop": {vectorShop}}
	if in.Shop.set {
		params.Set("shop", in.Shop.v)
	}
	if in.Online.v {
		params.Set("online", "1")
	}
	w = s.do(t, http.MethodGet, "/auth/begin?"+params.Encode(), in.Headers)
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return w, to.Query().Get("state")
}

// callback is Shopify's answer to a round that began in the same browser.
func (in httpInput) callback(t *testing.T, s vectorServer) *httptest.ResponseRecorder {
	t.Helper()
	begun, state := in.begin(t, s)
	var cookies []string
	for _, c := range begun.Result().Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if in.State.set {
		state = in.State.v
	}
	q := url.Values{"shop": {vectorShop}, "state": {state}, "timestamp": {fmt.Sprint(time.Now().Unix())}, "code": {"some random auth code"}}
	query := signQuery(t, vectorSecret, q)
	if in.HMAC.set {
		q.Set("hmac", in.HMAC.v)
		query = q.Encode()
	}
	return s.do(t, http.MethodGet, "/auth/callback?"+query, map[string]string{"Cookie": strings.Join(cookies, "; ")})
}

// document is a page as the admin loads it, or one that is not embedded.
func (in httpInput) document(t *testing.T, s vectorServer) *httptest.ResponseRecorder {
	t.Helper()
	if !in.Embedded.v {
		return s.do(t, http.MethodGet, "/auth/install", in.Headers)
	}
	now := time.Now().Unix()
	token := signToken(t, vectorSecret, jwt.MapClaims{
		"iss": "https://" + in.Shop.v + "/admin", "dest": "https://" + in.Shop.v, "aud": s.app.Key(), "sub": "42",
		"exp": now + 60, "nbf": now, "iat": now, "jti": "id", "sid": "session",
	})
	params := url.Values{"embedded": {"1"}, "shop": {in.Shop.v}, "id_token": {token}}
	return s.do(t, http.MethodGet, "/?"+params.Encode(), in.Headers)
}

// askRedirect asks where the app would send a browser: ReturnURL says where to
// after a sign-in, and the page that leaves the iframe opens the same. Ours are
// stricter than Shopify's libraries: what a vector lets go to another origin is
// refused, too.
func (in httpInput) askRedirect(t *testing.T, s vectorServer, want httpExpected) {
	t.Helper()
	if !want.URL.set {
		t.Fatal(`expected has no "url"`)
	}
	var target string
	if err := json.Unmarshal(in.Redirect, &target); err != nil {
		target = string(in.Redirect) // no text, but a request has nothing else
	}
	own := want.URL.v == vectorOrigin || strings.HasPrefix(want.URL.v, vectorOrigin+"/")
	if !want.URL.null && !own {
		t.Logf("stricter: %q is refused, where the vector lets it go to %q", target, want.URL.v)
		want.URL.null, want.URL.v = true, ""
	}
	got, err := s.app.ReturnURL(target)
	is(t, "url", want.URL, got)
	is(t, "refused", opt[bool]{set: true, v: want.URL.null}, err != nil)
	w := s.do(t, http.MethodGet, "/auth/exit-iframe?exitIframe="+url.QueryEscape(target), nil)
	opens := strings.Contains(w.Body.String(), `window.open("`+want.URL.v)
	if refused := w.Code >= 400 && !strings.Contains(w.Body.String(), "window.open"); refused != want.URL.null || opens == refused {
		t.Errorf("the page that leaves the iframe: %d %s", w.Code, w.Body.String())
	}
}

// substitute puts our own random text where the vector has its own.
func (want *httpExpected) substitute(theirs, ours string) {
	for _, texts := range []map[string]string{want.Params, want.Cookie} {
		for name, value := range texts {
			if value == theirs {
				texts[name] = ours
			}
		}
	}
}

func (want httpExpected) check(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	is(t, "status", want.Status, w.Code)
	if want.ContentType.set {
		is(t, "content_type", opt[string]{set: true, v: mediaType(t, want.ContentType.v)}, mediaType(t, w.Header().Get("Content-Type")))
	}
	is(t, "body", want.Body, strings.TrimSpace(w.Body.String()))
	want.checkLocation(t, w.Header().Get("Location"))
	want.checkHeaders(t, w)
	if want.Error.set {
		checkRefusal(t, want.Error.v, w)
	}
	if want.URL.set {
		t.Error(`"url" is expected of a request that does not redirect`)
	}
}

func mediaType(t *testing.T, header string) string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(header)
	if err != nil {
		t.Errorf("content type %q: %v", header, err)
	}
	return mime.FormatMediaType(kind, params)
}

func (want httpExpected) checkLocation(t *testing.T, location string) {
	t.Helper()
	is(t, "location", want.Location, location)
	if !strings.HasPrefix(location, want.Prefix.v) {
		t.Errorf("location %q, want one that begins with %q", location, want.Prefix.v)
	}
	to, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	is(t, "location_path", want.Path, to.Path)
	for _, params := range []map[string]string{want.PathParams, want.Params} {
		for name, value := range params {
			if got := to.Query()[name]; len(got) != 1 || got[0] != value {
				t.Errorf("location's %s = %q, want %q", name, got, value)
			}
		}
	}
}

func (want httpExpected) checkHeaders(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	for name, value := range want.Headers {
		got := w.Header().Get(name)
		if strings.EqualFold(name, "Content-Security-Policy") {
			// Ours says more: the page's own policy stands beside it.
			got, value = frameAncestors(got), frameAncestors(value)
		}
		if got != value {
			t.Errorf("%s = %q, want %q", name, got, value)
		}
	}
	if name, value, whole := strings.Cut(want.HeaderAbsent.v, ": "); want.HeaderAbsent.set {
		if got := w.Header().Get(name); got == value && whole || got != "" && !whole {
			t.Errorf("%s = %q", name, got)
		}
	}
	cookies := map[string]string{}
	for _, c := range w.Result().Cookies() {
		cookies[c.Name] = c.Value
	}
	for name, value := range want.Cookie {
		if cookies[name] != value || value == "" {
			t.Errorf("cookie %s = %q, want %q", name, cookies[name], value)
		}
	}
}

func frameAncestors(policy string) string {
	for directive := range strings.SplitSeq(policy, ";") {
		if directive = strings.TrimSpace(directive); strings.HasPrefix(directive, "frame-ancestors ") {
			return directive
		}
	}
	return ""
}

// refusals say how ours answers what a library throws: the status, and a part of
// what the page tells the merchant, by which two of one status differ.
var refusals = map[string]struct {
	status []int
	says   string
}{
	"refuse":              {[]int{400}, "leads away"},
	"CookieNotFound":      {[]int{400}, "another browser"},
	"InvalidOAuthError":   {[]int{400, 401}, "not valid"},
	"BotActivityDetected": {[]int{410}, ""},
}

func checkRefusal(t *testing.T, name string, w *httptest.ResponseRecorder) {
	t.Helper()
	want, known := refusals[name]
	if !known {
		t.Fatalf("unknown error %q", name)
	}
	ok := strings.Contains(w.Body.String(), want.says) && w.Header().Get("Location") == ""
	status := false
	for _, s := range want.status {
		status = status || s == w.Code
	}
	if !ok || !status {
		t.Errorf("%d %s, want %q", w.Code, w.Body.String(), name)
	}
}
