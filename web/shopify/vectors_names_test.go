package shopify_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"lapak/web/shopify"
)

func runShop(t *testing.T, v vector) {
	var in struct {
		Shop string `json:"shop"`
		Mode string `json:"mode"`
	}
	var want struct {
		Shop opt[string] `json:"shop"`
	}
	decode(t, v, &in, &want)
	parsers := map[string][]func(string) (string, error){
		"strict": {shopify.ParseShop},
		"form":   {shopify.ParseShopForm},
		"any":    {shopify.ParseShop, shopify.ParseShopForm},
	}[in.Mode]
	if parsers == nil || !want.Shop.set {
		t.Fatalf("mode %q, or nothing is expected", in.Mode)
	}
	for _, parse := range parsers {
		got, err := parse(in.Shop)
		is(t, "shop", want.Shop, got)
		is(t, "refused", opt[bool]{set: true, v: want.Shop.null}, err != nil)
	}
}

func runHost(t *testing.T, v vector) {
	var in struct {
		Decoded string `json:"host_decoded"`
		Param   string `json:"host_param"`
	}
	var want struct {
		outcome
		Host opt[string] `json:"host"`
	}
	decode(t, v, &in, &want)
	host, err := shopify.ParseHost(in.Param)
	want.check(t, err)
	is(t, "host", want.Host, host.Param())
	if err == nil {
		is(t, "host_decoded", opt[string]{set: true, v: in.Decoded}, host.String())
	}
}

// linkErrors say which of our errors stands for a library's.
var linkErrors = map[string]error{
	"InvalidRequestError": shopify.ErrNoHost,
	"InvalidHostError":    shopify.ErrBadHost,
	"MISSING_SHOP":        shopify.ErrNoShop,
	"INVALID_SHOP":        shopify.ErrBadShop,
}

// linkInput has one of four questions.
type linkInput struct {
	Host  opt[string] `json:"host_param"`
	Shop  opt[string] `json:"shop"`
	Admin opt[string] `json:"admin_url"`
	Login opt[string] `json:"login_shop"`
	Key   opt[string] `json:"api_key"`
}

type linkExpected struct {
	URL    opt[string] `json:"url"`
	Admin  opt[string] `json:"admin_url"`
	Shop   opt[string] `json:"shop"`
	Status opt[int]    `json:"status"`
	Error  opt[string] `json:"error"`
}

func runEmbedded(t *testing.T, v vector) {
	var in linkInput
	var want linkExpected
	decode(t, v, &in, &want)
	answer, got, err := in.ask(t, want)
	is(t, "answer", answer, got)
	is(t, "status", want.Status, shopify.StatusRedirect)
	refused := answer.null || want.Error.set
	is(t, "refused", opt[bool]{set: true, v: refused}, err != nil)
	if kind := linkErrors[want.Error.v]; want.Error.set && (kind == nil || !errors.Is(err, kind)) {
		t.Errorf("error %v, want %q", err, want.Error.v)
	}
}

// ask puts the vector's question to the function that it is about.
func (in linkInput) ask(t *testing.T, want linkExpected) (answer opt[string], got string, err error) {
	t.Helper()
	key := in.Key.v
	if !in.Key.set {
		key = "no matter"
	}
	secret := "no matter"
	a, err := app(t, key, vector{Secret: &secret}, 0)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case in.Host.set:
		host, err := shopify.ParseHost(in.Host.v)
		if err != nil {
			return want.URL, "", err
		}
		got, err = a.EmbeddedURL(host)
		return want.URL, got, err
	case in.Login.set:
		got, err = a.LoginURL(in.Login.v)
		return want.URL, got, err
	case in.Shop.set:
		got, err = shopify.AdminOf(in.Shop.v)
		return want.Admin, got, err
	case in.Admin.set:
		got, err = shopify.ShopOfAdmin(in.Admin.v)
		return want.Shop, got, err
	}
	t.Fatal("the input asks nothing")
	return
}

// sessionInput is either whose session it is, or the answer that began it.
type sessionInput struct {
	Shop           string      `json:"shop"`
	User           string      `json:"user_id"`
	Online         bool        `json:"online"`
	Embedded       bool        `json:"embedded"`
	Now            *time.Time  `json:"now"`
	ExpiresIn      opt[int64]  `json:"expires_in"`
	Refresh        opt[string] `json:"refresh_token"`
	RefreshExpires opt[int64]  `json:"refresh_token_expires_in"`
}

func runSessionID(t *testing.T, v vector) {
	var in sessionInput
	var want struct {
		ID             opt[string]    `json:"id"`
		Pattern        opt[string]    `json:"id_pattern"`
		Expires        opt[time.Time] `json:"expires"`
		Refresh        opt[string]    `json:"refresh_token"`
		RefreshExpires opt[time.Time] `json:"refresh_token_expires"`
	}
	decode(t, v, &in, &want)
	token := in.token(t)
	id := token.SessionID(in.Shop, in.Embedded)
	is(t, "id", want.ID, id)
	if ok, err := regexp.MatchString(want.Pattern.v, id); !ok || err != nil {
		t.Errorf("id %q does not match %q (%v)", id, want.Pattern.v, err)
	}
	is(t, "refresh_token", want.Refresh, token.Refresh)
	for _, e := range []struct {
		want opt[time.Time]
		got  time.Time
	}{{want.Expires, token.Expires}, {want.RefreshExpires, token.RefreshExpires}} {
		if e.want.set && !e.got.Equal(e.want.v) {
			t.Errorf("expires %v, want %v", e.got, e.want.v)
		}
	}
	if !want.ID.set && !want.Pattern.set && !want.Expires.set {
		t.Error("nothing is expected")
	}
}

// token lets the product read the answer of Shopify that the input describes.
func (in sessionInput) token(t *testing.T) shopify.AccessToken {
	t.Helper()
	body := `{"access_token": "token", "scope": ""`
	add := func(field, value string) { body += fmt.Sprintf(", %q: %s", field, value) }
	if in.Online {
		add("associated_user", `{"id": `+in.User+`}`)
	}
	for field, number := range map[string]opt[int64]{
		"expires_in": in.ExpiresIn, "refresh_token_expires_in": in.RefreshExpires,
	} {
		if number.null {
			add(field, "null")
		} else if number.set {
			add(field, fmt.Sprint(number.v))
		}
	}
	if in.Refresh.set && !in.Refresh.null {
		add("refresh_token", strconv.Quote(in.Refresh.v))
	}
	var now time.Time
	if in.Now != nil {
		now = *in.Now
	}
	token, err := shopify.ParseAccessToken([]byte(body+"}"), now)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func runScopes(t *testing.T, v vector) {
	var in struct {
		Scopes opt[string] `json:"scopes"`
		A      string      `json:"a"`
		B      opt[string] `json:"b"`
		Has    opt[string] `json:"has"`
	}
	var want struct {
		Compressed opt[string] `json:"compressed"`
		Equal      opt[bool]   `json:"equal"`
		Has        opt[bool]   `json:"has"`
	}
	decode(t, v, &in, &want)
	if in.Scopes.set != want.Compressed.set || in.B.set != want.Equal.set || in.Has.set != want.Has.set {
		t.Fatal("input and expected are not about the same question")
	}
	a := shopify.ParseScopes(in.A)
	is(t, "compressed", want.Compressed, shopify.ParseScopes(in.Scopes.v).String())
	is(t, "equal", want.Equal, a.Equal(shopify.ParseScopes(in.B.v)))
	is(t, "has", want.Has, a.Has(shopify.ParseScopes(in.Has.v)))
}
