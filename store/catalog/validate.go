package catalog

import (
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"
)

// parseShopField turns a shop's setting into its column's value, NULL where
// empty means none.
func parseShopField(key, text string) (any, error) {
	switch key {
	case "plan":
		return text, nil // the foreign key checks it
	case "timezone":
		return text, checkTimezone(text)
	case "currency":
		return parseCurrency(text)
	case "language":
		if text != "" && text != "en" && text != "id" {
			return nil, invalid(key, "must be en or id, or empty for the reader's own")
		}
		return text, nil
	case "alertEmails":
		return parseAddresses(key, text)
	case "durability":
		if text != "local" && text != "replicated" {
			return nil, invalid(key, "must be local or replicated")
		}
		return text, nil
	}
	if text == "" {
		return nil, nil
	}
	switch key {
	case "customDomain":
		return parseDomain(text)
	case "logoUrl":
		return text, checkLogoURL(text)
	case "primaryColor":
		return text, checkColor(text)
	}
	return parseLimit(key, text)
}

// parseLimit turns a limit or feature flag of a plan or shop into its value.
func parseLimit(key, text string) (any, error) {
	switch key {
	case "maxProducts", "maxAssets", "maxDesigns", "storageLimit":
		return parseNumber(key, text)
	case "enableWebP", "enableCDN", "enableAdvancedTools":
		if text != "true" && text != "false" {
			return nil, invalid(key, "must be true or false")
		}
		return text == "true", nil
	}
	return nil, invalid(key, "is no setting of a plan")
}

func parseNumber(key, text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < Unlimited {
		return 0, invalid(key, "must be a whole number, or -1 for no limit")
	}
	return n, nil
}

// addressesMost is how many addresses a shop's alerts may go to.
const addressesMost = 10

// parseAddresses reads addresses with commas between, and drops their names.
func parseAddresses(key, text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	list, err := mail.ParseAddressList(text)
	if err != nil || len(list) > addressesMost || len(text) > 2048 {
		return "", invalid(key, "must be at most 10 e-mail addresses with commas between")
	}
	plain := make([]string, len(list))
	for i, a := range list {
		plain[i] = a.Address
	}
	return strings.Join(plain, ","), nil
}

func checkTimezone(name string) error {
	// LoadLocation takes "" and "Local" for zones, but they are this machine's.
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return invalid("timezone", "must be a time zone like Europe/Berlin")
	}
	return nil
}

func parseCurrency(code string) (string, error) {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return "", invalid("currency", "must be an ISO 4217 code like USD")
	}
	return unit.String(), nil
}

func checkColor(color string) error {
	digits, ok := strings.CutPrefix(color, "#")
	if !ok || len(digits) != 3 && len(digits) != 6 || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
		return invalid("primaryColor", "must be a colour like #aabbcc or #abc")
	}
	return nil
}

func checkLogoURL(raw string) error {
	u, err := url.Parse(raw)
	// The characters are those that would end a URL in HTML or CSS.
	if err != nil || u.Scheme != "https" || u.User != nil || checkHost(u.Hostname()) != nil ||
		len(raw) > 2048 || strings.ContainsAny(raw, " \"'<>\\`(){}") {
		return invalid("logoUrl", "must be an https address")
	}
	return nil
}

func parseDomain(raw string) (string, error) {
	host := strings.ToLower(raw)
	if checkHost(host) != nil || strings.Trim(host[strings.LastIndexByte(host, '.')+1:], "0123456789") == "" {
		return "", invalid("customDomain", "must be a host name like designs.example.com")
	}
	return host, nil
}

// checkHost accepts a DNS name of at least two labels (RFC 1123, section 2.1).
func checkHost(host string) error {
	labels := strings.Split(strings.ToLower(host), ".")
	bad := len(host) > 253 || len(labels) < 2
	for _, l := range labels {
		bad = bad || l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' ||
			strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
	}
	if bad {
		return invalid("host", "must be a host name")
	}
	return nil
}
