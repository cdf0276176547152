package shopifytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// SessionToken is a fresh session token of the admin, for a staff member of a
// shop. Each change may alter its claims.
func (s *Shopify) SessionToken(shopName, user string, changes ...func(jwt.MapClaims)) string {
	now := s.opt.Now()
	if s.takeStale() {
		now = now.Add(-s.opt.SessionTTL - time.Minute)
	}
	claims := jwt.MapClaims{
		"iss": "https://" + shopName + "/admin", "dest": "https://" + shopName, "aud": s.opt.Key, "sub": user,
		"exp": now.Add(s.opt.SessionTTL).Unix(), "nbf": now.Unix(), "iat": now.Unix(), "jti": rand.Text(), "sid": rand.Text(),
	}
	for _, change := range changes {
		change(claims)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(s.opt.Secret))
	if err != nil {
		panic(err) // for a key that is none
	}
	return token
}

// StaleTokens makes the next n session tokens a minute too old, as those are that
// a page holds on to.
func (s *Shopify) StaleTokens(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale = n
}

func (s *Shopify) takeStale() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale--
	return s.stale >= 0
}

// Host is the "host" parameter of a shop.
func Host(shopName string) string {
	handle, _, _ := strings.Cut(shopName, ".")
	return base64.RawStdEncoding.EncodeToString([]byte("admin.shopify.com/store/" + handle))
}

// InstallQuery is a query that Shopify signs with "hmac": of an install, an OAuth
// callback, or the app's page. Params are added to it.
func (s *Shopify) InstallQuery(shopName string, params url.Values) string {
	q := url.Values{"shop": {shopName}, "host": {Host(shopName)}, "timestamp": {fmt.Sprint(s.opt.Now().Unix())}}
	maps.Copy(q, params)
	message := strings.ReplaceAll(q.Encode(), "+", "%20") // Encode sorts by key
	q.Set("hmac", hex.EncodeToString(s.sum([]byte(message))))
	return q.Encode()
}

// DocumentQuery is the query with which Shopify's admin loads the app into its
// iframe, with a fresh session token.
func (s *Shopify) DocumentQuery(shopName, user string) string {
	return s.InstallQuery(shopName, url.Values{
		"embedded": {"1"}, "locale": {"en"}, "session": {rand.Text()}, "id_token": {s.SessionToken(shopName, user)},
	})
}

// ProxyQuery is the query of a storefront's request through the App Proxy. The
// customer is "" for a visitor; params are the shopper's own.
func (s *Shopify) ProxyQuery(shopName, customer string, params url.Values) string {
	q := maps.Clone(params)
	if q == nil {
		q = url.Values{}
	}
	q.Set("shop", shopName)
	q.Set("logged_in_customer_id", customer)
	q.Set("path_prefix", "/apps/lapak")
	q.Set("timestamp", fmt.Sprint(s.opt.Now().Unix()))
	var pairs []string
	for name, values := range q {
		pairs = append(pairs, name+"="+strings.Join(values, ","))
	}
	slices.Sort(pairs)
	q.Set("signature", hex.EncodeToString(s.sum([]byte(strings.Join(pairs, "")))))
	return q.Encode()
}

func (s *Shopify) sum(message []byte) []byte {
	mac := hmac.New(sha256.New, []byte(s.opt.Secret))
	mac.Write(message)
	return mac.Sum(nil)
}

// Delivery is one webhook.
type Delivery struct {
	ID      string // X-Shopify-Webhook-Id, the same when it is sent again
	EventID string
	Topic   string
	Shop    string
	At      time.Time // when it happened
	Body    []byte
	Version string // of the API; "" means "2026-10"
}

// Webhook makes a delivery with new ids, of now. The body becomes JSON unless it
// is []byte.
func (s *Shopify) Webhook(shopName, topic string, body any) Delivery {
	raw, ok := body.([]byte)
	if !ok {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			panic(err) // a test's own value
		}
	}
	return Delivery{ID: rand.Text(), EventID: rand.Text(), Topic: topic, Shop: shopName, At: s.opt.Now(), Body: raw}
}

// WebhookRequest is the signed request of a delivery to the app at an address.
func (s *Shopify) WebhookRequest(ctx context.Context, address string, d Delivery) *http.Request {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(d.Body))
	if err != nil {
		panic(err) // a test's own address
	}
	if d.Version == "" {
		d.Version = "2026-10"
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Shopify-Captain-Hook"}}
	for name, value := range map[string]string{
		"Topic": d.Topic, "Hmac-Sha256": base64.StdEncoding.EncodeToString(s.sum(d.Body)), "Shop-Domain": d.Shop,
		"Api-Version": d.Version, "Webhook-Id": d.ID, "Event-Id": d.EventID, "Triggered-At": d.At.UTC().Format(time.RFC3339Nano),
	} {
		r.Header.Set("X-Shopify-"+name, value)
	}
	return r
}

// Deliver sends a webhook and returns the answer's status. Like Shopify it waits
// 5 seconds and follows no redirect.
func (s *Shopify) Deliver(ctx context.Context, address string, d Delivery) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	resp, err := http.DefaultTransport.RoundTrip(s.WebhookRequest(ctx, address, d))
	if err != nil {
		return 0, fmt.Errorf("deliver %s: %w", d.Topic, err)
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func (s *Shopify) uninstalled(sh *shop) Delivery {
	return s.Webhook(sh.name, "app/uninstalled", map[string]any{"id": sh.id, "name": sh.name, "domain": sh.name, "myshopify_domain": sh.name})
}
