package store

import (
	"errors"
	"fmt"
	"strings"
)

// ErrBadShop says that a text is no shop's name.
var ErrBadShop = errors.New("not a shop name like example.myshopify.com")

// MaxShopLength is the longest shop name in bytes, so that a name always fits
// a file name and an object key's segment.
const MaxShopLength = 200

// Shop is a shop's whole, lower-case domain name, such as
// "example.myshopify.com". Only ParseShop makes one; the zero Shop names none.
type Shop struct{ name string }

// ParseShop accepts exactly the names that Shopify gives shops, in lower case:
// one label of letters, digits, '-' and '_', then one of Shopify's domains.
// Anything else is ErrBadShop. (The rule is that of Shopify's own libraries.)
func ParseShop(raw string) (Shop, error) {
	label, domain, ok := strings.Cut(raw, ".")
	if !ok || len(raw) > MaxShopLength || !shopDomain(domain) || !shopLabel(label) {
		return Shop{}, fmt.Errorf("%q: %w", clip(raw), ErrBadShop)
	}
	return Shop{name: raw}, nil
}

// String is the name; "" for the zero Shop.
func (s Shop) String() string { return s.name }

// IsZero says whether s names no shop.
func (s Shop) IsZero() bool { return s.name == "" }

// MarshalText makes a Shop its name in JSON.
func (s Shop) MarshalText() ([]byte, error) { return []byte(s.name), nil }

// UnmarshalText is ParseShop; the empty text is the zero Shop.
func (s *Shop) UnmarshalText(text []byte) (err error) {
	*s = Shop{}
	if len(text) > 0 {
		*s, err = ParseShop(string(text))
	}
	return err
}

func shopDomain(d string) bool {
	return d == "myshopify.com" || d == "myshopify.io" || d == "shop.dev"
}

func shopLabel(l string) bool {
	for i := range len(l) {
		c := l[i]
		letter := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || c != '-' && c != '_') {
			return false
		}
	}
	return l != ""
}

// clip shortens a stranger's text for an error message.
func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}
