package adminapi

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var (
	// ErrUnauthorized says that Shopify does not accept the access token: the app
	// was uninstalled, or the token was revoked or has expired.
	ErrUnauthorized = errors.New("Shopify does not accept the access token")
	// ErrShopClosed says that Shopify has frozen, locked or closed the shop.
	ErrShopClosed = errors.New("Shopify has frozen or closed the shop")
	// ErrThrottled says that the shop has asked Shopify too much; the error is a
	// *ThrottledError.
	ErrThrottled = errors.New("Shopify wants us to wait")
	// ErrUnavailable says that Shopify does not answer, or not in a form that can
	// be understood.
	ErrUnavailable = errors.New("Shopify does not answer as it should")
)

// ThrottledError is ErrThrottled with how long to wait.
type ThrottledError struct {
	Wait time.Duration // until the next try makes sense
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("%v: %v", ErrThrottled, e.Wait.Round(time.Millisecond))
}

// Unwrap makes every ThrottledError an ErrThrottled.
func (e *ThrottledError) Unwrap() error { return ErrThrottled }

// UserError is a mutation that Shopify refused for what was asked (its
// "userErrors").
type UserError struct {
	Mutation string // the field of the answer, such as "appSubscriptionCreate"
	Problems []Problem
}

// Problem is one of the reasons.
type Problem struct {
	Field   []string `json:"field"` // the path of the input; nil: none in particular
	Code    string   `json:"code"`  // "" where Shopify gives none
	Message string   `json:"message"`
}

func (e *UserError) Error() string {
	reasons := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		reasons[i] = clip(strings.TrimPrefix(strings.Join(p.Field, ".")+": "+p.Message, ": "))
	}
	return e.Mutation + " was refused: " + strings.Join(reasons, "; ")
}

// QueryError is what Shopify says is wrong with a query as such (its "errors"),
// such as a scope that was not granted.
type QueryError struct {
	Code    string // of the first, such as "ACCESS_DENIED"; "" where Shopify gives none
	Message string // of all of them
}

func (e *QueryError) Error() string {
	if e.Code == "" {
		return "Shopify refused the query: " + clip(e.Message)
	}
	return "Shopify refused the query: " + e.Code + ": " + clip(e.Message)
}

// clip shortens Shopify's text for an error message.
func clip(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
