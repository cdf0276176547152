package shopify

import (
	"fmt"
	"slices"
	"strings"
)

const productionDomain = "myshopify.com"

var shopDomains = []string{productionDomain, "myshopify.io", "shop.dev"}

// maxShopLength is the longest shop name in bytes; a longer one would not fit
// a file name.
const maxShopLength = 200

// ParseShop accepts a shop's name as Shopify writes it in parameters, headers
// and claims, and returns it unchanged: one lower-case label and one of
// Shopify's shop domains, nothing before, between or after. Anything else,
// another spelling of the same shop included, is ErrBadShop: two spellings
// would make two keys for one shop. (Rule: shopify-app-js's shop-validator,
// anchored at both ends and in lower case.)
func ParseShop(raw string) (string, error) {
	label, domain, _ := strings.Cut(raw, ".")
	if len(raw) > maxShopLength || !shopLabel(label) || !slices.Contains(shopDomains, domain) {
		return "", fmt.Errorf("%q: %w", clip(raw), ErrBadShop)
	}
	return raw, nil
}

// ParseShopForm reads the text that a merchant typed to say which shop is
// theirs: a handle, a shop's name, or the address of its admin, with scheme,
// blanks, capitals and trailing slashes forgiven. It is for a sign-in form
// only and proves nothing. ErrNoShop for empty text, else ErrBadShop.
func ParseShopForm(typed string) (string, error) {
	text := strings.TrimSpace(typed)
	if strings.ContainsFunc(text, notASCII) { // lower-casing would make ASCII of some
		return "", fmt.Errorf("%q: %w", clip(typed), ErrBadShop)
	}
	text = cutScheme(strings.ToLower(text))
	if text == "" {
		return "", ErrNoShop
	}
	if handle, ok := strings.CutPrefix(text, "admin.shopify.com/store/"); ok {
		text = handle + "." + productionDomain
	} else if !strings.ContainsAny(text, "./") {
		text += "." + productionDomain
	}
	return ParseShop(text)
}

// ParseShop is the package's ParseShop, within the domains that the app serves.
func (a *App) ParseShop(raw string) (string, error) {
	return a.served(ParseShop(raw))
}

// ParseShopForm is the package's ParseShopForm, within the domains that the
// app serves.
func (a *App) ParseShopForm(typed string) (string, error) {
	return a.served(ParseShopForm(typed))
}

func (a *App) served(shop string, err error) (string, error) {
	if err != nil {
		return "", err
	}
	if _, domain, _ := strings.Cut(shop, "."); !slices.Contains(a.cfg.Domains, domain) {
		return "", fmt.Errorf("%q is not under %v: %w", shop, a.cfg.Domains, ErrBadShop)
	}
	return shop, nil
}

// AdminOf turns a shop's name, with or without a scheme, into the place of its
// admin, without a scheme: "admin.shopify.com/store/my-shop". Shopify's own
// development hosts are converted too. ErrBadShop for a name that has none.
func AdminOf(shop string) (string, error) {
	label, domain, _ := strings.Cut(cutScheme(shop), ".")
	admin := adminHost(domain)
	if admin == "" || !shopLabel(label) {
		return "", fmt.Errorf("%q: %w", clip(shop), ErrBadShop)
	}
	return admin + "/store/" + label, nil
}

// ShopOfAdmin is the reverse of AdminOf.
func ShopOfAdmin(adminURL string) (string, error) {
	host, label, _ := strings.Cut(cutScheme(adminURL), "/store/")
	domain := adminDomain(host)
	if domain == "" || !shopLabel(label) {
		return "", fmt.Errorf("%q: %w", clip(adminURL), ErrBadShop)
	}
	return label + "." + domain, nil
}

func adminHost(domain string) string {
	switch spin, isSpin := strings.CutPrefix(domain, "shopify."); {
	case domain == productionDomain:
		return "admin.shopify.com"
	case domain == "shop.dev":
		return "admin.shop.dev"
	case isSpin && spinHost(spin):
		return "admin.web." + spin
	}
	return ""
}

func adminDomain(host string) string {
	switch spin, isSpin := strings.CutPrefix(host, "admin.web."); {
	case host == "admin.shopify.com":
		return productionDomain
	case host == "admin.shop.dev":
		return "shop.dev"
	case isSpin && spinHost(spin):
		return "shopify." + spin
	}
	return ""
}

// spinHost accepts the names of Shopify's cloud development machines.
func spinHost(host string) bool {
	return strings.HasSuffix(host, ".spin.dev") && hostName(host)
}

// shopLabel says whether l is letters and digits, then also '-' and '_'.
func shopLabel(l string) bool {
	for i := range len(l) {
		if !alphanumeric(l[i]) && (i == 0 || l[i] != '-' && l[i] != '_') {
			return false
		}
	}
	return l != ""
}

// hostName says whether h is dotted labels, each like a shop's.
func hostName(h string) bool {
	for label := range strings.SplitSeq(h, ".") {
		if !shopLabel(label) {
			return false
		}
	}
	return len(h) <= 253
}

func alphanumeric(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

func notASCII(r rune) bool { return r >= 0x80 }

func cutScheme(s string) string {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest = strings.TrimPrefix(s, "http://")
	}
	return strings.TrimRight(rest, "/")
}
