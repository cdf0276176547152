package shopify_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lapak/web/shopify"
)

var vectorFile = flag.String("vectors", "testdata/vectors.json", "the vectors for TestVectors; a relative path begins at this package's folder")

// runners has one function for each area. A runner decodes the vector's input
// and expectation, which fails on a field it does not know, and compares what
// the product makes of the one with the other.
var runners = map[string]func(*testing.T, vector){
	"oauth_query_hmac":     runQuery,
	"app_proxy_signature":  runProxy,
	"webhook_hmac":         runWebhook,
	"session_token":        runToken,
	"session_token_header": runTokenHeader,
	"shop_sanitization":    runShop,
	"host_sanitization":    runHost,
	"embedded_url":         runEmbedded,
	"session_id":           runSessionID,
	"cookie_signature":     runCookie,
	"scopes":               runScopes,
	"http_behaviour":       runHTTP,
	"session_storage":      runSessions,
}

type vector struct {
	ID       string          `json:"id"`
	Area     string          `json:"area"`
	Name     string          `json:"name"`
	Input    json.RawMessage `json:"input"`
	Secret   *string         `json:"secret"` // absent where nothing is signed
	Expected json.RawMessage `json:"expected"`
	Note     string          `json:"note"`
	Source   string          `json:"source"`
}

// TestVectors runs every vector through the package's own functions, and those
// about whole requests and stored sessions through the product's handlers and
// store.
func TestVectors(t *testing.T) {
	ran := map[string]int{}
	for _, v := range readVectors(t) {
		run := runners[v.Area]
		t.Run(v.ID, func(t *testing.T) {
			if run == nil {
				t.Fatalf("unknown area %q", v.Area)
			}
			t.Log(v.Name)
			run(t, v)
		})
		ran[v.Area]++
	}
	total := 0
	for _, area := range slices.Sorted(maps.Keys(ran)) {
		t.Logf("%s: %d", area, ran[area])
		total += ran[area]
	}
	fmt.Printf("%d vectors ran from %s\n", total, *vectorFile)
}

// readVectors fails if the file is empty, names a vector twice or has a field
// that is not known.
func readVectors(t *testing.T) []vector {
	t.Helper()
	raw, err := os.ReadFile(*vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		About      string            `json:"about"`
		Algorithms map[string]string `json:"algorithms"`
		Modes      map[string]string `json:"modes"`
		Vectors    []vector          `json:"vectors"`
	}
	if err := strict(raw, &file); err != nil {
		t.Fatalf("%s: %v", *vectorFile, err)
	}
	seen := map[string]bool{}
	for _, v := range file.Vectors {
		if v.ID == "" || seen[v.ID] {
			t.Fatalf("%s: id %q stands twice or is empty", *vectorFile, v.ID)
		}
		seen[v.ID] = true
	}
	if len(seen) == 0 {
		t.Fatalf("%s has no vectors", *vectorFile)
	}
	return file.Vectors
}

// decode reads a vector's input and expectation.
func decode(t *testing.T, v vector, input, expected any) {
	t.Helper()
	if err := strict(v.Input, input); err != nil {
		t.Fatalf("input: %v", err)
	}
	if err := strict(v.Expected, expected); err != nil {
		t.Fatalf("expected: %v", err)
	}
}

func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// opt tells an absent field from null and from a value.
type opt[T any] struct {
	set, null bool
	v         T
}

func (o *opt[T]) UnmarshalJSON(b []byte) error {
	o.set, o.null = true, string(b) == "null"
	if o.null {
		return nil
	}
	return strict(b, &o.v)
}

// is checks got against the expectation, if there is one; null is the zero value.
func is[T comparable](t *testing.T, what string, want opt[T], got T) {
	t.Helper()
	if want.set && got != want.v {
		t.Errorf("%s = %v, want %v", what, got, want.v)
	}
}

// outcome is what most expectations have in common.
type outcome struct {
	Valid  opt[bool]   `json:"valid"`
	Reason opt[string] `json:"reason"`
	Status opt[int]    `json:"http_status"`
}

// check compares an outcome with a function's error.
func (o outcome) check(t *testing.T, err error) {
	t.Helper()
	t.Logf("error: %v", err)
	if !o.Valid.set {
		t.Fatal(`expected has no "valid"`)
	}
	is(t, "valid", o.Valid, err == nil)
	is(t, "http_status", o.Status, shopify.Status(err))
	if shopify.Status(err) == http.StatusInternalServerError && !errors.Is(err, shopify.ErrNoSecret) {
		t.Errorf("error %v is none of the package's", err)
	}
	if o.Reason.set {
		checkReason(t, o.Reason.v, err)
	}
}

// reasons say which of our errors a vector's wording stands for.
var reasons = map[string]error{
	"InvalidHmacError": shopify.ErrNoSignature,
	"configuration error: refuse to start / fail closed": shopify.ErrNoSecret,
	"illegal base64":                 shopify.ErrBadSignature,
	"request body is empty":          shopify.ErrNoBody,
	"missing_body":                   shopify.ErrNoBody,
	"missing_hmac":                   shopify.ErrNoSignature,
	"invalid_hmac":                   shopify.ErrBadSignature,
	"missing_headers":                shopify.ErrMissingHeader,
	"must not appear more than once": shopify.ErrRepeated,
	"exp":                            shopify.ErrExpired,
	"nbf":                            shopify.ErrNotYetValid,
	"alg":                            shopify.ErrBadAlgorithm,
	"aud":                            shopify.ErrWrongAudience,
	"iss":                            shopify.ErrBadIssuer,
	"signature":                      shopify.ErrBadSignature,
	"missing":                        shopify.ErrMissingClaim,
	"shop domain":                    shopify.ErrBadShop,
}

// checkReason finds the error for a reason, some of which also name a header,
// claim or parameter: the error's text must name it too. Other wordings, each
// library having its own, are only logged.
func checkReason(t *testing.T, reason string, err error) {
	t.Helper()
	kind, name := reason, ""
	if _, known := reasons[reason]; !known {
		kind, name = splitReason(reason)
	}
	want, known := reasons[kind]
	if !known {
		t.Logf("no error is known for the reason %q", reason)
		return
	}
	if !errors.Is(err, want) || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(name)) {
		t.Errorf("error %v, want %q about %q", err, want, name)
	}
}

func splitReason(reason string) (kind, name string) {
	if rest, ok := strings.CutPrefix(reason, "Query parameter "); ok {
		name, kind, _ = strings.Cut(rest, " ")
		return kind[:max(0, len(kind)-len("."))], name
	}
	if kind, name, ok := strings.Cut(reason, ": "); ok {
		return kind, name
	}
	kind, name, _ = strings.Cut(reason, " ")
	return kind, name
}

// app makes the vector's app at the given Unix time; 0 means any time. Its
// shops may live under all of Shopify's domains, as in the libraries that the
// vectors come from.
func app(t *testing.T, key string, v vector, now int64) (*shopify.App, error) {
	t.Helper()
	if v.Secret == nil {
		t.Fatal("the vector has no secret")
	}
	return shopify.NewApp(shopify.Config{
		Key: key, Secrets: []string{*v.Secret}, URL: "https://my-test-app.myshopify.io",
		Domains: []string{"myshopify.com", "myshopify.io", "shop.dev"},
		Now:     func() time.Time { return time.Unix(now, 0) },
	})
}
