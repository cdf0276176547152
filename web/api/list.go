package api

import (
	"net/http"
	"net/url"
	"time"

	"lapak/store"
	"lapak/web"
)

// page reads which part of a list is asked for.
func page(q url.Values) (p store.Page, err error) {
	if p.Limit, err = web.ParseLimit(q.Get("limit")); err != nil {
		return p, err
	}
	p.After, err = store.ParseCursor(q.Get("cursor"))
	return p, err
}

// writeList answers with one page. Keep are the parameters, beside limit and
// shop, that the link to the next page repeats; no others, so that no secret can
// be in it.
func (a *API) writeList(w http.ResponseWriter, r *http.Request, items any, next store.Cursor, keep ...string) error {
	web.LinkNext(w, r, a.url, next.String(), keep...)
	return web.WriteJSON(w, r, http.StatusOK, items)
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
