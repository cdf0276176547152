package adminapi

import (
	"errors"
	"net/http"
	"time"
)

// Answer is what our own caller is to be told of an error of Shopify.
type Answer struct {
	Status     int // HTTP's
	Code, Text string
	Retry      time.Duration // until another try makes sense; 0: not by waiting
}

// Explain says what to answer for an error of this package; false for others.
func Explain(err error) (Answer, bool) {
	var throttled *ThrottledError
	var query *QueryError
	var user *UserError
	switch {
	case errors.As(err, &throttled):
		return Answer{http.StatusServiceUnavailable, "shopify_busy", "Shopify is busy with this shop; try again in a moment", max(throttled.Wait, time.Second)}, true
	case errors.Is(err, ErrUnauthorized):
		return Answer{http.StatusConflict, "reconnect", "Open the app in Shopify's admin once, so that Shopify lets it in again", 0}, true
	case errors.Is(err, ErrShopClosed):
		return Answer{http.StatusForbidden, "shop_closed", "Shopify has frozen or closed this shop", 0}, true
	case errors.Is(err, ErrUnavailable):
		return Answer{http.StatusServiceUnavailable, "shopify_unavailable", "Shopify cannot be reached at the moment; try again soon", 30 * time.Second}, true
	case errors.As(err, &query) && query.Code == "ACCESS_DENIED":
		return Answer{http.StatusForbidden, "shopify_scope", "Shopify does not let the app do this in this shop; open the app in Shopify's admin and agree to what it asks for", 0}, true
	case errors.As(err, &query), errors.As(err, &user):
		return Answer{http.StatusBadGateway, "shopify_refused", "Shopify refused this", 0}, true
	}
	return Answer{}, false
}
