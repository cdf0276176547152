package shopify_test

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"lapak/web/shopify"
)

const (
	shop   = "my-shop.myshopify.com"
	secret = "new secret"
	old    = "old secret"
)

// now is the tests' time.
var now = time.Unix(1754500000, 0)

// newApp is an app of production: one domain, and a secret being rotated if
// there are two.
func newApp(t testing.TB, secrets ...string) *shopify.App {
	t.Helper()
	if secrets == nil {
		secrets = []string{secret}
	}
	a, err := shopify.NewApp(shopify.Config{
		Key: "client id", Secrets: secrets, URL: "https://app.example",
		Scopes: shopify.ParseScopes("write_products,read_orders"),
		Now:    func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// wantErr checks an error's kind; nil for none.
func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func TestNewAppRefuses(t *testing.T) {
	good := shopify.Config{Key: "key", Secrets: []string{"secret"}}
	for name, spoil := range map[string]func(*shopify.Config){
		"no key":            func(c *shopify.Config) { c.Key = "" },
		"blank key":         func(c *shopify.Config) { c.Key = " " },
		"no secret":         func(c *shopify.Config) { c.Secrets = nil },
		"empty secret":      func(c *shopify.Config) { c.Secrets = []string{""} },
		"blank secret":      func(c *shopify.Config) { c.Secrets = []string{" \n"} },
		"empty old secret":  func(c *shopify.Config) { c.Secrets = []string{"secret", ""} },
		"URL with a query":  func(c *shopify.Config) { c.URL = "https://app.example?x" },
		"URL of a file":     func(c *shopify.Config) { c.URL = "file:///etc" },
		"URL with a user":   func(c *shopify.Config) { c.URL = "https://a@app.example" },
		"unknown domain":    func(c *shopify.Config) { c.Domains = []string{"evil.example"} },
		"admin of no shape": func(c *shopify.Config) { c.AdminURL = "{shop}" },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			spoil(&c)
			if a, err := shopify.NewApp(c); err == nil || a != nil {
				t.Errorf("accepted")
			}
		})
	}
	if _, err := shopify.NewApp(good); err != nil {
		t.Error(err)
	}
	_, err := shopify.NewApp(shopify.Config{Key: "key", Secrets: []string{""}})
	wantErr(t, err, shopify.ErrNoSecret)
}

// TestZeroApp sees that an App nobody made verifies nothing, not even what is
// signed with an empty secret.
func TestZeroApp(t *testing.T) {
	var a shopify.App
	proofs := sign(t, "", "")
	for name, verify := range proofs {
		if err := verify(&a); err == nil {
			t.Errorf("%s: accepted by the zero App", name)
		}
	}
}

// TestRotation sees that every proof holds under the new and the old secret,
// and under no other.
func TestRotation(t *testing.T) {
	rotating, rotated := newApp(t, secret, old), newApp(t, secret)
	for name, verify := range sign(t, secret, "client id") {
		wantOK(t, name+", new secret, while rotating", verify(rotating))
		wantOK(t, name+", new secret, rotated", verify(rotated))
	}
	for name, verify := range sign(t, old, "client id") {
		wantOK(t, name+", old secret, while rotating", verify(rotating))
		wantErr(t, verify(rotated), shopify.ErrBadSignature)
	}
}

func wantOK(t *testing.T, name string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// sign makes one of each proof under key and returns what verifies them.
func sign(t *testing.T, key, clientID string) map[string]func(*shopify.App) error {
	t.Helper()
	query := signQuery(t, key, url.Values{"shop": {shop}, "timestamp": {stamp(0)}})
	proxy := signProxy(key, url.Values{"shop": {shop}, "timestamp": {stamp(0)}})
	body := []byte(`{"a": 1}`)
	token := signToken(t, key, adminClaims(clientID))
	cookie := signCookie(t, key, "value")
	return map[string]func(*shopify.App) error{
		"query":   func(a *shopify.App) error { _, err := a.VerifyQuery(query); return err },
		"proxy":   func(a *shopify.App) error { _, err := a.VerifyProxy(proxy); return err },
		"webhook": func(a *shopify.App) error { return a.VerifyWebhook(base64HMAC(key, body), body) },
		"token":   func(a *shopify.App) error { _, err := a.VerifyToken(token); return err },
		"cookie":  func(a *shopify.App) error { return a.VerifyCookie("value", cookie) },
	}
}

func stamp(seconds int64) string { return strconv.FormatInt(now.Unix()+seconds, 10) }

func adminClaims(clientID string) jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "https://" + shop + "/admin", "dest": "https://" + shop, "aud": clientID, "sub": "42",
		"exp": now.Unix() + 60, "nbf": now.Unix(), "iat": now.Unix(), "jti": "id", "sid": "session",
	}
}

func TestSignCookieUsesNewestSecret(t *testing.T) {
	rotating, before := newApp(t, secret, old), newApp(t, old)
	wantErr(t, before.VerifyCookie("v", rotating.SignCookie("v")), shopify.ErrBadSignature)
	wantErr(t, rotating.VerifyCookie("v", before.SignCookie("v")), nil)
}

// TestCookieIsNoWebhook sees that a signed cookie cannot be replayed as the
// body of a webhook, nor the other way about.
func TestCookieIsNoWebhook(t *testing.T) {
	a := newApp(t)
	wantErr(t, a.VerifyWebhook(a.SignCookie("{}"), []byte("{}")), shopify.ErrBadSignature)
	wantErr(t, a.VerifyCookie("{}", base64HMAC(secret, []byte("{}"))), shopify.ErrBadSignature)
}

func TestState(t *testing.T) {
	one, two := shopify.NewState(), shopify.NewState()
	if one == two || len(one) != 43 {
		t.Errorf("states %q and %q", one, two)
	}
	wantErr(t, shopify.CheckState(one, one), nil)
	wantErr(t, shopify.CheckState(one, two), shopify.ErrBadState)
	wantErr(t, shopify.CheckState("", ""), shopify.ErrBadState)
}

func TestStatus(t *testing.T) {
	for err, want := range map[error]int{
		nil: http.StatusOK, shopify.ErrBadSignature: http.StatusUnauthorized, shopify.ErrBadProxySignature: http.StatusForbidden,
		shopify.ErrNoSignature: http.StatusBadRequest, shopify.ErrBadMethod: http.StatusMethodNotAllowed,
		shopify.ErrNoSecret: http.StatusInternalServerError, errors.New("foreign"): http.StatusInternalServerError,
	} {
		if got := shopify.Status(err); got != want {
			t.Errorf("Status(%v) = %d, want %d", err, got, want)
		}
	}
}
