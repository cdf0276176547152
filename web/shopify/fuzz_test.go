package shopify_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"lapak/web/shopify"
)

// shopPattern is the protocol's own, which ParseShop writes out by hand.
var shopPattern = regexp.MustCompile(`\A[a-z0-9][a-z0-9_-]*\.(myshopify\.com|myshopify\.io|shop\.dev)\z`)

func FuzzParseShop(f *testing.F) {
	for _, s := range []string{shop, "a.shop.dev", "-a.myshopify.io", "a.myshopify.com\n", "a.myshopify.com,b.myshopify.com", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := shopify.ParseShop(raw)
		if (err == nil) != (shopPattern.MatchString(raw) && len(raw) <= 200) || err == nil && got != raw {
			t.Errorf("%q: %q, %v", raw, got, err)
		}
	})
}

func FuzzParseShopForm(f *testing.F) {
	for _, s := range []string{shop, "my-shop", " HTTPS://My-Shop.MyShopify.com/ ", "https://admin.shopify.com/store/x/", "K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := shopify.ParseShopForm(typed)
		if err != nil {
			return
		}
		again, err := shopify.ParseShopForm(got)
		if err != nil || again != got || !shopPattern.MatchString(got) {
			t.Errorf("%q: %q, then %q, %v", typed, got, again, err)
		}
	})
}

func FuzzShopOfAdmin(f *testing.F) {
	for _, s := range []string{"https://admin.shopify.com/store/a", "admin.web.x.spin.dev/store/a", "admin.web..spin.dev/store/a", "/store/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, admin string) {
		name, err := shopify.ShopOfAdmin(admin)
		if err != nil {
			return
		}
		back, err := shopify.AdminOf(name)
		if err != nil || !strings.Contains(admin, back) {
			t.Errorf("%q: %q, back to %q, %v", admin, name, back, err)
		}
	})
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{hostParam, hostParam + "==", "ZXZpbC5jb20jLm15c2hvcGlmeS5jb20=", "", "===="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, param string) {
		host, err := shopify.ParseHost(param)
		if err != nil {
			return
		}
		u, err := url.Parse("https://" + host.String())
		if err != nil || u.User != nil || u.Port() != "" || u.RawQuery != "" || u.Fragment != "" || host.Param() != param ||
			!regexp.MustCompile(`\.(shopify\.com|myshopify\.com|myshopify\.io|spin\.dev|shop\.dev)$`).MatchString(u.Host) {
			t.Errorf("%q leads to %q (%v)", param, host, err)
		}
	})
}

// FuzzVerifyQuery sees that nobody gets through without the secret, and that
// what was signed does.
func FuzzVerifyQuery(f *testing.F) {
	for _, s := range []string{"shop=a&hmac=b", "ids[]=1&ids[]=2", "a=1&a=2", "%zz", "a=%26b%3Dc&hmac", "x[]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a := newApp(t)
		if _, err := a.CheckQuery(raw); err == nil {
			t.Fatalf("%q is accepted", raw)
		}
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q.Del("hmac")
		q.Set("timestamp", stamp(0))
		if _, err := shopify.QueryMessage(q); err != nil {
			return
		}
		signed := signQuery(t, secret, q)
		if _, err := a.VerifyQuery(signed); err != nil {
			t.Errorf("%q is refused: %v", signed, err)
		}
		if _, err := a.VerifyQuery(signed + "&zzz=1"); err == nil {
			t.Errorf("%q is accepted with one more parameter", signed)
		}
		if in, err := a.ReadInstall(signed); err == nil && !shopPattern.MatchString(in.Shop) {
			t.Errorf("%q gives %+v", signed, in)
		}
	})
}

func FuzzReadProxy(f *testing.F) {
	for _, s := range []string{"shop=" + shop, "shop=a&shop=b&signature=c", "a=1&a=2", "%zz", "a=1shop%3Dx&zz="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a := newApp(t)
		if _, err := a.CheckProxy(raw); err == nil {
			t.Fatalf("%q is accepted", raw)
		}
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q.Set("timestamp", stamp(0))
		p, err := a.ReadProxy(signProxy(secret, q), "a", "zz")
		if err != nil {
			return
		}
		if len(q["shop"]) != 1 || p.Shop != q.Get("shop") || !shopPattern.MatchString(p.Shop) || len(p.Params) > 2 {
			t.Errorf("%q gives %+v", raw, p)
		}
	})
}

func FuzzReadWebhook(f *testing.F) {
	f.Add("app/uninstalled", shop, "2026-03-29T18:00:27Z", []byte(`{"shop_domain": "x"}`))
	f.Add("", "", "0000-00-00T00:00:00Z", []byte(nil))
	f.Fuzz(func(t *testing.T, topic, name, at string, body []byte) {
		a, h := newApp(t), delivery(string(body))
		h.Set("X-Shopify-Topic", topic)
		h.Set("X-Shopify-Shop-Domain", name)
		h.Set("X-Shopify-Triggered-At", at)
		w, err := a.ReadWebhook(http.MethodPost, h, body)
		if err == nil && (len(body) == 0 || w.Topic == "" || !shopPattern.MatchString(w.Shop)) {
			t.Errorf("%+v", w)
		}
		if err := w.CheckBodyShop(body); err == nil && w.Shop == "" {
			t.Errorf("%q names no shop, and is believed", body)
		}
		h.Set("X-Shopify-Hmac-Sha256", base64HMAC(secret, append(body, 0)))
		if _, err := a.ReadWebhook(http.MethodPost, h, body); err == nil {
			t.Error("another body's signature is accepted")
		}
	})
}

// FuzzVerifyToken gives the bytes once as a token, and once as the payload of a
// token that is rightly signed.
func FuzzVerifyToken(f *testing.F) {
	payload, err := json.Marshal(adminClaims("client id"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(payload))
	f.Add(strings.Replace(string(payload), "/admin", "/checkouts", 1))
	f.Add(strings.Replace(string(payload), `"42"`, "null", 1))
	f.Add("a.b.c")
	f.Add(`{"exp": 1e300, "nbf": -1e300, "aud": ["client id"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		a := newApp(t)
		if _, err := a.VerifyToken(text); err == nil {
			t.Fatalf("%q is accepted", text)
		}
		signing, err := jwt.New(jwt.SigningMethodHS256).SigningString()
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(signing, ".")
		signing = header + "." + jwt.New(jwt.SigningMethodHS256).EncodeSegment([]byte(text))
		mac, err := jwt.SigningMethodHS256.Sign(signing, []byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		token, err := a.VerifyToken(signing + "." + jwt.New(jwt.SigningMethodHS256).EncodeSegment(mac))
		if err != nil {
			return
		}
		if !shopPattern.MatchString(token.Shop) || token.ID == "" || token.Admin != (token.User != "" && token.Session != "") {
			t.Errorf("%q gives %+v", text, token)
		}
	})
}

func FuzzBearerToken(f *testing.F) {
	f.Add("Bearer a", "b")
	f.Add("Bearer ", "")
	f.Fuzz(func(t *testing.T, authorization, param string) {
		token, err := shopify.BearerToken(authorization, param)
		if (err == nil) != (token != "") {
			t.Errorf("%q, %v", token, err)
		}
	})
}

func FuzzParseScopes(f *testing.F) {
	f.Add("read_a,write_a", "unauthenticated_write_b, read_a,,")
	f.Fuzz(func(t *testing.T, one, two string) {
		a, b := shopify.ParseScopes(one), shopify.ParseScopes(two)
		if again := shopify.ParseScopes(a.String()); !again.Equal(a) || again.String() != a.String() {
			t.Errorf("%q becomes %q, then %q", one, a, again)
		}
		both := shopify.ParseScopes(one + "," + two)
		if !both.Has(a) || !both.Has(b) || a.Equal(b) != b.Equal(a) {
			t.Errorf("%q and %q together are %q", one, two, both)
		}
	})
}

func FuzzParseAccessToken(f *testing.F) {
	f.Add([]byte(`{"access_token": "t", "scope": "a", "expires_in": 86399, "associated_user": {"id": 1}}`))
	f.Add([]byte(`{"error": "invalid_subject_token"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		token, err := shopify.ParseAccessToken(body, now)
		if err == nil && (token.Token == "" || !token.Expires.IsZero() && !token.Expires.After(now)) {
			t.Errorf("%+v", token)
		}
		if shopify.ParseGrantError(body) == nil {
			t.Errorf("%q is no refusal", body)
		}
	})
}

// FuzzReturnURL sees that what we send a browser to stays on our origin, as a
// browser reads it: backslashes are slashes to it.
func FuzzReturnURL(f *testing.F) {
	for _, s := range []string{"/a?b#c", "//evil", `/\evil`, "/%2f%2fevil", "/a/../..//evil"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		a := newApp(t)
		if got, err := a.ReturnURL(path); err == nil && !sameOrigin(got) {
			t.Errorf("%q leads to %q", path, got)
		}
		bounce, err := url.Parse(a.BounceURL((&url.URL{Path: path}).EscapedPath(), path))
		if err != nil {
			t.Fatal(err)
		}
		if q := bounce.Query(); len(q["shopify-reload"]) != 1 || !sameOrigin(q.Get("shopify-reload")) || q.Has("id_token") {
			t.Errorf("%q bounces to %q", path, bounce)
		}
	})
}

// FuzzExitURL sees that the whole window is sent to nobody but us and a shop's
// admin.
func FuzzExitURL(f *testing.F) {
	for _, s := range []string{"https://app.example/a?b#c", "//evil", `https://admin.shopify.com\@evil`, "https://x.myshopify.com/admin/../..", "/%2fevil"} {
		f.Add(s)
	}
	trusted := regexp.MustCompile(`\Ahttps://(app\.example|admin\.shopify\.com|[a-z0-9_-]+\.myshopify\.com/admin)(/|\?|#|\z)`)
	f.Fuzz(func(t *testing.T, target string) {
		if got, err := newApp(t).ExitURL(target); err == nil && (!trusted.MatchString(got) || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r == '\\' })) {
			t.Errorf("%q leads to %q", target, got)
		}
	})
}

func FuzzBot(f *testing.F) {
	f.Add("Mozilla/5.0 (compatible; Googlebot/2.1)")
	f.Fuzz(func(t *testing.T, agent string) {
		if shopify.Bot(agent + " Shopify POS/1") {
			t.Errorf("%q of Shopify is a bot", agent)
		}
	})
}

func sameOrigin(raw string) bool {
	rest, ok := strings.CutPrefix(raw, "https://app.example/")
	return ok && !strings.HasPrefix(rest, "/") && !strings.HasPrefix(rest, `\`)
}
