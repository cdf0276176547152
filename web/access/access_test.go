package access

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
	"lapak/web/shopify/shopifytest"
)

// rig is Tokens with a stand-in for Shopify, and one shop.
type rig struct {
	*Tokens
	t     *testing.T
	pool  *tenants.Pool
	there *shopifytest.Shopify
	lease *tenants.Lease
	name  string
	log   *lockedBuffer
}

// lockedBuffer is a log that many write.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// wait lets so much time pass for the shop's token.
func (g *rig) wait(d time.Duration) {
	g.t.Helper()
	s, err := g.Load(g.t.Context(), g.lease, shopify.OfflineSessionID(g.name))
	if err != nil {
		g.t.Fatal(err)
	}
	s.Token.Expires, s.Token.RefreshExpires = s.Token.Expires.Add(-d), s.Token.RefreshExpires.Add(-d)
	if err := g.Store(g.t.Context(), g.lease, s); err != nil {
		g.t.Fatal(err)
	}
}

func secret(fill byte) []byte { return bytes.Repeat([]byte{fill}, 32) }

func newRig(t *testing.T) *rig {
	t.Helper()
	g := &rig{t: t, pool: tenanttest.New(t), log: &lockedBuffer{}}
	g.there = shopifytest.New(t, shopifytest.Options{})
	shop := tenanttest.Shop(t, g.pool, "toko")
	g.lease, g.name = tenanttest.Lease(t, g.pool, shop), shop.String()
	g.there.Install(g.name)
	g.Tokens = g.tokens(secret(1))
	return g
}

// tokens are Tokens with this secret, beside those of the rig.
func (g *rig) tokens(key []byte) *Tokens {
	g.t.Helper()
	log := slog.New(slog.NewTextHandler(g.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	api := adminapi.New(adminapi.Options{App: g.there.App(g.t), Backoff: time.Millisecond, Timeout: 2 * time.Second, Log: log})
	tokens, err := New(Options{Secret: key, API: api, Log: log})
	if err != nil {
		g.t.Fatal(err)
	}
	return tokens
}

// exchange gets a token as a visit of the merchant does.
func (g *rig) exchange() shopify.AccessToken {
	g.t.Helper()
	token, err := g.Exchange(g.t.Context(), g.lease, g.there.SessionToken(g.name, "7"))
	if err != nil {
		g.t.Fatal(err)
	}
	return token
}

func (g *rig) offline() string {
	g.t.Helper()
	token, err := g.Offline(g.t.Context(), g.lease)
	if err != nil {
		g.t.Fatal(err)
	}
	return token.Token
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func TestExchangeIsKept(t *testing.T) {
	g := newRig(t)
	_, err := g.Offline(t.Context(), g.lease)
	wantErr(t, err, ErrNoToken)
	token := g.exchange()
	if got := g.offline(); got != token.Token || got == "" {
		t.Errorf("offline %q, exchanged %q", got, token.Token)
	}
	// Another process with the same secret reads it; one with another does not.
	same, err := g.tokens(secret(1)).Offline(t.Context(), g.lease)
	if err != nil || same.Token != token.Token {
		t.Errorf("%v, %v", same, err)
	}
	_, err = g.tokens(secret(2)).Offline(t.Context(), g.lease)
	wantErr(t, err, ErrNoToken)
	if !strings.Contains(g.log.String(), "cannot be read") {
		t.Error("the log does not say that the secret key is another")
	}
	if err := g.Forget(t.Context(), g.lease, time.Now().Add(-time.Hour)); err != nil || g.offline() != token.Token {
		t.Fatalf("a token that is newer than the uninstall is gone: %v", err)
	}
	if err := g.Forget(t.Context(), g.lease, time.Now()); err != nil {
		t.Fatal(err)
	}
	_, err = g.Offline(t.Context(), g.lease)
	wantErr(t, err, ErrNoToken)
	_, err = g.Exchange(t.Context(), g.lease, "no token")
	wantErr(t, err, shopify.ErrExpired)
}

func TestOfflineRenewsEarly(t *testing.T) {
	g := newRig(t)
	first := g.exchange().Token
	g.wait(54 * time.Minute)
	if g.offline() != first || g.there.Requests("refresh") != 0 {
		t.Error("renewed more than five minutes early")
	}
	g.wait(2 * time.Minute)
	second := g.offline()
	if _, err := g.renew(t.Context(), g.lease); err != nil { // one who looked before
		t.Error(err)
	}
	if second == first || g.offline() != second || g.there.Requests("refresh") != 1 {
		t.Errorf("renewed %d times", g.there.Requests("refresh"))
	}
	g.wait(100 * 24 * time.Hour) // the refresh token is over, too
	_, err := g.Offline(t.Context(), g.lease)
	wantErr(t, err, ErrNoToken)
	if n := g.there.Requests("refresh"); n != 1 {
		t.Errorf("Shopify was asked %d times", n)
	}
}

func TestOfflineOfOldKinds(t *testing.T) {
	g := newRig(t)
	for name, token := range map[string]shopify.AccessToken{
		"never ends":               {Token: "a"},
		"no refresh token":         {Token: "a", Expires: time.Now().Add(time.Minute)},
		"ends, and cannot be more": {Token: "a", Expires: time.Now()},
		"nothing":                  {},
	} {
		if err := g.Keep(t.Context(), g.lease, token); err != nil {
			t.Fatal(err)
		}
		got, err := g.Offline(t.Context(), g.lease)
		if works := token.Token != "" && !token.Over(time.Now()); works != (err == nil) || works && got.Token != "a" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if err != nil {
			wantErr(t, err, ErrNoToken)
		}
	}
	if all := g.there.AllRequests(); len(all) != 0 {
		t.Errorf("Shopify was asked: %v", all)
	}
}

func TestOfflineWhenShopifyFails(t *testing.T) {
	g := newRig(t)
	first := g.exchange().Token
	g.wait(56 * time.Minute)
	g.there.Fail(shopifytest.Fault{On: "token", Times: -1, Status: 503})
	if g.offline() != first {
		t.Error("the token that still works is not used")
	}
	g.wait(5 * time.Minute)
	_, err := g.Offline(t.Context(), g.lease)
	wantErr(t, err, adminapi.ErrUnavailable)
	g.there.Heal()
	if g.offline() == first {
		t.Error("not renewed when Shopify answers again")
	}
	g.wait(time.Hour)
	g.there.Revoke(g.name)
	_, err = g.Offline(t.Context(), g.lease)
	wantErr(t, err, ErrNoToken)
	if fresh := g.exchange().Token; g.offline() != fresh {
		t.Error("the merchant's visit does not mend it")
	}
}

// TestOneRefresh lets many ask at the moment when the token has ended.
func TestOneRefresh(t *testing.T) {
	g := newRig(t)
	g.exchange()
	g.wait(time.Hour)
	var wg sync.WaitGroup
	start, got := make(chan struct{}), make([]string, 50)
	for i := range got {
		lease := tenanttest.Lease(t, g.pool, g.lease.Shop().Name)
		wg.Go(func() {
			<-start
			token, err := g.Offline(t.Context(), lease)
			if err != nil {
				t.Error(err)
			}
			got[i] = token.Token
		})
	}
	close(start)
	wg.Wait()
	if n := g.there.Requests("refresh"); n != 1 || g.there.Reused() != 0 {
		t.Errorf("%d refreshes, %d of a used token", n, g.there.Reused())
	}
	for _, token := range got {
		if token != got[0] {
			t.Fatalf("two tokens, %q and %q", token, got[0])
		}
	}
	if len(g.flights) != 0 {
		t.Error("a flight is left")
	}
}

// TestRefreshIsNotCutOff ends the context of the only caller while Shopify is
// being asked: the token that Shopify gives must not be lost.
func TestRefreshIsNotCutOff(t *testing.T) {
	g := newRig(t)
	g.exchange()
	g.wait(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	token, err := g.alone(ctx, g.lease.Shop().Name, "renew", time.Minute, func(inner context.Context) (shopify.AccessToken, error) {
		cancel()
		if inner.Err() != nil {
			t.Error("the request is cut off with its caller")
		}
		return g.renew(inner, g.lease)
	})
	if err != nil || g.offline() != token.Token {
		t.Errorf("%v, %v", token, err)
	}
	if _, err := g.Offline(ctx, g.lease); err == nil {
		t.Error("a caller that went away is served")
	}
}

// TestRefreshEnds has a Shopify that does not answer: once its caller has gone, or
// the server stops, the request goes on for a moment and not for its whole time.
func TestRefreshEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens, start := &Tokens{flights: map[store.Shop]*flight{}}, time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := tokens.alone(ctx, tenanttest.Name(t, "toko"), "renew", time.Minute, func(ctx context.Context) (shopify.AccessToken, error) {
			<-ctx.Done()
			return shopify.AccessToken{}, ctx.Err()
		})
		if took := time.Since(start); err == nil || took != time.Second+lastly {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// TestOneAtATime lets one ask while another does: for the same they share what
// comes, for something else they come after, and nobody waits for ever.
func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens, shop := &Tokens{flights: map[store.Shop]*flight{}}, tenanttest.Name(t, "toko")
		var began []string
		ask := func(ctx context.Context, what string) (string, error) {
			token, err := tokens.alone(ctx, shop, what, time.Minute, func(context.Context) (shopify.AccessToken, error) {
				began = append(began, what)
				time.Sleep(10 * time.Second)
				return shopify.AccessToken{Token: what}, nil
			})
			return token.Token, err
		}
		for _, what := range []string{"renew", "renew", "exchange", "renew", "exchange"} {
			go func() {
				if got, err := ask(t.Context(), what); got != what || err != nil {
					t.Errorf("%s: %q, %v", what, got, err)
				}
			}()
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := ask(ctx, "renew"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if fmt.Sprint(began) != "[renew exchange]" || len(tokens.flights) != 0 {
			t.Errorf("%v, %d left", began, len(tokens.flights))
		}
	})
}

func TestReject(t *testing.T) {
	g := newRig(t)
	token := g.exchange().Token
	for _, rejected := range []string{"another", token, token} {
		if err := g.Reject(t.Context(), g.lease, rejected); err != nil {
			t.Fatal(err)
		}
		_, err := g.Stored(t.Context(), g.lease)
		if gone := errors.Is(err, ErrNoToken); gone != (rejected == token) {
			t.Errorf("after rejecting %q: %v", rejected, err)
		}
	}
}

func TestSessions(t *testing.T) {
	g, ctx := newRig(t), t.Context()
	at := time.Now().UTC().Truncate(time.Millisecond)
	online := Session{ID: "online", State: "state", Online: true, Token: shopify.AccessToken{
		Token: "a", Refresh: "r", Scopes: shopify.ParseScopes("read_a"), Expires: at, RefreshExpires: at,
		User: &shopify.User{ID: 123, FirstName: "Sri", Email: "sri@example.com", AccountOwner: true, Locale: "id"},
	}}
	for _, s := range []Session{{ID: "b"}, online, {ID: "a", Token: shopify.AccessToken{Token: "x", Scopes: shopify.ParseScopes("")}}} {
		if err := g.Store(ctx, g.lease, s); err != nil {
			t.Fatal(err)
		}
		got, err := g.Load(ctx, g.lease, s.ID)
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%v, %v, want %v", got, err, s)
		}
	}
	all, err := g.All(ctx, g.lease)
	if err != nil || len(all) != 3 || all[0].ID != "a" || all[2].ID != "online" {
		t.Errorf("%v, %v", all, err)
	}
	if all, err := g.tokens(secret(2)).All(ctx, g.lease); err != nil || len(all) != 1 {
		t.Errorf("with another secret: %v, %v", all, err)
	}
	if err := g.Delete(ctx, g.lease, "a", "b", "no"); err != nil {
		t.Fatal(err)
	}
	_, err = g.Load(ctx, g.lease, "a")
	wantErr(t, err, store.ErrNotFound)
	if err := g.Store(ctx, g.lease, Session{}); err == nil {
		t.Error("a session without an id is stored")
	}
}

// TestSealedTextsStayInTheirPlace copies what is sealed to another shop, another
// session and another field.
func TestSealedTextsStayInTheirPlace(t *testing.T) {
	g, ctx := newRig(t), t.Context()
	other := tenanttest.Lease(t, g.pool, tenanttest.Shop(t, g.pool, "lain"))
	if err := g.Store(ctx, g.lease, Session{ID: "one", Token: shopify.AccessToken{Token: "SECRET", Refresh: "R"}}); err != nil {
		t.Fatal(err)
	}
	var sealed store.Session
	if err := g.lease.Read(ctx, "test", func(v *store.View) (err error) { sealed, err = v.Session("one"); return err }); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sealed.AccessToken)
	flipped[len(flipped)-1] ^= 1
	for name, c := range map[string]struct {
		lease *tenants.Lease
		id    string
		blob  []byte
		opens bool
	}{
		"as it was":       {g.lease, "one", sealed.AccessToken, true},
		"another shop":    {other, "one", sealed.AccessToken, false},
		"another session": {g.lease, "two", sealed.AccessToken, false},
		"another field":   {g.lease, "one", sealed.RefreshToken, false},
		"changed":         {g.lease, "one", flipped, false},
		"cut short":       {g.lease, "one", sealed.AccessToken[:3], false},
		"another version": {g.lease, "one", append([]byte{2}, sealed.AccessToken[1:]...), false},
	} {
		moved := store.Session{ID: c.id, AccessToken: c.blob}
		if err := c.lease.Write(ctx, "test", func(tx *store.Tx) error { return tx.StoreSession(moved) }); err != nil {
			t.Fatal(err)
		}
		if got, err := g.Load(ctx, c.lease, c.id); (err == nil) != c.opens || c.opens && got.Token.Token != "SECRET" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestTokensAreSeenNowhere looks for a token in the log, the export and the
// shop's file.
func TestTokensAreSeenNowhere(t *testing.T) {
	g, ctx := newRig(t), t.Context()
	token := g.exchange()
	g.wait(time.Hour)
	renewed, err := g.Offline(ctx, g.lease)
	if err != nil {
		t.Fatal(err)
	}
	all, err := g.All(ctx, g.lease)
	if err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	slog.New(slog.NewTextHandler(&seen, nil)).Info("m", "sessions", all, "one", all[0])
	fmt.Fprintf(&seen, "%v %+v %#v", all, all[0], all[0])
	if err := g.lease.Snapshot(ctx, "test", func(v *store.View) error { return v.Export(&seen) }); err != nil {
		t.Fatal(err)
	}
	file := tenantFile(t, g.pool, g.lease.Shop().Name)
	for _, secret := range []string{token.Token, token.Refresh, renewed.Token, renewed.Refresh} {
		if secret == "" {
			t.Fatal("no token")
		}
		for where, text := range map[string]string{"log": g.log.String(), "print or export": seen.String(), "file": file} {
			if strings.Contains(text, secret) {
				t.Errorf("a token is in the %s", where)
			}
		}
	}
	if !strings.Contains(file, "offline_"+g.name) {
		t.Error("the file was not read")
	}
}

func TestNewRefusesAShortSecret(t *testing.T) {
	for _, key := range [][]byte{nil, secret(1)[:31]} {
		if _, err := New(Options{Secret: key}); err == nil {
			t.Errorf("%d bytes are accepted", len(key))
		}
	}
}

func FuzzOpen(f *testing.F) {
	b, err := newBox(secret(1))
	if err != nil {
		f.Fatal(err)
	}
	shop, err := store.ParseShop("toko.myshopify.com")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{}, "id", "text")
	f.Add([]byte{1}, "", "")
	f.Add(b.seal(shop, "x", fieldAccess, "t"), "id", "text")
	f.Fuzz(func(t *testing.T, sealed []byte, id, text string) {
		if got, err := b.open(shop, id, fieldRefresh, sealed); err == nil && got != "" {
			t.Errorf("%x opens to %q", sealed, got)
		}
		if got, err := b.open(shop, id, fieldAccess, b.seal(shop, id, fieldAccess, text)); err != nil || got != text {
			t.Errorf("%q comes back as %q, %v", text, got, err)
		}
	})
}
