package shopify_test

import (
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"lapak/web/shopify"
)

func TestVerifyAdminToken(t *testing.T) {
	a := newApp(t)
	got, err := a.VerifyAdminToken(signToken(t, secret, adminClaims("client id")))
	want := shopify.Token{Shop: shop, Admin: true, User: "42", Session: "session", ID: "id", Expires: got.Expires}
	if err != nil || got != want || got.Expires.Unix() != now.Unix()+60 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestVerifyTokenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		claim string
		value any // nil takes the claim away
		want  error
	}{
		"no exp":             {"exp", nil, shopify.ErrMissingClaim},
		"no aud":             {"aud", nil, shopify.ErrMissingClaim},
		"no iss":             {"iss", nil, shopify.ErrMissingClaim},
		"no sid":             {"sid", nil, shopify.ErrMissingClaim},
		"empty user":         {"sub", "", shopify.ErrMissingClaim},
		"numeric user":       {"sub", 42, shopify.ErrMissingClaim},
		"text as exp":        {"exp", "soon", shopify.ErrBadToken},
		"exp 10 s ago":       {"exp", now.Unix() - 10, shopify.ErrExpired},
		"another shop's iss": {"iss", "https://other.myshopify.com/admin", shopify.ErrBadIssuer},
		"iss is a prefix":    {"iss", "https://my-shop.myshopify.com.evil.example/admin", shopify.ErrBadIssuer},
		"dest with a path":   {"dest", "https://my-shop.myshopify.com/admin", shopify.ErrBadShop},
		"dest over http":     {"dest", "http://my-shop.myshopify.com", shopify.ErrBadShop},
		"development shop":   {"dest", "https://my-shop.myshopify.io", shopify.ErrBadShop},
		"a checkout's":       {"iss", "https://my-shop.myshopify.com/checkouts", shopify.ErrNotAdmin},
		"almost the admin":   {"iss", "https://my-shop.myshopify.com/x/admin", shopify.ErrNotAdmin},
		"too long":           {"sub", strings.Repeat("x", 9000), shopify.ErrBadToken},
	} {
		t.Run(name, func(t *testing.T) {
			claims := adminClaims("client id")
			if claims[c.claim] = c.value; c.value == nil {
				delete(claims, c.claim)
			}
			got, err := newApp(t).VerifyAdminToken(signToken(t, secret, claims))
			wantErr(t, err, c.want)
			if got != (shopify.Token{}) {
				t.Errorf("a refused token gives %+v", got)
			}
		})
	}
}

func TestVerifyTokenHeader(t *testing.T) {
	a := newApp(t)
	longer, err := jwt.NewWithClaims(jwt.SigningMethodHS512, adminClaims("client id")).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.VerifyToken(longer)
	wantErr(t, err, shopify.ErrBadAlgorithm)

	critical := jwt.NewWithClaims(jwt.SigningMethodHS256, adminClaims("client id"))
	critical.Header["crit"] = []string{"b64"}
	signed, err := critical.SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.VerifyToken(signed)
	wantErr(t, err, shopify.ErrBadToken)
}

func TestBearerToken(t *testing.T) {
	for _, c := range []struct{ authorization, param, want string }{
		{"", "", ""}, {"Bearer a", "", "a"}, {"Bearer a", "b", "a"}, {"", "b", "b"},
		{"Bearer  ", "", ""}, {"Basic a", "b", "b"}, {"bearer a", "", ""},
	} {
		got, err := shopify.BearerToken(c.authorization, c.param)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

// BenchmarkVerifyToken is what every request of the admin pays.
func BenchmarkVerifyToken(b *testing.B) {
	for name, key := range map[string]string{"new secret": secret, "old secret": old} {
		b.Run(name, func(b *testing.B) {
			a := newApp(b, secret, old)
			token := signToken(b, key, adminClaims("client id"))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.VerifyAdminToken(token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
