package adminapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
	"lapak/web/shopify/shopifytest"
)

const shop = "toko.myshopify.com"

// newClient is a client of a stand-in where the app is installed in one shop.
func newClient(t *testing.T, opt shopifytest.Options, changes ...func(*adminapi.Options)) (*adminapi.Client, *shopifytest.Shopify) {
	t.Helper()
	s := shopifytest.New(t, opt)
	s.Install(shop)
	o := adminapi.Options{App: s.App(t), Backoff: time.Millisecond}
	for _, change := range changes {
		change(&o)
	}
	return adminapi.New(o), s
}

func shopName() adminapi.Request {
	return adminapi.Request{Operation: "ShopName", Query: "query ShopName { shop { name } }"}
}

func cancel(idempotent bool) adminapi.Request {
	return adminapi.Request{
		Operation: "Cancel", Query: "\n mutation Cancel($id: ID!) { appSubscriptionCancel(id: $id) { appSubscription { id } userErrors { field message } } }",
		Variables: map[string]any{"id": "gid://shopify/AppSubscription/1"}, Idempotent: idempotent,
	}
}

type shopAnswer struct {
	Shop struct {
		Name string `json:"name"`
	} `json:"shop"`
}

func ask(t *testing.T, c *adminapi.Client, token string, req adminapi.Request) (shopAnswer, error) {
	t.Helper()
	var out shopAnswer
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return out, c.Query(ctx, shop, token, req, &out)
}

func TestGrants(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{})
	ctx := t.Context()
	offline, err := c.Exchange(ctx, shop, s.SessionToken(shop, "7"), false)
	if err != nil {
		t.Fatal(err)
	}
	if offline.Token == "" || offline.Refresh == "" || offline.User != nil || offline.Expires.Before(time.Now().Add(59*time.Minute)) || offline.Scopes.String() != "read_products" {
		t.Fatalf("offline token: %+v", offline)
	}
	online, err := c.Exchange(ctx, shop, s.SessionToken(shop, "7"), true)
	if err != nil || online.User == nil || online.User.ID != 7 {
		t.Fatalf("online token: %+v, %v", online, err)
	}
	fresh, err := c.Refresh(ctx, shop, offline.Refresh)
	if err != nil || fresh.Token == offline.Token || fresh.Refresh == offline.Refresh {
		t.Fatalf("refreshed token: %+v, %v", fresh, err)
	}
	code, err := c.Code(ctx, shop, s.Code(shop))
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{offline.Token, online.Token, fresh.Token, code.Token} {
		if out, err := ask(t, c, token, shopName()); err != nil || out.Shop.Name != shop {
			t.Errorf("answer %+v, %v", out, err)
		}
	}
}

func TestRefusedGrants(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{})
	ctx := t.Context()
	used := s.Code(shop)
	if _, err := c.Code(ctx, shop, used); err != nil {
		t.Fatal(err)
	}
	foreign := adminapi.New(adminapi.Options{App: s.App(t, func(cfg *shopify.Config) { cfg.Secrets = []string{"another"} })})
	for name, tc := range map[string]struct {
		call func() (shopify.AccessToken, error)
		want error
	}{
		"another shop's session token": {func() (shopify.AccessToken, error) {
			return c.Exchange(ctx, shop, s.SessionToken("warung.myshopify.com", "1"), false)
		}, shopify.ErrExpired},
		"not installed": {func() (shopify.AccessToken, error) {
			return c.Exchange(ctx, "warung.myshopify.com", s.SessionToken("warung.myshopify.com", "1"), false)
		}, shopify.ErrBadGrant},
		"unknown refresh token": {func() (shopify.AccessToken, error) { return c.Refresh(ctx, shop, "shprt_x") }, shopify.ErrBadGrant},
		"used code":             {func() (shopify.AccessToken, error) { return c.Code(ctx, shop, used) }, shopify.ErrBadGrant},
		"wrong secret": {func() (shopify.AccessToken, error) {
			return foreign.Exchange(ctx, shop, s.SessionToken(shop, "1"), false)
		}, shopify.ErrBadGrant},
		"no shop": {func() (shopify.AccessToken, error) { return c.Refresh(ctx, "evil.example/x", "shprt_x") }, shopify.ErrBadShop},
	} {
		if got, err := tc.call(); !errors.Is(err, tc.want) || got.Token != "" {
			t.Errorf("%s: %+v, %v, want %v", name, got, err, tc.want)
		}
	}
}

// Two refreshes with one token: one wins, the other learns that it lost, and
// neither is repeated.
func TestRefreshRace(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{})
	first, err := c.Exchange(t.Context(), shop, s.SessionToken(shop, "1"), false)
	if err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = c.Refresh(t.Context(), shop, first.Refresh) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, shopify.ErrBadGrant) {
			t.Errorf("error %v", err)
		}
	}
	if won != 1 || s.Reused() != 7 || s.Requests("refresh") != 8 {
		t.Errorf("%d won, %d were refused, %d requests", won, s.Reused(), s.Requests("refresh"))
	}
}

func TestLostRefreshIsAskedAgain(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{})
	first, err := c.Exchange(t.Context(), shop, s.SessionToken(shop, "1"), false)
	if err != nil {
		t.Fatal(err)
	}
	s.Fail(shopifytest.Fault{On: "token", Lost: true})
	fresh, err := c.Refresh(t.Context(), shop, first.Refresh)
	if err != nil || fresh.Token == "" || s.Requests("refresh") != 2 {
		t.Fatalf("%+v, %v, %d requests", fresh, err, s.Requests("refresh"))
	}
}

// A code is used up by a request whose answer was lost, so it is not sent again.
func TestLostCodeIsNotSentAgain(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{})
	s.Fail(shopifytest.Fault{On: "token", Lost: true})
	if _, err := c.Code(t.Context(), shop, s.Code(shop)); !errors.Is(err, adminapi.ErrUnavailable) {
		t.Fatal(err)
	}
	if n := s.Requests("code"); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		fault    shopifytest.Fault
		req      adminapi.Request
		want     error // nil: it ends well
		requests int
	}{
		"two resets":                {shopifytest.Fault{Reset: true, Times: 2}, shopName(), nil, 3},
		"two 503":                   {shopifytest.Fault{Status: 503, Times: 2}, shopName(), nil, 3},
		"429 with Retry-After":      {shopifytest.Fault{Status: 429, RetryAfter: "0.01"}, shopName(), nil, 2},
		"a lost answer":             {shopifytest.Fault{Lost: true}, shopName(), nil, 2},
		"one that hangs":            {shopifytest.Fault{Hang: true}, shopName(), nil, 2},
		"all hang":                  {shopifytest.Fault{Hang: true, Times: -1}, shopName(), adminapi.ErrUnavailable, 4},
		"503 for ever":              {shopifytest.Fault{Status: 503, Times: -1}, shopName(), adminapi.ErrUnavailable, 4},
		"broken JSON":               {shopifytest.Fault{Broken: true}, shopName(), adminapi.ErrUnavailable, 1},
		"401":                       {shopifytest.Fault{Status: 401, Body: `{"errors":"no"}`}, shopName(), adminapi.ErrUnauthorized, 1},
		"402":                       {shopifytest.Fault{Status: 402}, shopName(), adminapi.ErrShopClosed, 1},
		"a redirect":                {shopifytest.Fault{Status: 307}, shopName(), adminapi.ErrUnavailable, 1},
		"null":                      {shopifytest.Fault{Status: 200, Body: `null`}, shopName(), adminapi.ErrUnavailable, 1},
		"too large":                 {shopifytest.Fault{Status: 200, Body: `{"data":{"shop":{}}}` + strings.Repeat(" ", 5<<20)}, shopName(), adminapi.ErrUnavailable, 1},
		"mutation, reset":           {shopifytest.Fault{Reset: true}, cancel(false), adminapi.ErrUnavailable, 1},
		"mutation, 503":             {shopifytest.Fault{Status: 503}, cancel(false), adminapi.ErrUnavailable, 1},
		"mutation, 429":             {shopifytest.Fault{Status: 429}, cancel(false), new(adminapi.UserError), 2},
		"idempotent mutation, lost": {shopifytest.Fault{Lost: true}, cancel(true), new(adminapi.UserError), 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := newClient(t, shopifytest.Options{}, func(o *adminapi.Options) {
				if tc.fault.Hang {
					o.Timeout = 500 * time.Millisecond
				}
			})
			s.Fail(tc.fault)
			_, err := ask(t, c, s.Token(shop), tc.req)
			if user := new(*adminapi.UserError); tc.want != nil && errors.As(tc.want, user) {
				if !errors.As(err, user) {
					t.Errorf("error %v, want a refusal", err)
				}
			} else if !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			if n := s.Requests("graphql"); n != tc.requests {
				t.Errorf("%d requests, want %d", n, tc.requests)
			}
		})
	}
}

// A request that never left is sent again, whatever it is: nobody can have begun it.
func TestRefusedConnection(t *testing.T) {
	tries := 0
	c, s := newClient(t, shopifytest.Options{}, func(o *adminapi.Options) {
		o.HTTP = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if tries++; tries < 3 {
				return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		}}}
	})
	_, err := ask(t, c, s.Token(shop), cancel(false))
	if refused := new(adminapi.UserError); !errors.As(err, &refused) || tries != 3 {
		t.Errorf("%v after %d tries", err, tries)
	}
}

func TestDeadToken(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{})
	token := s.Token(shop)
	s.Revoke(shop)
	if _, err := ask(t, c, token, shopName()); !errors.Is(err, adminapi.ErrUnauthorized) {
		t.Fatal(err)
	}
}

func TestRefusals(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{Scopes: "write_orders"})
	token := s.Token(shop)
	products := adminapi.Request{Operation: "P", Query: "query P { products(first: 1) { nodes { id } } }"}
	_, err := ask(t, c, token, products)
	if refused := new(adminapi.QueryError); !errors.As(err, &refused) || refused.Code != "ACCESS_DENIED" {
		t.Errorf("without the scope: %v", err)
	}
	_, err = ask(t, c, token, adminapi.Request{Operation: "X", Query: "query X { shop { secrets } }"})
	if refused := new(adminapi.QueryError); !errors.As(err, &refused) {
		t.Errorf("an unknown field: %v", err)
	}
	_, err = ask(t, c, token, cancel(false))
	if refused := new(adminapi.UserError); !errors.As(err, &refused) || refused.Mutation != "appSubscriptionCancel" || refused.Problems[0].Field[0] != "id" {
		t.Errorf("a wrong id: %v", err)
	}
}

// Many callers with few points: all are answered, and only the first ones, who
// know nothing yet, run into the limit.
func TestThrottle(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{Points: 100, Restore: 2000})
	token := s.Token(shop)
	req := adminapi.Request{Operation: "Many", Query: "query Many { products(first: 90) { nodes { id } } }"} // 91 points
	if err := c.Query(t.Context(), shop, token, req, new(struct{})); err != nil {
		t.Fatal(err)
	}
	before := s.Throttled()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := c.Query(t.Context(), shop, token, req, new(struct{})); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if refused := s.Throttled() - before; refused > 0 {
		t.Errorf("%d requests were refused though the client knew the limit", refused)
	}
}

// A throttle that nobody could foresee is waited out.
func TestThrottledFirst(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{Points: 1000, Restore: 1000})
	s.Drain(shop, 0)
	token := s.Token(shop)
	req := adminapi.Request{Operation: "Many", Query: "query Many { products(first: 90) { nodes { id } } }"}
	if err := c.Query(t.Context(), shop, token, req, new(struct{})); err != nil || s.Throttled() != 1 {
		t.Fatalf("%v, refused %d times", err, s.Throttled())
	}
}

// Who cannot wait so long is told at once for how long it would be.
func TestThrottleBeyondTheDeadline(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{Points: 1000, Restore: 1})
	s.Drain(shop, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	req := adminapi.Request{Operation: "Many", Query: "query Many { products(first: 90) { nodes { id } } }"}
	for range 2 { // the second asks nobody
		err := c.Query(ctx, shop, s.Token(shop), req, new(struct{}))
		wait := new(adminapi.ThrottledError)
		if !errors.As(err, &wait) || !errors.Is(err, adminapi.ErrThrottled) || wait.Wait < time.Minute || wait.Wait > 2*time.Minute {
			t.Fatalf("error %v", err)
		}
	}
	if n := s.Requests("graphql"); n != 1 {
		t.Errorf("%d requests", n)
	}
	if ctx.Err() != nil {
		t.Error("it waited for the deadline")
	}
}

func TestOtherShopsDoNotWait(t *testing.T) {
	c, s := newClient(t, shopifytest.Options{Points: 100, Restore: 1})
	s.Install("warung.myshopify.com")
	req := adminapi.Request{Operation: "Many", Query: "query Many { products(first: 90) { nodes { id } } }"}
	s.Drain(shop, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := c.Query(ctx, shop, s.Token(shop), req, new(struct{})); !errors.Is(err, adminapi.ErrThrottled) {
		t.Fatal(err)
	}
	if err := c.Query(ctx, "warung.myshopify.com", s.Token("warung.myshopify.com"), req, new(struct{})); err != nil {
		t.Fatal(err)
	}
}

// No secret is in an error or in the log, whatever goes wrong.
func TestSecretsStaySecret(t *testing.T) {
	var log bytes.Buffer
	c, s := newClient(t, shopifytest.Options{Version: "2027-01"}, func(o *adminapi.Options) {
		o.Log, o.Timeout = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), 100*time.Millisecond
	})
	token, session := s.Token(shop), s.SessionToken(shop, "1")
	var texts strings.Builder
	for _, f := range []shopifytest.Fault{{Hang: true, Times: 4}, {Reset: true, Times: 4}, {Broken: true}, {Status: 500, Times: 4}, {Status: 401}, {Status: 400}, {Status: 302}} {
		for _, call := range []func() error{
			func() error { _, err := ask(t, c, token, shopName()); return err },
			func() error { _, err := c.Exchange(t.Context(), shop, session, false); return err },
			func() error { _, err := c.Refresh(t.Context(), shop, "shprt_secret"); return err },
		} {
			s.Fail(f)
			err := call()
			s.Heal()
			if err == nil {
				t.Errorf("%+v: no error", f)
			}
			fmt.Fprintf(&texts, "%v\n%+v\n", err, err)
		}
	}
	if _, err := ask(t, c, token, shopName()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "2027-01") {
		t.Error("the log does not say that another version answered")
	}
	for _, secret := range []string{token, session, "shprt_secret", s.Secret()} {
		if strings.Contains(texts.String()+log.String(), secret) {
			t.Errorf("%q is in\n%s\n%s", secret, texts.String(), log.String())
		}
	}
}

// A redirect would take the token along to another host.
func TestRedirectIsNotFollowed(t *testing.T) {
	met := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { met = true }))
	defer elsewhere.Close()
	here := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer here.Close()
	app, err := shopify.NewApp(shopify.Config{Key: "k", Secrets: []string{"s"}, AdminURL: here.URL + "/{shop}"})
	if err != nil {
		t.Fatal(err)
	}
	c := adminapi.New(adminapi.Options{App: app})
	if _, err := ask(t, c, "shpat_x", shopName()); !errors.Is(err, adminapi.ErrUnavailable) || met {
		t.Errorf("%v; the other host was asked: %v", err, met)
	}
}

func TestObserve(t *testing.T) {
	var seen []string
	c, s := newClient(t, shopifytest.Options{}, func(o *adminapi.Options) {
		o.Observe = func(op string, took time.Duration, err error) {
			seen = append(seen, fmt.Sprint(op, took > 0, err == nil))
		}
	})
	_, _ = ask(t, c, s.Token(shop), shopName())
	_, _ = c.Refresh(t.Context(), shop, "shprt_x")
	if got := strings.Join(seen, " "); got != "ShopNametrue true tokentrue false" {
		t.Error(got)
	}
}

func TestVersion(t *testing.T) {
	end := adminapi.VersionEnds()
	if end.Sub(time.Date(2027, 10, 1, 17, 0, 0, 0, time.UTC)) != 0 && adminapi.Version == "2026-10" {
		t.Errorf("ends %v", end)
	}
	for day, want := range map[int]string{-200: "", -80: "is supported until", 1: "has been unsupported since"} {
		note := adminapi.VersionNote(end.AddDate(0, 0, day))
		if (note == "") != (want == "") || !strings.Contains(note, want) {
			t.Errorf("%d days from the end: %q", day, note)
		}
	}
}
