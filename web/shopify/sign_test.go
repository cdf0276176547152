package shopify_test

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"lapak/web/shopify"
)

// These sign as Shopify does, for tests that need a fresh proof. That the text
// they sign is the right one, the vectors show.

func hmacSHA256(key string, message []byte) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(message)
	return mac.Sum(nil)
}

func base64HMAC(key string, message []byte) string {
	return base64.StdEncoding.EncodeToString(hmacSHA256(key, message))
}

// signQuery adds "hmac" to a query.
func signQuery(t testing.TB, key string, q url.Values) string {
	t.Helper()
	message, err := shopify.QueryMessage(q)
	if err != nil {
		t.Fatal(err)
	}
	q.Set("hmac", hex.EncodeToString(hmacSHA256(key, []byte(message))))
	return q.Encode()
}

// signProxy adds "signature" to a query.
func signProxy(key string, q url.Values) string {
	q.Set("signature", hex.EncodeToString(hmacSHA256(key, []byte(shopify.ProxyMessage(q)))))
	return q.Encode()
}

func signToken(t testing.TB, key string, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func signCookie(t testing.TB, key, value string) string {
	t.Helper()
	derived, err := hkdf.Key(sha256.New, []byte(key), nil, shopify.CookieKeyInfo, 32)
	if err != nil {
		t.Fatal(err)
	}
	return base64HMAC(string(derived), []byte(value))
}
