package shopify

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// refreshEarly is how long before its end an access token is renewed.
const refreshEarly = 5 * time.Minute

// maxLifetime bounds a lifetime in Shopify's answer, in seconds: ten years.
const maxLifetime = 10 * 365 * 24 * 60 * 60

// AccessToken is a key to one shop's Admin API. Printed, logged or turned into
// JSON it does not show its secrets.
type AccessToken struct {
	Token          string `json:"-"`
	Scopes         Scopes
	Expires        time.Time // zero: never
	Refresh        string    `json:"-"` // "": cannot be renewed
	RefreshExpires time.Time // zero: never
	User           *User     // nil: offline, the app's own; else this person's
}

// User is the staff member of an online access token.
type User struct {
	ID            int64  `json:"id"`
	FirstName     string `json:"first_name"`
	LastName      string `json:"last_name"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	AccountOwner  bool   `json:"account_owner"`
	Locale        string `json:"locale"`
	Collaborator  bool   `json:"collaborator"`
}

// ParseAccessToken reads Shopify's answer to a request for an access token,
// which came at the time now. An absent or zero lifetime means that the token
// never expires, as old ones do. ErrBadResponse if it holds no token.
func ParseAccessToken(body []byte, now time.Time) (AccessToken, error) {
	var r struct {
		AccessToken    string `json:"access_token"`
		Scope          Scopes `json:"scope"`
		ExpiresIn      int64  `json:"expires_in"`
		Refresh        string `json:"refresh_token"`
		RefreshExpires int64  `json:"refresh_token_expires_in"`
		User           *User  `json:"associated_user"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return AccessToken{}, fmt.Errorf("%w: %w", ErrBadResponse, err)
	}
	if r.AccessToken == "" || !lifetime(r.ExpiresIn) || !lifetime(r.RefreshExpires) {
		return AccessToken{}, fmt.Errorf("no token, or no sensible lifetime: %w", ErrBadResponse)
	}
	if r.User != nil && r.User.ID <= 0 {
		return AccessToken{}, fmt.Errorf("a user without an id: %w", ErrBadResponse)
	}
	t := AccessToken{Token: r.AccessToken, Scopes: r.Scope, Expires: after(now, r.ExpiresIn), User: r.User}
	if !blank(r.Refresh) {
		t.Refresh, t.RefreshExpires = r.Refresh, after(now, r.RefreshExpires)
	}
	return t, nil
}

// ParseGrantError reads the answer that came instead of an access token.
// ErrExpired says that the session token was too old: ask the browser for a
// fresh one. ErrBadGrant is any other refusal.
func ParseGrantError(body []byte) error {
	var r struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return fmt.Errorf("%w: %w", ErrBadGrant, err)
	}
	if r.Error == "invalid_subject_token" {
		return fmt.Errorf("%s: %w", r.Error, ErrExpired)
	}
	return fmt.Errorf("%q: %w", clip(r.Error), ErrBadGrant)
}

// String names the token without its secrets.
func (t AccessToken) String() string {
	until := "for ever"
	if !t.Expires.IsZero() {
		until = "until " + t.Expires.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("access token for [%s] %s", t.Scopes, until)
}

// GoString is String, so that %#v shows no secret either.
func (t AccessToken) GoString() string { return t.String() }

// LogValue is String.
func (t AccessToken) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Over says whether the token has ended at the moment now.
func (t AccessToken) Over(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// NeedsRefresh says whether the token ends within five minutes of now and can
// be renewed.
func (t AccessToken) NeedsRefresh(now time.Time) bool {
	return !t.Expires.IsZero() && t.Refresh != "" && !now.Before(t.Expires.Add(-refreshEarly))
}

// SessionID is the id under which a shop's token is kept: one for the shop
// itself, one for each person in it; outside the admin's iframe a person's is
// random and kept in a cookie.
func (t AccessToken) SessionID(shop string, embedded bool) string {
	switch {
	case t.User == nil:
		return OfflineSessionID(shop)
	case embedded:
		return OnlineSessionID(shop, fmt.Sprint(t.User.ID))
	}
	return uuid.NewString()
}

// OfflineSessionID is the id of the app's own session with a shop.
func OfflineSessionID(shop string) string { return "offline_" + shop }

// OnlineSessionID is the id of one user's session with a shop.
func OnlineSessionID(shop, user string) string { return shop + "_" + user }

func lifetime(seconds int64) bool { return 0 <= seconds && seconds <= maxLifetime }

func after(now time.Time, seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return now.Add(time.Duration(seconds) * time.Second)
}
