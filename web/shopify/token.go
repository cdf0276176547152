package shopify

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	tokenLeeway   = 10 * time.Second
	maxTokenBytes = 8 << 10
)

// Token is a verified session token: who is asking, from which shop.
type Token struct {
	Shop    string    // parsed, from the claim "dest"
	Admin   bool      // made by the Shopify admin; else by a checkout
	User    string    // the staff member's id; "" if not Admin
	Session string    // the claim "sid"; "" if not Admin
	ID      string    // the claim "jti", one for each token
	Expires time.Time // a minute after it was made
}

// BearerToken finds the session token of a request in its Authorization header
// ("Bearer ..."), else in the query parameter "id_token". ErrNoToken if neither
// holds one. The scheme's name is "Bearer" exactly, as in Shopify's libraries.
func BearerToken(authorization, idToken string) (string, error) {
	if token, ok := strings.CutPrefix(authorization, "Bearer "); ok && !blank(token) {
		return token, nil
	}
	if idToken != "" {
		return idToken, nil
	}
	return "", ErrNoToken
}

// VerifyAdminToken is VerifyToken for the admin's routes: it also refuses what
// a checkout made, with ErrNotAdmin.
func (a *App) VerifyAdminToken(raw string) (Token, error) {
	t, err := a.VerifyToken(raw)
	if err == nil && !t.Admin {
		err = fmt.Errorf("session token: %w", ErrNotAdmin)
	}
	if err != nil {
		return Token{}, err
	}
	return t, nil
}

// VerifyToken checks a session token: HS256 under one of the app's secrets,
// made for this app, valid now (give or take 10 seconds), and its issuer and
// destination the same shop.
func (a *App) VerifyToken(raw string) (Token, error) {
	var c claims
	if err := a.parseToken(raw, &c); err != nil {
		return Token{}, fmt.Errorf("session token: %w", err)
	}
	t, err := a.readClaims(&c)
	if err != nil {
		return Token{}, fmt.Errorf("session token: %w", err)
	}
	return t, nil
}

// claims are those of Shopify's documentation. Subject hides the string of the
// same name: an anonymous buyer's is null, which is not the same as absent.
type claims struct {
	jwt.RegisteredClaims
	Dest    string          `json:"dest"`
	Session string          `json:"sid"`
	Subject json.RawMessage `json:"sub"`
}

func newTokenParser(cfg Config) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
		jwt.WithLeeway(tokenLeeway), jwt.WithAudience(cfg.Key), jwt.WithTimeFunc(cfg.Now))
}

func (a *App) parseToken(raw string, c *claims) error {
	if raw == "" {
		return ErrNoToken
	}
	if len(raw) > maxTokenBytes {
		return fmt.Errorf("%d bytes: %w", len(raw), ErrBadToken)
	}
	if a.tokens == nil {
		return ErrNoSecret
	}
	t, err := a.tokens.ParseWithClaims(raw, c, func(*jwt.Token) (any, error) { return a.tokenKeys, nil })
	if err != nil {
		return tokenError(t, err)
	}
	if _, ok := t.Header["crit"]; ok { // RFC 7515: not understood, so refused
		return fmt.Errorf("critical header: %w", ErrBadToken)
	}
	return nil
}

// tokenError puts the library's error into our words.
func tokenError(t *jwt.Token, err error) error {
	if t != nil && t.Header != nil && t.Header["alg"] != jwt.SigningMethodHS256.Alg() {
		return fmt.Errorf("%w: %w", ErrBadAlgorithm, err)
	}
	for _, pair := range []struct{ theirs, ours error }{
		{jwt.ErrTokenSignatureInvalid, ErrBadSignature},
		{jwt.ErrTokenExpired, ErrExpired},
		{jwt.ErrTokenNotValidYet, ErrNotYetValid},
		{jwt.ErrTokenInvalidAudience, ErrWrongAudience},
		{jwt.ErrTokenRequiredClaimMissing, ErrMissingClaim},
	} {
		if errors.Is(err, pair.theirs) {
			return fmt.Errorf("%w: %w", pair.ours, err)
		}
	}
	return fmt.Errorf("%w: %w", ErrBadToken, err)
}

func (a *App) readClaims(c *claims) (Token, error) {
	if err := c.complete(); err != nil {
		return Token{}, err
	}
	// The schemes are there in Shopify's own tokens and absent from checkouts'.
	shop, err := a.ParseShop(strings.TrimPrefix(c.Dest, "https://"))
	if err != nil {
		return Token{}, err
	}
	issuer, maker, _ := strings.Cut(strings.TrimPrefix(c.Issuer, "https://"), "/")
	if issuer != shop {
		return Token{}, fmt.Errorf("%q and %q: %w", clip(c.Issuer), clip(c.Dest), ErrBadIssuer)
	}
	t := Token{Shop: shop, ID: c.ID, Expires: c.ExpiresAt.Time}
	if maker != "admin" {
		return t, nil
	}
	return c.adminToken(t)
}

// adminToken adds what only the admin's tokens say, and must say.
func (c *claims) adminToken(t Token) (Token, error) {
	if err := json.Unmarshal(c.Subject, &t.User); err != nil || t.User == "" {
		return Token{}, fmt.Errorf("sub: %w", ErrMissingClaim)
	}
	if c.Session == "" {
		return Token{}, fmt.Errorf("sid: %w", ErrMissingClaim)
	}
	t.Admin, t.Session = true, c.Session
	return t, nil
}

// complete looks for the claims that the library does not ask for.
func (c *claims) complete() error {
	for _, claim := range []struct {
		name   string
		absent bool
	}{
		{"iss", c.Issuer == ""}, {"dest", c.Dest == ""}, {"sub", c.Subject == nil}, {"jti", c.ID == ""},
	} {
		if claim.absent {
			return fmt.Errorf("%s: %w", claim.name, ErrMissingClaim)
		}
	}
	return nil
}
