package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lapak/store"
	"lapak/web"
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

// page reads which part of a list is asked for.
func page(q url.Values) (p store.Page, err error) {
	if p.Limit, err = parseLimit(q.Get("limit")); err != nil {
		return p, err
	}
	p.After, err = store.ParseCursor(q.Get("cursor"))
	return p, err
}

func parseLimit(raw string) (int, error) {
	if raw == "" {
		return defaultLimit, nil
	}
	n, err := strconv.ParseUint(raw, 10, 8)
	if err != nil || n < 1 || n > maxLimit {
		return 0, web.Invalid("limit", fmt.Sprintf("must be a number from 1 to %d", maxLimit))
	}
	return int(n), nil
}

// writeList answers with one page. Keep are the parameters, beside limit and
// shop, that the link to the next page repeats; no others, so that no secret can
// be in it.
func (a *API) writeList(w http.ResponseWriter, r *http.Request, items any, next store.Cursor, keep ...string) error {
	a.linkNext(w, r, next.String(), keep...)
	return web.WriteJSON(w, r, http.StatusOK, items)
}

// linkNext links to the page that a cursor begins; "" is none.
func (a *API) linkNext(w http.ResponseWriter, r *http.Request, cursor string, keep ...string) {
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
	w.Header().Set("Link", fmt.Sprintf("<%s%s?%s>; rel=\"next\"", a.url, r.URL.EscapedPath(), link.Encode()))
}

// parseBool is nil for "".
func parseBool(field, raw string) (*bool, error) {
	var v bool
	switch raw {
	case "":
		return nil, nil
	case "true", "1":
		v = true
	case "false", "0":
	default:
		return nil, web.Invalid(field, "must be true or false")
	}
	return &v, nil
}

// parseTime is the zero Time for "".
func parseTime(field, raw string) (time.Time, error) {
	if raw == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, raw)
	if err != nil {
		return t, web.Invalid(field, "must be a time like 2006-01-02T15:04:05Z (RFC 3339)")
	}
	return t, nil
}
