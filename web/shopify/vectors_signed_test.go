package shopify_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"lapak/web/shopify"
)

// signedQuery is the input of both signed queries.
type signedQuery struct {
	Params         [][2]string `json:"params"`
	Canonical      *string     `json:"canonical"` // null where the vector is invalid
	Query          string      `json:"query"`
	CheckTimestamp bool        `json:"check_timestamp"`
	Now            int64       `json:"now"`
}

// values are the query's parameters without its signature. They must be those
// that the vector lists, so that both are about the same request.
func (in signedQuery) values(t *testing.T, signature string, want *string) url.Values {
	t.Helper()
	q, err := url.ParseQuery(in.Query)
	if err != nil { // only the product's answer matters then
		return url.Values{}
	}
	if got := q.Get(signature); want == nil && q.Has(signature) || want != nil && got != *want {
		t.Fatalf("the query's %s is %q, the vector's another", signature, got)
	}
	q.Del(signature)
	listed := url.Values{}
	for _, p := range in.Params {
		listed.Add(p[0], p[1])
	}
	if !reflect.DeepEqual(q, listed) {
		t.Fatalf("the query has %v, the vector lists %v", q, listed)
	}
	return q
}

func runQuery(t *testing.T, v vector) {
	var in struct {
		signedQuery
		HMAC *string `json:"hmac"`
	}
	var want struct {
		outcome
		HMAC opt[string] `json:"hmac"`
	}
	decode(t, v, &in, &want)
	q := in.values(t, "hmac", in.HMAC)
	if in.Canonical != nil {
		if got, err := shopify.QueryMessage(q); err != nil || got != *in.Canonical {
			t.Errorf("signed text %q, %v, want %q", got, err, *in.Canonical)
		}
	}
	a, err := app(t, "key", v, in.Now)
	if err != nil {
		want.check(t, err)
		return
	}
	verify := a.CheckQuery
	if in.CheckTimestamp {
		verify = a.VerifyQuery
	}
	got, err := verify(in.Query)
	want.check(t, err)
	is(t, "hmac", want.HMAC, got.Get("hmac"))
}

func runProxy(t *testing.T, v vector) {
	var in struct {
		signedQuery
		Signature *string `json:"signature"`
	}
	var want struct {
		outcome
		Signature opt[string] `json:"signature"`
	}
	decode(t, v, &in, &want)
	q := in.values(t, "signature", in.Signature)
	if in.Canonical != nil && shopify.ProxyMessage(q) != *in.Canonical {
		t.Errorf("signed text %q, want %q", shopify.ProxyMessage(q), *in.Canonical)
	}
	a, err := app(t, "key", v, in.Now)
	if err != nil {
		want.check(t, err)
		return
	}
	verify := a.CheckProxy
	if in.CheckTimestamp {
		verify = a.VerifyProxy
	}
	got, err := verify(in.Query)
	want.check(t, err)
	is(t, "signature", want.Signature, got.Get("signature"))
}

// runWebhook verifies a whole delivery where the vector has one, or expects a
// status, and else the signature alone.
func runWebhook(t *testing.T, v vector) {
	var in struct {
		Method  string            `json:"method"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	var want outcome
	decode(t, v, &in, &want)
	a, err := app(t, "key", v, 0)
	if err != nil {
		want.check(t, err)
		return
	}
	header := http.Header{}
	for name, value := range in.Headers {
		header.Set(name, value)
	}
	if len(in.Headers) == 1 && !want.Status.set && in.Method == http.MethodPost {
		want.check(t, a.VerifyWebhook(header.Get("X-Shopify-Hmac-Sha256"), []byte(in.Body)))
		return
	}
	_, err = a.ReadWebhook(in.Method, header, []byte(in.Body))
	want.check(t, err)
}

func runToken(t *testing.T, v vector) {
	var in struct {
		Token   string          `json:"token"`
		Payload json.RawMessage `json:"payload"` // of any shape: it is a stranger's
		Key     string          `json:"api_key"`
		Now     int64           `json:"now"`
		Leeway  opt[int]        `json:"leeway_s"`
	}
	var want struct {
		outcome
		Shop    opt[string] `json:"shop"`
		User    opt[string] `json:"user_id"`
		Online  opt[string] `json:"online_session_id"`
		Offline opt[string] `json:"offline_session_id"`
	}
	decode(t, v, &in, &want)
	is(t, "leeway", in.Leeway, int(shopify.TokenLeeway))
	a, err := app(t, in.Key, v, in.Now)
	if err != nil {
		want.check(t, err)
		return
	}
	token, err := a.VerifyToken(in.Token)
	want.check(t, err)
	if err != nil {
		return
	}
	is(t, "shop", want.Shop, token.Shop)
	is(t, "user_id", want.User, token.User)
	is(t, "online_session_id", want.Online, shopify.OnlineSessionID(token.Shop, token.User))
	is(t, "offline_session_id", want.Offline, shopify.OfflineSessionID(token.Shop))
	comparePayload(t, in.Payload, token)
}

// comparePayload checks that a verified token says what the vector's payload says.
func comparePayload(t *testing.T, payload []byte, token shopify.Token) {
	t.Helper()
	var p struct {
		Jti string
		Sid string
		Exp int64
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		t.Fatal(err)
	}
	if token.ID != p.Jti || token.Session != p.Sid || token.Expires.Unix() != p.Exp {
		t.Errorf("token %+v, payload %s", token, payload)
	}
}

func runTokenHeader(t *testing.T, v vector) {
	var in struct {
		Authorization opt[string] `json:"authorization"`
		IDToken       opt[string] `json:"id_token_param"`
	}
	var want struct {
		Token opt[string] `json:"token"`
	}
	decode(t, v, &in, &want)
	token, err := shopify.BearerToken(in.Authorization.v, in.IDToken.v)
	is(t, "token", want.Token, token)
	is(t, "no token", opt[bool]{set: true, v: want.Token.null}, err != nil)
}

func runCookie(t *testing.T, v vector) {
	var in struct {
		Name  string      `json:"name"` // not covered by the signature
		Value string      `json:"value"`
		Info  opt[string] `json:"hkdf_info"`
		Salt  opt[string] `json:"hkdf_salt"`
		Sig   opt[string] `json:"sig"`
	}
	var want struct {
		Sig   opt[string] `json:"sig"`
		Valid opt[bool]   `json:"valid"`
		Note  string      `json:"note"` // what a handler then does
	}
	decode(t, v, &in, &want)
	a, err := app(t, "key", v, 0)
	if err != nil {
		t.Fatal(err)
	}
	is(t, "hkdf_info", in.Info, shopify.CookieKeyInfo)
	is(t, "hkdf_salt", in.Salt, "")
	if !want.Sig.set && !want.Valid.set {
		t.Fatal("nothing is expected")
	}
	is(t, "sig", want.Sig, a.SignCookie(in.Value))
	if want.Sig.set {
		is(t, "valid", opt[bool]{set: true, v: true}, a.VerifyCookie(in.Value, want.Sig.v) == nil)
	}
	is(t, "valid", want.Valid, a.VerifyCookie(in.Value, in.Sig.v) == nil)
}
