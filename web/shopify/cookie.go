package shopify

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
)

// CookieSigSuffix is added to a cookie's name to name the cookie with its
// signature.
const CookieSigSuffix = ".sig"

// cookieKeyInfo keeps the key of cookies apart from the secret itself: under
// the bare secret a cookie's signature would also be that of a webhook with
// the same bytes. (The text is shopify-app-js's.)
const cookieKeyInfo = "shopify-app-js/cookie-signing/v1"

// SignCookie signs a cookie's value under the newest secret. The signature
// covers neither the cookie's name nor its age: put in the value what must not
// be exchanged. "" from the zero App.
func (a *App) SignCookie(value string) string {
	if len(a.cookieKeys) == 0 {
		return ""
	}
	return base64.StdEncoding.EncodeToString(sum(a.cookieKeys[0], []byte(value)))
}

// VerifyCookie checks a value against its signature, under any of the secrets.
// After an error delete both cookies.
func (a *App) VerifyCookie(value, signature string) error {
	if signature == "" {
		return fmt.Errorf("cookie: %w", ErrNoSignature)
	}
	if !signedBy(a.cookieKeys, []byte(value), signature, base64.StdEncoding.EncodeToString) {
		return fmt.Errorf("cookie: %w", ErrBadSignature)
	}
	return nil
}

// NewState makes the random state of one OAuth round: 32 bytes, as URL-safe text.
func NewState() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails; see its documentation
	return base64.RawURLEncoding.EncodeToString(b)
}

// CheckState compares the state from this browser's signed cookie with the
// callback's. Two empty ones are not equal: ErrBadState.
func CheckState(cookie, callback string) error {
	if cookie == "" || subtle.ConstantTimeCompare([]byte(cookie), []byte(callback)) != 1 {
		return ErrBadState
	}
	return nil
}
