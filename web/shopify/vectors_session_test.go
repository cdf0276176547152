package shopify_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web/access"
	"lapak/web/shopify"
)

// sessionRig is the real store: every shop of a vector has its own file. The
// libraries' stores look for an id in all shops; ours cannot, so a step that does
// not say whose session it means asks the shop that the id was last stored for.
type sessionRig struct {
	*access.Tokens
	pool  *tenants.Pool
	now   time.Time
	where map[string]string         // session id → shop
	last  map[string]access.Session // shop + " " + id → what was stored
	mu    sync.Mutex                // guards the maps
}

// sessionStep is one of the calls.
type sessionStep struct {
	Store      *sessionFields `json:"store"`
	Load       opt[string]    `json:"load"`
	Delete     opt[string]    `json:"delete"`
	DeleteMany []string       `json:"deleteMany"`
	FindByShop opt[string]    `json:"findByShop"`
	LoadAs     *struct {
		Tenant string `json:"tenant"`
		ID     string `json:"id"`
	} `json:"loadAs"`
	Parallel []sessionStep `json:"parallel"`
}

// sessionFields are those of the libraries' sessions.
type sessionFields struct {
	ID             string      `json:"id"`
	Shop           string      `json:"shop"`
	State          string      `json:"state"`
	IsOnline       bool        `json:"isOnline"`
	Scope          string      `json:"scope"`
	AccessToken    string      `json:"accessToken"`
	Expires        opt[string] `json:"expires"`
	RefreshToken   string      `json:"refreshToken"`
	RefreshExpires opt[string] `json:"refreshTokenExpires"`
	Online         *struct {
		User *shopify.User `json:"associated_user"`
	} `json:"onlineAccessInfo"`
	// SomeField is the vectors' example of a field that nobody knows. There is no
	// place for it in a session of ours.
	SomeField any `json:"someField"`
}

func runSessions(t *testing.T, v vector) {
	var in struct {
		Steps []sessionStep `json:"steps"`
	}
	var want []json.RawMessage
	decode(t, v, &in, &want)
	if len(in.Steps) != len(want) || len(want) == 0 {
		t.Fatalf("%d steps, %d expectations", len(in.Steps), len(want))
	}
	tokens, err := access.New(access.Options{Secret: []byte(strings.Repeat("k", 32))})
	if err != nil {
		t.Fatal(err)
	}
	g := &sessionRig{
		Tokens: tokens, pool: tenanttest.New(t), now: time.Now().Truncate(time.Second),
		where: map[string]string{}, last: map[string]access.Session{},
	}
	for i, step := range in.Steps {
		g.run(t, step, want[i])
	}
}

// run makes one step and compares what came of it with the vector's words.
func (g *sessionRig) run(t *testing.T, step sessionStep, want json.RawMessage) {
	t.Helper()
	if step.Parallel != nil {
		g.parallel(t, step.Parallel, want)
		return
	}
	var words string
	if err := strict(want, &words); err != nil {
		t.Fatalf("expected: %v", err)
	}
	switch {
	case step.Store != nil:
		g.done(t, words, g.store(t, step.Store))
	case step.Delete.set:
		g.done(t, words, g.Delete(t.Context(), g.lease(t, g.shopOf(step.Delete.v)), step.Delete.v))
	case step.DeleteMany != nil:
		g.done(t, words, g.deleteMany(t, step.DeleteMany))
	case step.Load.set:
		g.load(t, g.shopOf(step.Load.v), step.Load.v, words)
	case step.LoadAs != nil:
		g.load(t, shopName(step.LoadAs.Tenant), step.LoadAs.ID, words)
	case step.FindByShop.set:
		g.find(t, shopName(step.FindByShop.v), words)
	default:
		t.Fatal("a step that does nothing")
	}
}

func (g *sessionRig) parallel(t *testing.T, steps []sessionStep, want json.RawMessage) {
	t.Helper()
	var words []string
	if err := strict(want, &words); err != nil || len(words) != len(steps) {
		t.Fatalf("expected: %v, %d words for %d steps", err, len(words), len(steps))
	}
	var wg sync.WaitGroup
	results := make([]error, len(steps))
	for i, step := range steps {
		if step.Store == nil {
			t.Fatal("only storing is known to be parallel")
		}
		g.lease(t, shopName(step.Store.Shop)) // makes the shop, here where the test may fail
		wg.Go(func() { results[i] = g.store(t, step.Store) })
	}
	wg.Wait()
	for i, err := range results {
		g.done(t, words[i], err)
	}
}

// shopName is a vector's shop. Some say just "shop", which is no shop's name: it
// becomes shop.myshopify.com.
func shopName(raw string) string {
	if !strings.Contains(raw, ".") {
		return raw + ".myshopify.com"
	}
	return raw
}

func (g *sessionRig) shopOf(id string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if shop := g.where[id]; shop != "" {
		return shop
	}
	return "shop.myshopify.com" // an id that was stored nowhere
}

// lease opens a shop, making it where it is new.
func (g *sessionRig) lease(t *testing.T, name string) *tenants.Lease {
	t.Helper()
	shop, err := store.ParseShop(name)
	if err == nil {
		_, err = g.pool.Ensure(t.Context(), shop, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return tenanttest.Lease(t, g.pool, shop)
}

func (g *sessionRig) done(t *testing.T, words string, err error) {
	t.Helper()
	if words != "true" && !strings.HasPrefix(words, "true ") {
		t.Fatalf("unknown expectation %q", words)
	}
	if err != nil {
		t.Error(err)
	}
}

func (g *sessionRig) store(t *testing.T, f *sessionFields) error {
	s := access.Session{ID: f.ID, State: f.State, Online: f.IsOnline, Token: shopify.AccessToken{
		Token: f.AccessToken, Scopes: shopify.ParseScopes(f.Scope), Refresh: f.RefreshToken,
		Expires: g.moment(t, f.Expires), RefreshExpires: g.moment(t, f.RefreshExpires),
	}}
	if f.Online != nil {
		s.Token.User = f.Online.User
	}
	shop := shopName(f.Shop)
	g.mu.Lock()
	g.where[f.ID], g.last[shop+" "+f.ID] = shop, s
	g.mu.Unlock()
	return g.Store(t.Context(), g.lease(t, shop), s)
}

var fromNow = regexp.MustCompile(`\Anow([+-]\d+)(s|m|h|d)\z`)

// moment reads "now+3600s" and "now+30d"; absent and null are the zero Time.
func (g *sessionRig) moment(t *testing.T, text opt[string]) time.Time {
	if !text.set || text.null {
		return time.Time{}
	}
	m := fromNow.FindStringSubmatch(text.v)
	if m == nil {
		t.Errorf("unknown time %q", text.v)
		return time.Time{}
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Error(err)
	}
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[m[2]]
	return g.now.Add(time.Duration(n) * unit)
}

func (g *sessionRig) deleteMany(t *testing.T, ids []string) error {
	t.Helper()
	byShop := map[string][]string{}
	for _, id := range ids {
		byShop[g.shopOf(id)] = append(byShop[g.shopOf(id)], id)
	}
	var errs []error
	for shop, ids := range byShop {
		errs = append(errs, g.Delete(t.Context(), g.lease(t, shop), ids...))
		for _, id := range ids {
			delete(g.last, shop+" "+id)
		}
	}
	return errors.Join(errs...)
}

// load compares a session with all that was stored, so the words only choose
// between there and not there; what they name in particular is part of it.
func (g *sessionRig) load(t *testing.T, shop, id, words string) {
	t.Helper()
	got, err := g.Load(t.Context(), g.lease(t, shop), id)
	if words == "not found" {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v, %v, want none", got, err)
		}
		return
	}
	known := false
	for _, start := range []string{"equal", "one session", "refreshToken ", "refresh_token"} {
		known = known || strings.HasPrefix(words, start)
	}
	if !known {
		t.Fatalf("unknown expectation %q", words)
	}
	want := g.last[shop+" "+id]
	if err != nil || !sameSession(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if strings.Contains(words, "active") && got.Token.Over(time.Now()) {
		t.Errorf("%v is over", got)
	}
	if all, err := g.All(t.Context(), g.lease(t, shop)); words == "one session" && (err != nil || len(all) != 1) {
		t.Errorf("%d sessions, %v", len(all), err)
	}
}

// sameSession compares scopes by what they mean: that is what ours keeps.
func sameSession(a, b access.Session) bool {
	x, y := a.Token, b.Token
	users := x.User == y.User || x.User != nil && y.User != nil && *x.User == *y.User
	return a.ID == b.ID && a.State == b.State && a.Online == b.Online && x.Token == y.Token && x.Refresh == y.Refresh &&
		x.Scopes.Equal(y.Scopes) && x.Expires.Equal(y.Expires) && x.RefreshExpires.Equal(y.RefreshExpires) && users
}

// find compares ids with "exactly A and B" or "[]"; after either, whatever was
// stored for other shops and not deleted must still be there.
func (g *sessionRig) find(t *testing.T, shop, words string) {
	t.Helper()
	all, err := g.All(t.Context(), g.lease(t, shop))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, s := range all {
		got = append(got, s.ID)
	}
	var want []string
	if list, ok := strings.CutPrefix(words, "exactly "); ok {
		want = strings.FieldsFunc(strings.ReplaceAll(list, " and ", ","), func(r rune) bool { return r == ',' || r == ' ' })
	} else if !strings.HasPrefix(words, "[]") {
		t.Fatalf("unknown expectation %q", words)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	for place := range g.last {
		if other, id, _ := strings.Cut(place, " "); other != shop {
			g.load(t, other, id, "equal")
		}
	}
}
