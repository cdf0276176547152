package shopify_test

import (
	"net/http"
	"testing"
	"time"

	"lapak/web/shopify"
)

func delivery(body string) http.Header {
	return http.Header{
		"X-Shopify-Hmac-Sha256":  {base64HMAC(secret, []byte(body))},
		"X-Shopify-Topic":        {"app/uninstalled"},
		"X-Shopify-Shop-Domain":  {shop},
		"X-Shopify-Api-Version":  {"2026-01"},
		"X-Shopify-Webhook-Id":   {"delivery"},
		"X-Shopify-Event-Id":     {"event"},
		"X-Shopify-Triggered-At": {"2026-03-29T18:00:27.877041743Z"},
	}
}

func TestReadWebhook(t *testing.T) {
	const body = `{"myshopify_domain": "my-shop.myshopify.com"}`
	got, err := newApp(t).ReadWebhook("POST", delivery(body), []byte(body))
	want := shopify.Webhook{
		ID: "delivery", EventID: "event", Topic: "app/uninstalled", Shop: shop, APIVersion: "2026-01",
		TriggeredAt: time.Date(2026, 3, 29, 18, 0, 27, 877041743, time.UTC),
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	wantErr(t, got.CheckBodyShop([]byte(body)), nil)
}

func TestReadWebhookRefuses(t *testing.T) {
	a := newApp(t)
	for name, c := range map[string]struct {
		spoil func(http.Header)
		want  error
	}{
		"no topic":      {func(h http.Header) { h.Del("X-Shopify-Topic") }, shopify.ErrMissingHeader},
		"no id":         {func(h http.Header) { h.Del("X-Shopify-Webhook-Id") }, shopify.ErrMissingHeader},
		"not a shop":    {func(h http.Header) { h.Set("X-Shopify-Shop-Domain", "../evil") }, shopify.ErrBadShop},
		"not a time":    {func(h http.Header) { h.Set("X-Shopify-Triggered-At", "yesterday") }, shopify.ErrBadHeader},
		"no signature":  {func(h http.Header) { h.Del("X-Shopify-Hmac-Sha256") }, shopify.ErrNoSignature},
		"bad signature": {func(h http.Header) { h.Set("X-Shopify-Hmac-Sha256", "AAAA") }, shopify.ErrBadSignature},
	} {
		t.Run(name, func(t *testing.T) {
			h := delivery("{}")
			c.spoil(h)
			_, err := a.ReadWebhook("POST", h, []byte("{}"))
			wantErr(t, err, c.want)
		})
	}
	_, err := a.ReadWebhook("GET", delivery("{}"), []byte("{}"))
	wantErr(t, err, shopify.ErrBadMethod)
}

func TestCheckBodyShop(t *testing.T) {
	w := shopify.Webhook{Shop: shop, Topic: "shop/redact"}
	for body, want := range map[string]error{
		`{"shop_id": 1, "shop_domain": "my-shop.myshopify.com"}`: nil,
		`{"shop_domain": "victim.myshopify.com"}`:                shopify.ErrShopMismatch,
		`{"myshopify_domain": "my-shop.myshopify.com", "id": 1}`: nil,
		`{"domain": "my-shop.example"}`:                          shopify.ErrShopMismatch,
		`[]`:                                                     shopify.ErrShopMismatch,
		``:                                                       shopify.ErrShopMismatch,
		`{"shop_domain": "a", "myshopify_domain": "` + shop + `"}`: shopify.ErrShopMismatch,
	} {
		wantErr(t, w.CheckBodyShop([]byte(body)), want)
	}
	if err := (shopify.Webhook{}).CheckBodyShop([]byte(`{}`)); err == nil {
		t.Error("two absent shops are the same")
	}
}

func TestDestructive(t *testing.T) {
	for topic, want := range map[string]bool{"app/uninstalled": true, "shop/redact": true, "customers/redact": true, "orders/create": false} {
		if got := (shopify.Webhook{Topic: topic}).Destructive(); got != want {
			t.Errorf("%s: %v", topic, got)
		}
	}
}
