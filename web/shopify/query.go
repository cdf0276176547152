package shopify

import (
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// timestampWindow is how far a signed query's time may be from ours, either
// way (shopify-app-js's hmac-validator).
const timestampWindow = 90 * time.Second

// Install is what a verified query of an install, an OAuth callback or an
// app's page says. Absent parameters are "".
type Install struct {
	Shop  string // parsed
	Code  string // of an OAuth callback
	State string // of an OAuth callback; compare it with CheckState
	Host  Host   // zero if absent
}

// ReadInstall verifies a raw query and then reads its shop. It is the way to
// a shop by the "hmac" parameter.
func (a *App) ReadInstall(rawQuery string) (Install, error) {
	q, err := a.VerifyQuery(rawQuery)
	if err != nil {
		return Install{}, err
	}
	shop, err := a.ParseShop(q.Get("shop"))
	if err != nil {
		return Install{}, err
	}
	var host Host
	if q.Has("host") {
		if host, err = ParseHost(q.Get("host")); err != nil {
			return Install{}, err
		}
	}
	return Install{Shop: shop, Code: q.Get("code"), State: q.Get("state"), Host: host}, nil
}

// VerifyQuery checks the "hmac" parameter of a raw query and that its
// timestamp is within 90 seconds of now, and returns the parameters. They are
// Shopify's words but not yet parsed: see ReadInstall.
func (a *App) VerifyQuery(rawQuery string) (url.Values, error) {
	q, err := a.checkQuery(rawQuery)
	if err != nil {
		return nil, fmt.Errorf("signed query: %w", err)
	}
	if err := a.checkTimestamp(q.Get("timestamp")); err != nil {
		return nil, fmt.Errorf("signed query: %w", err)
	}
	return q, nil
}

// checkQuery checks the signature alone.
func (a *App) checkQuery(rawQuery string) (url.Values, error) {
	q, err := parseQuery(rawQuery)
	if err != nil {
		return nil, err
	}
	if q.Get("hmac") == "" {
		return nil, ErrNoSignature
	}
	message, err := queryMessage(q)
	if err != nil {
		return nil, err
	}
	if !signedBy(a.secrets, []byte(message), q.Get("hmac"), hex.EncodeToString) {
		return nil, ErrBadSignature
	}
	return q, nil
}

// queryMessage is what Shopify signs: the parameters but "hmac" and the legacy
// "signature", percent-encoded, sorted by key, joined with "&". Encoding them
// again keeps a value from passing for two parameters.
func queryMessage(q url.Values) (string, error) {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(q)) {
		if key == "hmac" || key == "signature" {
			if len(q[key]) > 1 {
				return "", fmt.Errorf("%q: %w", key, ErrRepeated)
			}
			continue
		}
		pair, err := queryPair(key, q[key])
		if err != nil {
			return "", err
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(pairs, "&"), nil
}

func queryPair(key string, values []string) (string, error) {
	if name, ok := strings.CutSuffix(key, "[]"); ok {
		list, err := queryList(values)
		return percentEncode(name) + "=" + list, err
	}
	if len(values) > 1 {
		return "", fmt.Errorf("%q: %w", clip(key), ErrRepeated)
	}
	return percentEncode(key) + "=" + percentEncode(values[0]), nil
}

// queryList writes ids[]=2&ids[]=1, which only the links of bulk actions
// carry, as they are signed: ["2", "1"]. How other than plain items are quoted
// differs between Shopify's libraries, so those are refused.
func queryList(values []string) (string, error) {
	quoted := make([]string, len(values))
	for i, v := range values {
		if strings.ContainsFunc(v, func(r rune) bool { return notASCII(r) || percentEncode(string(r)) != string(r) }) {
			return "", fmt.Errorf("list item %q: %w", clip(v), ErrBadQuery)
		}
		quoted[i] = strconv.Quote(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]", nil
}

// percentEncode is url.QueryEscape with a blank as %20, as Shopify has it.
func percentEncode(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// parseQuery refuses what url.URL.Query would drop in silence.
func parseQuery(rawQuery string) (url.Values, error) {
	q, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadQuery, err)
	}
	return q, nil
}

func (a *App) checkTimestamp(text string) error {
	seconds, err := strconv.ParseUint(text, 10, 40) // to the year 36812, so no overflow
	if err != nil {
		return fmt.Errorf("%q: %w", clip(text), ErrBadTimestamp)
	}
	age := a.cfg.Now().Unix() - int64(seconds)
	if window := int64(timestampWindow / time.Second); age > window || age < -window {
		return fmt.Errorf("%d seconds old: %w", age, ErrStale)
	}
	return nil
}
