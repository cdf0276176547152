package shopifytest

import (
	"context"
	"crypto/tls"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// FrontOptions of Front. App is required.
type FrontOptions struct {
	App  string // where the app answers, such as "http://127.0.0.1:8080"
	Path string // of the app's first page; "" means "/app"
}

// Front is what a browser sees: one TLS address that answers as Shopify's admin,
// as its shops, as its CDN, and, under the app's own host name, as the app. A
// browser that is told to find every host here sees Shopify's real names, so
// that frame-ancestors, cookies and origins are what they will be.
type Front struct {
	s       *Shopify
	opt     FrontOptions
	appURL  *url.URL // public
	server  *httptest.Server
	forward *httputil.ReverseProxy

	mu    sync.Mutex
	pages map[string]string // of storefronts, by host and path
}

// Front starts a front for the app; it stops when the test ends.
func (s *Shopify) Front(t testing.TB, opt FrontOptions) *Front {
	t.Helper()
	if opt.Path == "" {
		opt.Path = "/app"
	}
	target, err := url.Parse(opt.App)
	if err != nil {
		t.Fatal(err)
	}
	public, err := url.Parse(s.opt.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := &Front{s: s, opt: opt, appURL: public, pages: map[string]string{}}
	f.forward = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	f.server = httptest.NewUnstartedServer(f)
	f.server.StartTLS()
	t.Cleanup(func() {
		f.server.CloseClientConnections()
		f.server.Close()
	})
	return f
}

// Addr is the front's address, host and port.
func (f *Front) Addr() string { return f.server.Listener.Addr().String() }

// HostRules make Chromium find every host at the front (--host-resolver-rules);
// it must also ignore certificate errors. 127.0.0.1 itself stays reachable.
func (f *Front) HostRules() string { return "MAP * " + f.Addr() + ", EXCLUDE 127.0.0.1" }

// AdminURL is the page of Shopify's admin that shows the app of a shop; path is
// one of the app's, "" its first page.
func (f *Front) AdminURL(shopName, path string) string {
	return "https://admin.shopify.com/store/" + handle(shopName) + "/apps/" + f.s.opt.Key + path
}

// TwoShopsURL is a page of the admin with the app of two shops side by side.
func (f *Front) TwoShopsURL(one, other string) string {
	return "https://admin.shopify.com/stand-in/two?shop=" + url.QueryEscape(one) + "&shop=" + url.QueryEscape(other)
}

// Client is an HTTP client with its own cookies to which the front is the whole
// world. It follows no redirect.
func (f *Front) Client(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the front's certificate is for no name in particular
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, f.Addr())
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Page puts an HTML page at a path of a shop's storefront.
func (f *Front) Page(shopName, path, html string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages[shopName+path] = html
}

// ServeHTTP answers as whoever the request is for.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	switch {
	case host == f.appURL.Hostname():
		f.forward.ServeHTTP(w, r)
	case host == "admin.shopify.com":
		f.serveAdmin(w, r)
	case host == "cdn.shopify.com":
		f.serveCDN(w, r)
	case strings.HasSuffix(host, ".myshopify.com"):
		f.serveShop(w, r, host)
	default:
		http.Error(w, "the stand-in knows no host "+host, http.StatusNotFound)
	}
}

//go:embed app-bridge.js
var appBridge []byte

func (f *Front) serveCDN(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/shopifycloud/app-bridge.js" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(appBridge)
}

// serveShop answers for a shop: its storefront with the App Proxy, and its part
// of the admin.
func (f *Front) serveShop(w http.ResponseWriter, r *http.Request, shopName string) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/admin/"):
		inner := r.Clone(r.Context())
		inner.URL.Path, inner.URL.RawPath = "/"+shopName+path, ""
		f.s.mux.ServeHTTP(w, inner)
	case strings.HasPrefix(path, "/apps/lapak/"):
		f.serveProxy(w, r, shopName)
	case path == "/stand-in/customer":
		http.SetCookie(w, &http.Cookie{Name: "customer", Value: r.URL.Query().Get("id"), Path: "/", Secure: true, HttpOnly: true})
		fmt.Fprint(w, "signed in")
	default:
		f.servePage(w, r, shopName)
	}
}

func (f *Front) servePage(w http.ResponseWriter, r *http.Request, shopName string) {
	f.mu.Lock()
	html, ok := f.pages[shopName+r.URL.Path]
	f.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(html))
}

// serveProxy is the App Proxy: it drops the shopper's cookies, says who they are,
// signs, and asks the app. /stand-in/customer?id= signs a shopper in.
func (f *Front) serveProxy(w http.ResponseWriter, r *http.Request, shopName string) {
	customer := ""
	if c, err := r.Cookie("customer"); err == nil {
		customer = c.Value
	}
	q := r.URL.Query()
	for _, name := range []string{"shop", "logged_in_customer_id", "path_prefix", "timestamp", "signature"} {
		q.Del(name)
	}
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = "/proxy/"+strings.TrimPrefix(r.URL.Path, "/apps/lapak/"), ""
	inner.URL.RawQuery = f.s.ProxyQuery(shopName, customer, q)
	inner.Host = f.appURL.Host
	inner.Header.Del("Cookie")
	inner.Header.Del("Authorization")
	f.forward.ServeHTTP(w, inner)
}

func handle(shopName string) string {
	label, _, _ := strings.Cut(shopName, ".")
	return label
}
