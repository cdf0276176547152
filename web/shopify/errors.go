package shopify

import (
	"errors"
	"fmt"
	"net/http"
)

// Why something was refused. Every error of this package wraps one of these.
var (
	ErrNoSecret     = errors.New("the app's client id and client secret must not be empty")
	ErrNoSignature  = errors.New("the request carries no signature")
	ErrBadSignature = errors.New("the signature does not match")
	ErrBadQuery     = errors.New("the query is malformed")
	ErrRepeated     = errors.New("a query parameter must not appear more than once")
	ErrUnknownParam = errors.New("a query parameter is not expected here")
	ErrBadTimestamp = errors.New("the timestamp is missing or no whole number")
	ErrStale        = errors.New("the timestamp is more than 90 seconds from now")

	ErrNoToken       = errors.New("the request carries no session token")
	ErrBadToken      = errors.New("the session token is malformed")
	ErrBadAlgorithm  = errors.New("the session token is not signed with HS256")
	ErrExpired       = errors.New("the session token has expired")
	ErrNotYetValid   = errors.New("the session token is not valid yet")
	ErrWrongAudience = errors.New("the session token is for another app")
	ErrBadIssuer     = errors.New("the session token's issuer and destination are not the same shop")
	ErrMissingClaim  = errors.New("the session token lacks a claim")
	ErrNotAdmin      = errors.New("the session token is not one of the Shopify admin")

	ErrBadMethod     = errors.New("webhooks arrive by POST")
	ErrNoBody        = errors.New("the webhook has no body")
	ErrMissingHeader = errors.New("the webhook lacks a header")
	ErrBadHeader     = errors.New("a header of the webhook is malformed")

	ErrNoShop       = errors.New("no shop was named")
	ErrBadShop      = errors.New("not a shop name like example.myshopify.com")
	ErrShopMismatch = errors.New("the request names two different shops")
	ErrNoHost       = errors.New("the request carries no host parameter")
	ErrBadHost      = errors.New("the host parameter is not one of Shopify's admin")
	ErrBadReturn    = errors.New("the address to return to is not a path of this app")
	ErrBadState     = errors.New("the state does not match the one this browser began with")
	ErrBadResponse  = errors.New("Shopify's answer is not an access token")
	ErrBadGrant     = errors.New("Shopify did not accept the token or code")
)

// ErrBadProxySignature is ErrBadSignature on a storefront's request. It stands
// apart because no fresh sign-in can mend it, so the answer is 403.
var ErrBadProxySignature = fmt.Errorf("app proxy: %w", ErrBadSignature)

// Status is the HTTP status that answers err: what Shopify expects of an app
// (400 for something missing or malformed, 401 for a proof that does not hold,
// 405 for a webhook not sent by POST), 200 for nil, and 500 for a foreign error.
func Status(err error) int {
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return a.status
		}
	}
	if err == nil {
		return http.StatusOK
	}
	return http.StatusInternalServerError
}

// answers are looked through in order: ErrBadProxySignature is ErrBadSignature too.
var answers = []struct {
	err    error
	status int
}{
	{ErrBadProxySignature, http.StatusForbidden},
	{ErrBadMethod, http.StatusMethodNotAllowed},
	{ErrBadSignature, http.StatusUnauthorized},
	{ErrStale, http.StatusUnauthorized},
	{ErrNoToken, http.StatusUnauthorized},
	{ErrBadToken, http.StatusUnauthorized},
	{ErrBadAlgorithm, http.StatusUnauthorized},
	{ErrExpired, http.StatusUnauthorized},
	{ErrNotYetValid, http.StatusUnauthorized},
	{ErrWrongAudience, http.StatusUnauthorized},
	{ErrBadIssuer, http.StatusUnauthorized},
	{ErrMissingClaim, http.StatusUnauthorized},
	{ErrNotAdmin, http.StatusUnauthorized},
	{ErrShopMismatch, http.StatusUnauthorized},
	{ErrBadState, http.StatusUnauthorized},
	{ErrBadGrant, http.StatusUnauthorized},
	{ErrNoSignature, http.StatusBadRequest},
	{ErrBadQuery, http.StatusBadRequest},
	{ErrRepeated, http.StatusBadRequest},
	{ErrUnknownParam, http.StatusBadRequest},
	{ErrBadTimestamp, http.StatusBadRequest},
	{ErrNoBody, http.StatusBadRequest},
	{ErrMissingHeader, http.StatusBadRequest},
	{ErrBadHeader, http.StatusBadRequest},
	{ErrNoShop, http.StatusBadRequest},
	{ErrBadShop, http.StatusBadRequest},
	{ErrNoHost, http.StatusBadRequest},
	{ErrBadHost, http.StatusBadRequest},
	{ErrBadReturn, http.StatusBadRequest},
	{ErrBadResponse, http.StatusBadGateway},
}
