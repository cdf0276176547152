package signin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"

	"lapak/tenants/tenanttest"
)

// authenticator is somebody's phone, in software.
type authenticator struct {
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	cred virtualwebauthn.Credential
}

func newAuthenticator(h *house) *authenticator {
	return &authenticator{
		rp:   virtualwebauthn.RelyingParty{ID: "localhost", Name: "Lapak", Origin: h.url},
		auth: virtualwebauthn.NewAuthenticator(), cred: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2),
	}
}

// register makes a passkey for who is signed in.
func (a *authenticator) register(p *person) answer {
	p.t.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(publicKey(p, p.post("/passkeys/begin", nil)))
	check(p.t, err)
	if options.RelyingPartyID != "localhost" || options.UserName == "" {
		p.t.Errorf("options: %+v", options)
	}
	a.auth.Options.UserHandle = []byte(options.UserID)
	return p.send("POST", "/passkeys/finish", virtualwebauthn.CreateAttestationResponse(a.rp, a.auth, a.cred, *options), "Content-Type", "application/json")
}

// assert answers a challenge of the sign-in.
func (a *authenticator) assert(p *person) string {
	p.t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(publicKey(p, p.post("/signin/passkey/begin", nil)))
	check(p.t, err)
	return virtualwebauthn.CreateAssertionResponse(a.rp, a.auth, a.cred, *options)
}

func (a *authenticator) signIn(p *person) answer {
	p.t.Helper()
	return p.send("POST", "/signin/passkey/finish?return=/operator?x=1", a.assert(p), "Content-Type", "application/json")
}

// publicKey is what the browser's API gets of an answer.
func publicKey(p *person, a answer) string {
	p.t.Helper()
	var options struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	if err := json.Unmarshal([]byte(a.body), &options); err != nil || a.StatusCode != http.StatusOK {
		p.t.Fatalf("options: %d %s", a.StatusCode, a.body)
	}
	return string(options.PublicKey)
}

func TestPasskeys(t *testing.T) {
	h := newHouse(t)
	p := h.operator(t, "Ayu")
	phone := newAuthenticator(h)
	if a := phone.register(p); a.StatusCode != http.StatusNoContent {
		t.Fatalf("register: %d %s", a.StatusCode, a.body)
	}
	q := h.person(t)
	a := phone.signIn(q)
	if a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"location":"/operator?x=1"`) {
		t.Fatalf("sign in: %d %s", a.StatusCode, a.body)
	}
	if a := q.get("/operator"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"name":"Ayu"`) {
		t.Errorf("signed in: %d %s", a.StatusCode, a.body)
	}
	op, err := h.pool.Catalog().OperatorNamed(t.Context(), "Ayu")
	check(t, err)
	keys, err := h.pool.Catalog().Passkeys(t.Context(), op.ID)
	check(t, err)
	if len(keys) != 1 || keys[0].LastUsedAt.IsZero() {
		t.Fatalf("passkeys: %+v", keys)
	}
	check(t, h.pool.Catalog().RemovePasskey(t.Context(), op.ID, keys[0].ID))
	if a := phone.signIn(h.person(t)); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a removed passkey: %d", a.StatusCode)
	}
}

func TestPasskeysThatDoNotFit(t *testing.T) {
	h := newHouse(t)
	p := h.operator(t, "Ayu")
	phone := newAuthenticator(h)
	if a := phone.register(p); a.StatusCode != http.StatusNoContent {
		t.Fatalf("register: %d %s", a.StatusCode, a.body)
	}
	refused := func(what string, a answer, q *person) {
		t.Helper()
		if a.StatusCode != http.StatusUnprocessableEntity || q.cookie() != "" {
			t.Errorf("%s: %d %s", what, a.StatusCode, a.body)
		}
	}
	q := h.person(t)
	body := phone.assert(q)
	if a := q.send("POST", "/signin/passkey/finish", body); a.StatusCode != http.StatusOK {
		t.Fatalf("sign in: %d", a.StatusCode)
	}
	q = h.person(t)
	refused("an answer for the second time", q.send("POST", "/signin/passkey/finish", body), q)

	elsewhere := *phone
	elsewhere.rp.Origin = "https://evil.test"
	refused("another origin", elsewhere.signIn(q), q)
	other := *phone
	other.rp.ID = "evil.test"
	refused("another relying party", other.signIn(q), q)
	asleep := *phone
	asleep.auth.Options.UserNotVerified = true
	refused("nobody verified", asleep.signIn(q), q)
	stranger := newAuthenticator(h)
	stranger.auth.Options.UserHandle = phone.auth.Options.UserHandle
	refused("an unknown key", stranger.signIn(q), q)
	forged := *phone
	forged.cred.Key = stranger.cred.Key
	refused("another key with the same id", forged.signIn(q), q)
	for _, body := range []string{"", "{}", "[]", "null", strings.Repeat("a", 1000)} {
		refused("no answer at all", q.send("POST", "/signin/passkey/finish", body), q)
	}
	begun, err := virtualwebauthn.ParseAttestationOptions(publicKey(p, p.post("/passkeys/begin", nil)))
	check(t, err)
	again := virtualwebauthn.CreateAttestationResponse(phone.rp, phone.auth, stranger.cred, *begun)
	for i, want := range []int{http.StatusNoContent, http.StatusUnprocessableEntity} {
		if a := p.send("POST", "/passkeys/finish", again); a.StatusCode != want {
			t.Errorf("registering with one challenge, %d: %d, want %d", i, a.StatusCode, want)
		}
	}
}

// A challenge for one operator makes no passkey of another.
func TestPasskeyOfAnotherOperator(t *testing.T) {
	h := newHouse(t)
	a, b := h.operator(t, "Ayu"), h.operator(t, "Budi")
	phone := newAuthenticator(h)
	options, err := virtualwebauthn.ParseAttestationOptions(publicKey(a, a.post("/passkeys/begin", nil)))
	check(t, err)
	body := virtualwebauthn.CreateAttestationResponse(phone.rp, phone.auth, phone.cred, *options)
	if got := b.send("POST", "/passkeys/finish", body); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("Ayu's challenge for Budi: %d", got.StatusCode)
	}
	m := h.merchant(t, tenanttest.Shop(t, h.pool, "a"))
	if got := m.post("/passkeys/begin", nil); got.StatusCode != http.StatusForbidden {
		t.Errorf("a merchant: %d", got.StatusCode)
	}
	all, err := h.pool.Catalog().Operators(t.Context())
	check(t, err)
	for _, op := range all {
		keys, err := h.pool.Catalog().Passkeys(t.Context(), op.ID)
		check(t, err)
		if len(keys) != 0 {
			t.Errorf("%s has %d passkeys", op.Name, len(keys))
		}
	}
}
