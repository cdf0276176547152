package shopify

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Webhook is a verified delivery. Its signature covers the body alone: the
// headers, shop and topic included, are only as good as the way they came.
// Before acting destructively, compare the shop with CheckBodyShop.
type Webhook struct {
	ID          string    // of this delivery, the same when it is sent again
	EventID     string    // of what happened; "" if absent
	Topic       string    // such as "app/uninstalled"; "Product" from the events API
	Action      string    // from the events API, such as "create"; else ""
	Shop        string    // parsed
	APIVersion  string    // such as "2026-01"
	TriggeredAt time.Time // when it happened; zero if absent. No order is promised
}

// ReadWebhook verifies a delivery and reads its headers. body is the raw body,
// before anything parsed it. It needs no session of the shop: webhooks also
// come after an uninstall. The checks stand in the order of Shopify's
// libraries: method, body, presence of a signature, signature, other headers.
func (a *App) ReadWebhook(method string, h http.Header, body []byte) (Webhook, error) {
	if method != http.MethodPost {
		return Webhook{}, fmt.Errorf("method %q: %w", clip(method), ErrBadMethod)
	}
	prefix := headerPrefix(h)
	if err := a.VerifyWebhook(h.Get(prefix+"Hmac-Sha256"), body); err != nil {
		return Webhook{}, err
	}
	return a.webhookHeaders(prefix, h)
}

// VerifyWebhook checks signature, the header X-Shopify-Hmac-Sha256, against
// the raw body.
func (a *App) VerifyWebhook(signature string, body []byte) error {
	if len(body) == 0 {
		return fmt.Errorf("webhook: %w", ErrNoBody)
	}
	if signature == "" {
		return fmt.Errorf("webhook: %w", ErrNoSignature)
	}
	if !signedBy(a.secrets, body, signature, base64.StdEncoding.EncodeToString) {
		return fmt.Errorf("webhook: %w", ErrBadSignature)
	}
	return nil
}

// headerPrefix tells the classic headers from those of the events API.
func headerPrefix(h http.Header) string {
	if h.Get("Shopify-Hmac-Sha256") != "" {
		return "Shopify-"
	}
	return "X-Shopify-"
}

func (a *App) webhookHeaders(prefix string, h http.Header) (Webhook, error) {
	required := []string{"Topic", "Shop-Domain", "API-Version", "Webhook-Id"}
	if prefix == "Shopify-" {
		required = append(required, "Event-Id")
	}
	for _, name := range required {
		if h.Get(prefix+name) == "" {
			return Webhook{}, fmt.Errorf("webhook: %s%s: %w", prefix, name, ErrMissingHeader)
		}
	}
	shop, err := a.ParseShop(h.Get(prefix + "Shop-Domain"))
	if err != nil {
		return Webhook{}, fmt.Errorf("webhook: %w", err)
	}
	at, err := triggeredAt(h.Get(prefix + "Triggered-At"))
	if err != nil {
		return Webhook{}, fmt.Errorf("webhook: %w", err)
	}
	return Webhook{
		ID: h.Get(prefix + "Webhook-Id"), EventID: h.Get(prefix + "Event-Id"),
		Topic: h.Get(prefix + "Topic"), Action: h.Get(prefix + "Action"),
		Shop: shop, APIVersion: h.Get(prefix + "Api-Version"), TriggeredAt: at,
	}, nil
}

func triggeredAt(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("triggered-at %q: %w", clip(text), ErrBadHeader)
	}
	return at.UTC(), nil
}

// Destructive says whether the topic ends something: an install, or somebody's
// data. Such a delivery must pass CheckBodyShop first.
func (w Webhook) Destructive() bool {
	switch strings.ToLower(w.Topic) {
	case "app/uninstalled", "shop/redact", "customers/redact", "customers/data_request":
		return true
	}
	return false
}

// CheckBodyShop says whether the body names the shop that the header names:
// "shop_domain" in the mandatory topics, "myshopify_domain" in app/uninstalled.
// The body is signed and the header is not. ErrShopMismatch also if the body
// names no shop.
func (w Webhook) CheckBodyShop(body []byte) error {
	var named struct {
		ShopDomain      string `json:"shop_domain"`
		MyshopifyDomain string `json:"myshopify_domain"`
	}
	if err := json.Unmarshal(body, &named); err != nil {
		return fmt.Errorf("webhook's body: %w: %w", ErrShopMismatch, err)
	}
	shop := named.ShopDomain
	if shop == "" {
		shop = named.MyshopifyDomain
	}
	if shop != w.Shop || shop == "" {
		return fmt.Errorf("header %q, body %q: %w", w.Shop, clip(shop), ErrShopMismatch)
	}
	return nil
}
