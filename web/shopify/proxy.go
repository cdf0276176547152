package shopify

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Proxy is what a verified request through the App Proxy says.
type Proxy struct {
	Shop       string     // parsed
	Customer   string     // the signed-in customer's id; "" for a visitor
	PathPrefix string     // the storefront's path to the app, such as "/apps/lapak"
	Params     url.Values // of the caller's allowed parameters, those present
}

// proxyParams are Shopify's own; each may stand once.
var proxyParams = []string{"shop", "logged_in_customer_id", "path_prefix", "timestamp", "signature"}

// ReadProxy verifies a storefront's raw query and then reads its shop. What is
// signed has no separators, so the same text could be cut into other
// parameters (a=1shop=victim...). So only Shopify's parameters and those in
// allowed may stand there, and no value may hold a "=". Never echo, log or
// redirect to a signed query.
func (a *App) ReadProxy(rawQuery string, allowed ...string) (Proxy, error) {
	q, err := a.VerifyProxy(rawQuery)
	if err != nil {
		return Proxy{}, err
	}
	params, err := unambiguous(q, allowed)
	if err != nil {
		return Proxy{}, fmt.Errorf("app proxy: %w", err)
	}
	shop, err := a.ParseShop(q.Get("shop"))
	if err != nil {
		return Proxy{}, fmt.Errorf("app proxy: %w", err)
	}
	customer := q.Get("logged_in_customer_id")
	if strings.Trim(customer, "0123456789") != "" {
		return Proxy{}, fmt.Errorf("app proxy: customer %q: %w", clip(customer), ErrBadQuery)
	}
	return Proxy{Shop: shop, Customer: customer, PathPrefix: q.Get("path_prefix"), Params: params}, nil
}

// VerifyProxy checks the "signature" parameter of a raw query and that its
// timestamp is within 90 seconds of now. The parameters it returns are not yet
// parsed, and ambiguous: see ReadProxy.
func (a *App) VerifyProxy(rawQuery string) (url.Values, error) {
	q, err := a.checkProxy(rawQuery)
	if err != nil {
		return nil, fmt.Errorf("app proxy: %w", err)
	}
	if err := a.checkTimestamp(q.Get("timestamp")); err != nil {
		return nil, fmt.Errorf("app proxy: %w", err)
	}
	return q, nil
}

// checkProxy checks the signature alone.
func (a *App) checkProxy(rawQuery string) (url.Values, error) {
	q, err := parseQuery(rawQuery)
	if err != nil {
		return nil, err
	}
	for _, key := range append([]string{"hmac"}, proxyParams...) {
		if len(q[key]) > 1 {
			return nil, fmt.Errorf("%q: %w", key, ErrRepeated)
		}
	}
	if q.Get("signature") == "" {
		return nil, ErrNoSignature
	}
	if !signedBy(a.secrets, []byte(proxyMessage(q)), q.Get("signature"), hex.EncodeToString) {
		return nil, ErrBadProxySignature
	}
	return q, nil
}

// proxyMessage is what Shopify signs: decoded values, repeats joined with ",",
// the finished "k=v" sorted bytewise and joined with nothing.
func proxyMessage(q url.Values) string {
	var pairs []string
	for key, values := range q {
		if key != "signature" {
			pairs = append(pairs, key+"="+strings.Join(values, ","))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "")
}

// unambiguous returns the caller's parameters, if there are no others.
func unambiguous(q url.Values, allowed []string) (url.Values, error) {
	params := url.Values{}
	for key, values := range q {
		own := slices.Contains(proxyParams, key)
		if !own && !slices.Contains(allowed, key) {
			return nil, fmt.Errorf("%q: %w", clip(key), ErrUnknownParam)
		}
		if strings.Contains(strings.Join(values, ""), "=") {
			return nil, fmt.Errorf(`%q holds a "=": %w`, clip(key), ErrBadQuery)
		}
		if !own {
			params[key] = values
		}
	}
	return params, nil
}
