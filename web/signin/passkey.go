package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	lru "github.com/hashicorp/golang-lru/v2"

	"lapak/store/catalog"
	"lapak/web"
)

const (
	passkeyBody    = 64 << 10
	ceremonyLasts  = 5 * time.Minute
	ceremoniesMost = 1000 // under way; the oldest is forgotten first
)

// ceremonies is WebAuthn with what is under way: a browser was given a challenge
// and has not answered yet.
type ceremonies struct {
	auth    *webauthn.WebAuthn
	pending *lru.Cache[string, ceremony] // by challenge
	limit   *web.Limiter[netip.Prefix]
}

type ceremony struct {
	session webauthn.SessionData
	until   time.Time
}

// newCeremonies is nil for an origin where browsers have no passkeys: an address
// instead of a name, or http elsewhere than on this machine.
func newCeremonies(origin *url.URL) (*ceremonies, error) {
	host := origin.Hostname()
	if net.ParseIP(host) != nil || origin.Scheme != "https" && host != "localhost" {
		return nil, nil
	}
	must := true
	auth, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "Lapak", RPOrigins: []string{origin.Scheme + "://" + origin.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &must, ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired, // nothing else proves who it is
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	pending, err := lru.New[string, ceremony](ceremoniesMost)
	if err != nil {
		return nil, err
	}
	return &ceremonies{auth: auth, pending: pending, limit: web.NewLimiter[netip.Prefix](1, 20)}, nil
}

func (c *ceremonies) begin(session *webauthn.SessionData) {
	c.pending.Add(session.Challenge, ceremony{*session, time.Now().Add(ceremonyLasts)})
}

// take ends the ceremony of a challenge: each is good for one answer.
func (c *ceremonies) take(challenge string) (webauthn.SessionData, error) {
	found, ok := c.pending.Peek(challenge)
	if !ok || !c.pending.Remove(challenge) || time.Now().After(found.until) {
		return webauthn.SessionData{}, errCeremony
	}
	return found.session, nil
}

var errCeremony = errors.New("the challenge is unknown or too old")

// HasPasskeys says whether browsers have passkeys at the server's origin.
func (s *Signin) HasPasskeys() bool { return s.passkey != nil }

func (s *Signin) noPasskeys() error {
	if s.passkey != nil {
		return nil
	}
	return &web.Error{Status: http.StatusNotFound, Code: "not_found", Text: "There are no passkeys at this address"}
}

// badPasskey is the answer to a passkey that does not fit.
func badPasskey(err error) error {
	var detail *protocol.Error
	if errors.As(err, &detail) && detail.DevInfo != "" {
		err = fmt.Errorf("%w (%s)", err, detail.DevInfo)
	}
	return &web.Error{Status: http.StatusUnprocessableEntity, Code: "passkey", Text: "This passkey does not fit", Cause: err}
}

// holder is an operator as WebAuthn sees them.
type holder struct {
	operator catalog.OperatorRecord
	keys     []webauthn.Credential
}

func (h *holder) WebAuthnID() []byte                         { return []byte(h.operator.ID) }
func (h *holder) WebAuthnName() string                       { return h.operator.Name }
func (h *holder) WebAuthnDisplayName() string                { return h.operator.Name }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (s *Signin) holder(ctx context.Context, id string) (*holder, error) {
	op, err := s.catalog.Operator(ctx, id)
	if err != nil {
		return nil, err
	}
	keys, err := s.catalog.Passkeys(ctx, id)
	if err != nil {
		return nil, err
	}
	h := &holder{operator: op}
	for _, k := range keys {
		var known webauthn.Credential
		if err := json.Unmarshal(k.Credential, &known); err != nil {
			return nil, fmt.Errorf("passkey: %w", err)
		}
		h.keys = append(h.keys, known)
	}
	return h, nil
}

// BeginPasskey is what a browser needs to make a passkey for a signed-in operator,
// as JSON.
func (s *Signin) BeginPasskey(ctx context.Context, in catalog.Signin) (any, error) {
	if err := s.noPasskeys(); err != nil {
		return nil, err
	}
	h, err := s.holder(ctx, in.Operator)
	if err != nil {
		return nil, err
	}
	known := webauthn.Credentials(h.keys).CredentialDescriptors()
	options, session, err := s.passkey.auth.BeginRegistration(h, webauthn.WithExclusions(known))
	if err != nil {
		return nil, fmt.Errorf("begin passkey: %w", err)
	}
	s.passkey.begin(session)
	return options, nil
}

// AddPasskey keeps the passkey that a browser made, under a name for people. Body
// is the credential as JSON.
func (s *Signin) AddPasskey(ctx context.Context, in catalog.Signin, name string, body []byte) error {
	if err := s.noPasskeys(); err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(body)
	if err != nil {
		return badPasskey(err)
	}
	session, err := s.passkey.take(parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return badPasskey(err)
	}
	h, err := s.holder(ctx, in.Operator)
	if err != nil {
		return err
	}
	made, err := s.passkey.auth.CreateCredential(h, session, parsed)
	if err != nil {
		return badPasskey(err)
	}
	text, err := json.Marshal(made)
	if err != nil {
		return fmt.Errorf("passkey: %w", err)
	}
	return s.catalog.AddPasskey(ctx, catalog.Passkey{ID: made.ID, Operator: in.Operator, Name: name, Credential: text})
}

// beginPasskey gives a browser the challenge that a passkey answers.
func (s *Signin) beginPasskey(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	if err := s.noPasskeys(); err != nil {
		return err
	}
	if wait := s.passkey.limit.Take(web.Network(c.By.IP)); wait > 0 {
		return web.ErrTooMany(wait)
	}
	options, session, err := s.passkey.auth.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return fmt.Errorf("begin sign-in by passkey: %w", err)
	}
	s.passkey.begin(session)
	return web.WriteJSON(w, r, http.StatusOK, options)
}

// landed tells the script where to go on.
type landed struct {
	Location string `json:"location"`
}

// finishPasskey signs an operator in whose passkey answered.
func (s *Signin) finishPasskey(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	if err := s.noPasskeys(); err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return web.BodyError(err)
	}
	operator, err := s.answered(r.Context(), body)
	if err != nil {
		return err
	}
	in, cookie, err := s.catalog.CreateSignin(r.Context(), catalog.Signer{Operator: operator}, browser(r, c))
	if err != nil {
		return err
	}
	if err := s.enter(w, r, in, cookie); err != nil {
		return err
	}
	return web.WriteJSON(w, r, http.StatusOK, landed{landing(in.Signer, r.URL.Query().Get("return"))})
}

// answered is the operator whose passkey answered a challenge.
func (s *Signin) answered(ctx context.Context, body []byte) (operator string, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(body)
	if err != nil {
		return "", badPasskey(err)
	}
	session, err := s.passkey.take(parsed.Response.CollectedClientData.Challenge)
	if err != nil {
		return "", badPasskey(err)
	}
	find := func(_, handle []byte) (webauthn.User, error) { return s.holder(ctx, string(handle)) }
	user, used, err := s.passkey.auth.ValidatePasskeyLogin(find, session, parsed)
	if err != nil {
		return "", badPasskey(err)
	}
	if used.Authenticator.CloneWarning {
		return "", badPasskey(errors.New("its counter went back: there is a copy of it"))
	}
	text, err := json.Marshal(used)
	if err != nil {
		return "", fmt.Errorf("passkey: %w", err)
	}
	if err := s.catalog.UsePasskey(ctx, used.ID, text); err != nil {
		return "", err
	}
	return string(user.WebAuthnID()), nil
}
