package shopifytest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"lapak/web/shopify"
	"lapak/web/shopify/shopifytest"
)

const shop = "toko.myshopify.com"

// What the stand-in signs, the product's own functions must accept: they are
// checked against Shopify's vectors elsewhere.
func TestSignatures(t *testing.T) {
	s := shopifytest.New(t, shopifytest.Options{})
	app := s.App(t)
	if tok, err := app.VerifyAdminToken(s.SessionToken(shop, "7")); err != nil || tok.Shop != shop || tok.User != "7" {
		t.Errorf("session token: %+v, %v", tok, err)
	}
	in, err := app.ReadInstall(s.InstallQuery(shop, url.Values{"code": {"a b"}, "state": {"ü&="}}))
	if err != nil || in.Shop != shop || in.Code != "a b" || in.State != "ü&=" || in.Host.String() != "admin.shopify.com/store/toko" {
		t.Errorf("install: %+v, %v", in, err)
	}
	if _, err := app.ReadInstall(s.DocumentQuery(shop, "7")); err != nil {
		t.Errorf("document: %v", err)
	}
	p, err := app.ReadProxy(s.ProxyQuery(shop, "42", url.Values{"product": {"1"}}), "product")
	if err != nil || p.Customer != "42" || p.Shop != shop || p.Params.Get("product") != "1" || p.PathPrefix != "/apps/lapak" {
		t.Errorf("proxy: %+v, %v", p, err)
	}
	d := s.Webhook(shop, "products/update", map[string]any{"id": 1})
	r := s.WebhookRequest(t.Context(), "http://127.0.0.1/", d)
	hook, err := app.ReadWebhook(r.Method, r.Header, d.Body)
	if err != nil || hook.ID != d.ID || hook.Shop != shop || hook.Topic != "products/update" || !hook.TriggeredAt.Equal(d.At) {
		t.Errorf("webhook: %+v, %v", hook, err)
	}
	for _, d := range s.Uninstall(shop) {
		if w := (shopify.Webhook{Shop: shop}); d.Topic == "app/uninstalled" && w.CheckBodyShop(d.Body) != nil {
			t.Errorf("%s names another shop: %s", d.Topic, d.Body)
		}
	}
}

func TestDeliver(t *testing.T) {
	s := shopifytest.New(t, shopifytest.Options{})
	app := s.App(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, err := app.ReadWebhook(r.Method, r.Header, body)
		w.WriteHeader(shopify.Status(err))
	}))
	defer receiver.Close()
	if status, err := s.Deliver(t.Context(), receiver.URL, s.Webhook(shop, "orders/create", []byte(`{"id":1}`))); err != nil || status != 200 {
		t.Errorf("%d, %v", status, err)
	}
}

// graph asks the Admin API as plainly as can be.
func graph(t *testing.T, s *shopifytest.Shopify, token, query string, variables map[string]any) map[string]any {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "operationName": "Q", "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL()+"/"+shop+"/admin/api/2026-10/graphql.json", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Shopify-Access-Token", token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// titles are those of the products that a search finds.
func titles(t *testing.T, s *shopifytest.Shopify, search string) string {
	t.Helper()
	out := graph(t, s, s.Token(shop), `query Q($q: String, $n: Int!) { products(first: $n, query: $q, sortKey: TITLE) { all: nodes { title } } }`, map[string]any{"q": search, "n": 10})
	if out["data"] == nil {
		return "refused"
	}
	products, ok := out["data"].(map[string]any)["products"].(map[string]any)
	if !ok {
		return "refused"
	}
	var found []string
	for _, p := range products["all"].([]any) {
		found = append(found, p.(map[string]any)["title"].(string))
	}
	return strings.Join(found, "|")
}

func TestSearchSyntax(t *testing.T) {
	s := shopifytest.New(t, shopifytest.Options{})
	s.Install(shop)
	s.AddProducts(shop, shopifytest.Product{Title: "Batik shirt"}, shopifytest.Product{Title: "Cap (red)"}, shopifytest.Product{Title: "Size: OR large"})
	for search, want := range map[string]string{
		"":                 "Batik shirt|Cap (red)|Size: OR large",
		"batik":            "Batik shirt",
		"bat":              "",
		"bat*":             "Batik shirt",
		"shirt OR cap":     "Batik shirt|Cap (red)",
		"shirt cap":        "",
		"-shirt cap":       "Cap (red)",
		"NOT shirt":        "Cap (red)|Size: OR large",
		"title:cap":        "Cap (red)",
		"size: large":      "",
		`size\:`:           "Size: OR large",
		"(red)":            "refused",
		`\(red\)`:          "Cap (red)",
		`"`:                "refused",
		`"OR" large`:       "Size: OR large",
		`title:"batik sh"`: "",
	} {
		if got := titles(t, s, search); got != want {
			t.Errorf("%q found %q, want %q", search, got, want)
		}
	}
}

func TestGraphQLIsChecked(t *testing.T) {
	s := shopifytest.New(t, shopifytest.Options{})
	s.Install(shop)
	token := s.Token(shop)
	for name, tc := range map[string]struct {
		query string
		vars  map[string]any
	}{
		"unknown field":     {`query Q { shop { secret } }`, nil},
		"wrong variable":    {`query Q($n: Int!) { products(first: $n) { nodes { id } } }`, map[string]any{"n": "many"}},
		"missing variable":  {`query Q($n: Int!) { products(first: $n) { nodes { id } } }`, nil},
		"another operation": {`query R { shop { name } }`, nil},
		"syntax":            {`query Q {`, nil},
		"too costly":        {`query Q { products(first: 250) { nodes { featuredMedia { preview { image { url } } } } } }`, nil},
		"no size":           {`query Q { products { nodes { id } } }`, nil},
	} {
		if out := graph(t, s, token, tc.query, tc.vars); out["errors"] == nil {
			t.Errorf("%s: %v", name, out)
		}
	}
	fragments := graph(t, s, token, `query Q { node(id: "gid://shopify/Product/1") { ...P } shop { handle: name } } fragment P on Product { title }`, nil)
	if got, _ := json.Marshal(fragments["data"]); string(got) != `{"node":null,"shop":{"handle":"toko.myshopify.com"}}` {
		t.Errorf("%s", got)
	}
}

func TestTokensEnd(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	s := shopifytest.New(t, shopifytest.Options{Now: func() time.Time { return now }})
	s.Install(shop)
	session := s.SessionToken(shop, "1")
	now = now.Add(2 * time.Minute)
	body := `{"client_id":"` + s.Key() + `","client_secret":"` + s.Secret() + `","grant_type":"urn:ietf:params:oauth:grant-type:token-exchange",` +
		`"subject_token":"` + session + `","subject_token_type":"urn:ietf:params:oauth:token-type:id_token","requested_token_type":"urn:shopify:params:oauth:token-type:offline-access-token"}`
	resp, err := http.Post(s.URL()+"/"+shop+"/admin/oauth/access_token", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 400 || !strings.Contains(string(raw), "invalid_subject_token") {
		t.Errorf("an old session token: %d %s", resp.StatusCode, raw)
	}
}
