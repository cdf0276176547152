package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

const (
	defaultLimit = 20
	// MaxLimit is the most items of a list in one answer.
	MaxLimit = 100
)

// ParseLimit reads how many items of a list are asked for; "" means 20, and
// MaxLimit is the most.
func ParseLimit(raw string) (int, error) {
	if raw == "" {
		return defaultLimit, nil
	}
	n, err := strconv.ParseUint(raw, 10, 8)
	if err != nil || n < 1 || n > MaxLimit {
		return 0, Invalid("limit", fmt.Sprintf("must be a number from 1 to %d", MaxLimit))
	}
	return int(n), nil
}

// LinkNext links to the page that a cursor begins, at an origin; "" is no next
// page. Keep are the parameters, beside limit and shop, that the link repeats; no
// others, so that no secret can be in it.
func LinkNext(w http.ResponseWriter, r *http.Request, origin, cursor string, keep ...string) {
	if cursor == "" {
		return
	}
	query, link := r.URL.Query(), url.Values{}
	for _, name := range append(keep, "limit", "shop") {
		if query.Has(name) {
			link.Set(name, query.Get(name))
		}
	}
	link.Set("cursor", cursor)
	w.Header().Set("Link", fmt.Sprintf("<%s%s?%s>; rel=\"next\"", origin, r.URL.EscapedPath(), link.Encode()))
}
