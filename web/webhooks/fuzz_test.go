package webhooks

import (
	"encoding/json"
	"strings"
	"testing"

	"lapak/store"
)

// FuzzReduce feeds every topic with strangers' bytes: what is kept of a body is
// small, can be read again as it was, and fits where it will go.
func FuzzReduce(f *testing.F) {
	for _, body := range []string{
		`{"id":820982911946154508,"created_at":"2021-12-31T19:00:00-05:00"}`,
		`{"id":"788032119674292922","title":"Example\tT-Shirt","updated_at":"2021-12-31T19:00:00-05:00","image":{"src":"https://cdn/x.png"},"images":[]}`,
		`{"id":1,"updated_at":"2021-12-31T19:00:00Z","image":null,"images":[{"src":"http://x"}]}`,
		`{"previous":[],"current":["read_products"],"updated_at":"2021-12-31T19:00:00Z"}`,
		`{"app_subscription":{"admin_graphql_api_id":"gid://shopify/AppSubscription/1","status":"PENDING"}}`,
		`{"shop_domain":"a.myshopify.com","orders_requested":[299938,"280263"],"customer":{"id":191167},"data_request":{"id":9999}}`,
		`{"myshopify_domain":"a.myshopify.com"}`, `[]`, `null`, `{"id":1e3}`, `{"id":-1}`, `{"ID":1,"iD":2}`, "\xff",
		`{"id":1,"created_at":"9999-12-31T23:59:59Z"}`, `{"id":1,"created_at":"0001-01-01T00:00:00+23:59"}`,
		`{"id":1,"title":"` + strings.Repeat("é", 300) + `","updated_at":"2021-12-31T19:00:00Z","image":{"src":"https://a b"}}`,
	} {
		f.Add([]byte(body))
	}
	all := topics()
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, topic := range all {
			event, err := topic.reduce(body)
			if err != nil {
				continue
			}
			if len(event) > 2*len(body)+300 || !json.Valid(event) {
				t.Errorf("%s keeps %d bytes of %d: %s", name, len(event), len(body), event)
			}
			if topic.inFile != nil {
				if _, err := topic.inFile(event); err != nil {
					t.Errorf("%s cannot read what it kept: %v: %s", name, err, event)
				}
			}
		}
		checkProduct(t, body)
		_ = namesShop(body)
	})
}

func checkProduct(t *testing.T, body []byte) {
	t.Helper()
	p, err := readProduct(body)
	if err != nil {
		return
	}
	patch := store.ConfigPatch{Title: p.Title, ImageURL: p.ImageURL}
	if err := patch.Validate(); err != nil {
		t.Errorf("no config takes %s: %v", body, err)
	}
	if _, err := store.ProductID(p.ID); err != nil {
		t.Errorf("no product has the id %q", p.ID)
	}
}
