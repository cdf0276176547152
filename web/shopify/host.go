package shopify

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Host is the verified meaning of a "host" parameter: the place in Shopify's
// admin that shows the app, such as "admin.shopify.com/store/my-shop". It is
// not signed, so it is good for going back to Shopify and says nothing about
// who is asking. Only ParseHost makes one; the zero Host is none.
type Host struct{ param, place string }

// maxHostParam is far longer than any real one.
const maxHostParam = 512

// ParseHost decodes a "host" parameter: base64, with or without padding,
// of one of Shopify's host names and a plain path. ErrNoHost if it is empty,
// else ErrBadHost.
func ParseHost(param string) (Host, error) {
	if param == "" {
		return Host{}, ErrNoHost
	}
	place, err := decodeHost(param)
	if err != nil {
		return Host{}, fmt.Errorf("%w: %w", ErrBadHost, err)
	}
	name, path, _ := strings.Cut(place, "/")
	if !shopifyHost(name) || !plainPath(path) {
		return Host{}, fmt.Errorf("%q: %w", clip(place), ErrBadHost)
	}
	return Host{param: param, place: place}, nil
}

// Param is the parameter as it came.
func (h Host) Param() string { return h.param }

// String is the decoded place, without a scheme; "" for the zero Host.
func (h Host) String() string { return h.place }

func decodeHost(param string) (string, error) {
	if len(param) > maxHostParam {
		return "", fmt.Errorf("%d bytes are too many", len(param))
	}
	// Padding gets lost on the way.
	place, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(param, "="))
	return string(place), err
}

// shopifyHost says whether name is a host under a domain of Shopify's.
func shopifyHost(name string) bool {
	if !hostName(name) {
		return false
	}
	for _, domain := range []string{"shopify.com", "myshopify.com", "myshopify.io", "spin.dev", "shop.dev"} {
		if strings.HasSuffix(name, "."+domain) {
			return true
		}
	}
	return false
}

// plainPath says whether path has only what a store's handle and "admin" need:
// no query, fragment, escape or dot that could lead elsewhere.
func plainPath(path string) bool {
	for i := range len(path) {
		c := path[i]
		capital := 'A' <= c && c <= 'Z'
		if !capital && !alphanumeric(c) && c != '/' && c != '-' && c != '_' {
			return false
		}
	}
	return !strings.Contains("/"+path, "//")
}
