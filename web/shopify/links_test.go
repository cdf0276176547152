package shopify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"lapak/web/shopify"
)

func TestParseShopForm(t *testing.T) {
	for typed, want := range map[string]string{
		"HTTP://My-Shop.myshopify.com//":           shop,
		"\u00a0my-shop ":                           shop,
		"https://admin.shopify.com/store/My-Shop/": shop,
		"":                                          "",
		"https://":                                  "",
		"my-shop.myshopify.com/admin":               "",
		"my-shop\u212a":                             "", // the Kelvin sign, a "k" in lower case
		"admin.shopify.com/store/../x":              "",
		"https://admin.shopify.com/store/a/b":       "",
		"https://https://my-shop.myshopify.com":     "",
		"my-shop.shop.dev":                          "", // not in production
		"my shop":                                   "",
		"user:password@my-shop.myshopify.com":       "",
		"https://my-shop.myshopify.com:443":         "",
		"https://admin.shopify.com.evil/store/shop": "",
	} {
		got, err := newApp(t).ParseShopForm(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
}

func TestParseHostRefuses(t *testing.T) {
	for param, want := range map[string]error{
		"":                                 shopify.ErrNoHost,
		hostParam:                          nil,
		hostParam + "-nope":                shopify.ErrBadHost,
		"not base64!":                      shopify.ErrBadHost,
		"YWRtaW4uc2hvcGlmeS5jb20vP3g":      shopify.ErrBadHost, // …/?x
		"YWRtaW4uc2hvcGlmeS5jb206ODAvYQ":   shopify.ErrBadHost, // …:80/a
		"YWRtaW4uc2hvcGlmeS5jb20vLy9ldmls": shopify.ErrBadHost, // …///evil
	} {
		_, err := shopify.ParseHost(param)
		wantErr(t, err, want)
	}
}

func TestEmbeddedURL(t *testing.T) {
	a := newApp(t)
	host, err := shopify.ParseHost(hostParam)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.EmbeddedURL(host); err != nil || got != "https://admin.shopify.com/store/my-shop/apps/client%20id" {
		t.Errorf("%q, %v", got, err)
	}
	_, err = a.EmbeddedURL(shopify.Host{})
	wantErr(t, err, shopify.ErrNoHost)
}

func TestBounceURL(t *testing.T) {
	a := newApp(t)
	for _, c := range []struct{ path, query, params, reload string }{
		{"/", "embedded=1&shop=s&id_token=old&host=h", "embedded=1&shop=s&host=h", "https://app.example/?embedded=1&shop=s&host=h"},
		{"", "", "", "https://app.example/"},
		{"/app/x", "id%5Ftoken=old&&b=%20", "b=%20", "https://app.example/app/x?b=%20"},
		{"/x", "shopify-reload=https://evil.example&%zz", "", "https://app.example/x"},
		{"//evil.example/", "a=1", "a=1", "https://app.example/evil.example/?a=1"},
	} {
		want := "/auth/session-token?"
		if c.params != "" {
			want += c.params + "&"
		}
		want += "shopify-reload=" + url.QueryEscape(c.reload)
		if got := a.BounceURL(c.path, c.query); got != want {
			t.Errorf("%q %q:\n%s, want\n%s", c.path, c.query, got, want)
		}
	}
}

func TestBouncePage(t *testing.T) {
	a, err := shopify.NewApp(shopify.Config{Key: `"><b>`, Secrets: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	want := `<script data-api-key="&#34;&gt;&lt;b&gt;" src="https://cdn.shopify.com/shopifycloud/app-bridge.js"></script>`
	if got := a.BouncePage(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestFrameAncestors(t *testing.T) {
	a := newApp(t)
	if got := a.FrameAncestors(shop); got != "frame-ancestors https://my-shop.myshopify.com https://admin.shopify.com;" {
		t.Error(got)
	}
	if got := a.FrameAncestors(""); got != "frame-ancestors 'none';" {
		t.Error(got)
	}
}

func TestReturnURL(t *testing.T) {
	for path, ok := range map[string]bool{
		"/my/app/path": true, "/": true, "/a?b=//c": true, "": false, "a": false, "//evil": false, "//": false, "///path/to/a/file": false,
		`/\evil.com`: false, "/%5cevil": false, "/%2Fevil": false, "/a//b": false, "/a\tb": false, "https://evil.com/x": false,
		`javascript:alert("nope")`: false, "https://app.example@evil.com/": false, "/%zz": false,
	} {
		got, err := newApp(t).ReturnURL(path)
		if (err == nil) != ok || ok && got != "https://app.example"+path {
			t.Errorf("%q: %q, %v", path, got, err)
		}
	}
}

func TestExitURL(t *testing.T) {
	for target, want := range map[string]string{
		"https://app.example":         "https://app.example/",
		"https://app.example/a/b?c=1": "https://app.example/a/b?c=1",
		"/a/b?c=1":                    "https://app.example/a/b?c=1",
		"https://admin.shopify.com/store/my-shop/charges/1/confirm":          "https://admin.shopify.com/store/my-shop/charges/1/confirm",
		"https://my-shop.myshopify.com/admin":                                "https://my-shop.myshopify.com/admin",
		"https://my-shop.myshopify.com/admin/charges/1/confirm?signature=ab": "https://my-shop.myshopify.com/admin/charges/1/confirm?signature=ab",
		"https://evil.example/":                                              "", "http://evil.example": "", "//evil.example": "", "https://shopify.com.evil.example": "",
		"https://my-shop.myshopify.com": "", "https://my-shop.myshopify.com/": "", "https://my-shop.myshopify.com/products": "",
		"https://my-shop.myshopify.com/adminlooking": "", "https://my-shop.shop.dev/admin": "", "https://cdn.shopify.com/s/files/1/x.html": "",
		"https://accounts.shopify.com/login": "", "https://foo.shopify.com/bar": "", "http://admin.shopify.com/store/x": "",
		"https://admin.shopify.com:8443/store/x": "", "https://a@admin.shopify.com/": "", "https://app.example@evil.example/": "",
		"http://app.example/": "", "https://app.example//evil": "", `https://app.example/\evil`: "", "https://app.example/a b": "",
		"file:///etc/passwd": "", "javascript:alert(1)": "", "https:app.example": "", "https:///x": "", "": "", "   ": "",
	} {
		got, err := newApp(t).ExitURL(target)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", target, got, err)
		}
	}
	local, err := shopify.NewApp(shopify.Config{Key: "k", Secrets: []string{"s"}, AdminURL: "http://127.0.0.1:9/{shop}"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := local.ExitURL("http://127.0.0.1:9/charge"); err != nil || got != "http://127.0.0.1:9/charge" {
		t.Errorf("%q, %v", got, err)
	}
	if got := local.FrameAncestors(shop); got != "frame-ancestors https://my-shop.myshopify.com https://admin.shopify.com http://127.0.0.1:9;" {
		t.Error(got)
	}
}

func TestAuthorizeURL(t *testing.T) {
	u, err := url.Parse(newApp(t).AuthorizeURL(shop, "state", "/auth/callback", false))
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"client_id": {"client id"}, "scope": {"write_products,read_orders"}, "state": {"state"},
		"redirect_uri": {"https://app.example/auth/callback"}, "grant_options[]": {""},
	}
	if u.Host != shop || u.Path != "/admin/oauth/authorize" || u.Query().Encode() != want.Encode() {
		t.Error(u)
	}
}

func TestAdminURL(t *testing.T) {
	a, err := shopify.NewApp(shopify.Config{Key: "k", Secrets: []string{"s"}, AdminURL: "http://127.0.0.1:9/{shop}/"})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.TokenURL(shop); got != "http://127.0.0.1:9/my-shop.myshopify.com/admin/oauth/access_token" {
		t.Error(got)
	}
	if got := newApp(t).GraphQLURL(shop, "2026-01"); got != "https://my-shop.myshopify.com/admin/api/2026-01/graphql.json" {
		t.Error(got)
	}
}

func TestGrantBodies(t *testing.T) {
	a := newApp(t, secret, old)
	exchange, err1 := a.ExchangeBody("jwt", true)
	refresh, err2 := a.RefreshBody("r")
	code, err3 := a.CodeBody("c")
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	for body, want := range map[string]map[string]string{
		string(exchange): {"subject_token": "jwt", "requested_token_type": "urn:shopify:params:oauth:token-type:online-access-token"},
		string(refresh):  {"grant_type": "refresh_token", "refresh_token": "r"},
		string(code):     {"code": "c"},
	} {
		var got map[string]string
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		want["client_id"], want["client_secret"] = "client id", secret
		for field, value := range want {
			if got[field] != value {
				t.Errorf("%s = %q, want %q", field, got[field], value)
			}
		}
	}
}

func TestParseAccessToken(t *testing.T) {
	got, err := shopify.ParseAccessToken([]byte(`{"access_token": "t", "scope": "read_a,write_a", "expires_in": 3600,
		"refresh_token": "r", "refresh_token_expires_in": 7776000, "later": 1}`), now)
	if err != nil || got.Token != "t" || got.Scopes.String() != "write_a" || got.Refresh != "r" ||
		!got.Expires.Equal(now.Add(time.Hour)) || !got.RefreshExpires.Equal(now.Add(90*24*time.Hour)) {
		t.Errorf("%+v, %v", got, err)
	}
	if got.NeedsRefresh(now.Add(54*time.Minute)) || !got.NeedsRefresh(now.Add(55*time.Minute)) {
		t.Error("the token is not renewed five minutes early")
	}
	forever, err := shopify.ParseAccessToken([]byte(`{"access_token": "t", "refresh_token": " "}`), now)
	if err != nil || !forever.Expires.IsZero() || forever.Refresh != "" || forever.NeedsRefresh(now.Add(1e18)) {
		t.Errorf("%+v, %v", forever, err)
	}
}

// TestAccessTokenHidesItself prints a token in every way there is.
func TestAccessTokenHidesItself(t *testing.T) {
	token := shopify.AccessToken{Token: "SECRET", Refresh: "SECRET", Scopes: shopify.ParseScopes("read_a"), Expires: now}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "token", token, "pointer", &token, "list", []shopify.AccessToken{token})
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "token", token, "pointer", &token, "list", []shopify.AccessToken{token})
	inside := struct{ Token shopify.AccessToken }{token}
	fmt.Fprintf(&log, "%v %+v %#v %s %q %v %+v %#v", token, token, token, token, token, inside, inside, inside)
	if err := json.NewEncoder(&log).Encode(inside); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(log.String(), "SECRET") || !strings.Contains(log.String(), "read_a") {
		t.Error(log.String())
	}
}

func TestParseAccessTokenRefuses(t *testing.T) {
	for _, body := range []string{
		``, `[]`, `{}`, `{"access_token": ""}`, `{"access_token": 1}`, `{"access_token": "t", "expires_in": -1}`,
		`{"access_token": "t", "expires_in": 9223372036854775807}`, `{"access_token": "t", "associated_user": {}}`,
	} {
		_, err := shopify.ParseAccessToken([]byte(body), now)
		wantErr(t, err, shopify.ErrBadResponse)
	}
}

func TestParseGrantError(t *testing.T) {
	wantErr(t, shopify.ParseGrantError([]byte(`{"error": "invalid_subject_token"}`)), shopify.ErrExpired)
	wantErr(t, shopify.ParseGrantError([]byte(`{"error": "invalid_client"}`)), shopify.ErrBadGrant)
	wantErr(t, shopify.ParseGrantError([]byte(`<html>`)), shopify.ErrBadGrant)
}
