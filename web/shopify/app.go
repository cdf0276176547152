// Package shopify holds Shopify's protocols as pure functions and types: who
// signed a request, for which shop, and what to answer or ask next. It serves
// no HTTP, keeps no state and imports nothing of ours.
//
// One rule stands above all: a shop's name is taken only from a verified fact
// (a session token, a signed query, a webhook's signature with its body), and a
// name that merely stands in a request is never believed.
package shopify

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Config says which app we are to Shopify.
type Config struct {
	// Key is the app's client id. It must not be empty.
	Key string
	// Secrets are the client secrets, newest first: the newest signs, and all
	// of them verify, so that a secret can be rotated while old signatures are
	// under way. There must be one, and none may be empty.
	Secrets []string
	// Scopes are what the app asks a merchant for; none is allowed.
	Scopes Scopes
	// URL is the app's own public origin, such as "https://app.example", with
	// no path. Every URL that leads back to the app is built from it and never
	// from a request's Host header. "" makes such URLs relative to the root.
	URL string
	// AdminURL is where a shop's admin is, with "{shop}" for the shop's name.
	// "" means "https://{shop}".
	AdminURL string
	// Domains are the domains under which shops may live. None means
	// myshopify.com alone, which is right in production; the others are
	// myshopify.io and shop.dev.
	Domains []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// App checks and makes what the protocols ask of one app. It is safe for use
// by many goroutines. The zero App has no secrets and refuses everything.
type App struct {
	cfg        Config
	secrets    [][]byte
	cookieKeys [][]byte
	tokens     *jwt.Parser
	tokenKeys  jwt.VerificationKeySet
}

// NewApp checks cfg. An empty key or secret is ErrNoSecret: an HMAC under an
// empty secret is one that anybody can make.
func NewApp(cfg Config) (*App, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("shopify settings: %w", err)
	}
	cfg.fill()
	a := &App{cfg: cfg, tokens: newTokenParser(cfg)}
	for _, secret := range cfg.Secrets {
		key, err := hkdf.Key(sha256.New, []byte(secret), nil, cookieKeyInfo, sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive the cookie key: %w", err)
		}
		a.secrets = append(a.secrets, []byte(secret))
		a.cookieKeys = append(a.cookieKeys, key)
		a.tokenKeys.Keys = append(a.tokenKeys.Keys, []byte(secret))
	}
	return a, nil
}

// Key is the app's client id, which pages may show.
func (a *App) Key() string { return a.cfg.Key }

// Scopes are what the app asks a merchant for.
func (a *App) Scopes() Scopes { return a.cfg.Scopes }

func (c *Config) check() error {
	if strings.TrimSpace(c.Key) == "" {
		return fmt.Errorf("client id: %w", ErrNoSecret)
	}
	if len(c.Secrets) == 0 || slices.ContainsFunc(c.Secrets, blank) {
		return fmt.Errorf("client secret: %w", ErrNoSecret)
	}
	if err := checkOrigin(c.URL); err != nil {
		return err
	}
	if err := checkOrigin(strings.ReplaceAll(c.AdminURL, "{shop}", "shop")); err != nil {
		return err
	}
	for _, d := range c.Domains {
		if !slices.Contains(shopDomains, d) {
			return fmt.Errorf("%q is none of Shopify's shop domains %v", d, shopDomains)
		}
	}
	return nil
}

// fill puts defaults for what is absent, and copies what the caller could change.
func (c *Config) fill() {
	c.URL = strings.TrimSuffix(c.URL, "/")
	c.AdminURL = strings.TrimSuffix(c.AdminURL, "/")
	if c.AdminURL == "" {
		c.AdminURL = "https://{shop}"
	}
	if c.Domains = slices.Clone(c.Domains); len(c.Domains) == 0 {
		c.Domains = []string{productionDomain}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// checkOrigin accepts "" and http(s) URLs without user, query or fragment.
func checkOrigin(raw string) error {
	if raw == "" {
		return nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return fmt.Errorf("not a URL: %w", err)
	}
	web := u.Scheme == "https" || u.Scheme == "http"
	if !web || u.Host == "" || u.User != nil || strings.ContainsAny(raw, "?#") {
		return fmt.Errorf("%q is no origin like https://app.example", clip(raw))
	}
	return nil
}

// signedBy says whether got is the encoded HMAC-SHA256 of message under one of
// the keys. It compares in constant time, as text: a signature has one spelling.
func signedBy(keys [][]byte, message []byte, got string, encode func([]byte) string) bool {
	for _, key := range keys {
		if hmac.Equal([]byte(encode(sum(key, message))), []byte(got)) {
			return true
		}
	}
	return false
}

func sum(key, message []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(message)
	return mac.Sum(nil)
}

// clip shortens a stranger's text for an error message.
func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}
