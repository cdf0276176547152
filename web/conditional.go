package web

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"lapak/store"
)

// etags reads the list of an If-Match or If-None-Match header (RFC 9110, section
// 13.1): opaque tags without their quotes. Weak ones are marked by "W/" before.
func etags(header string, values []string) (tags []string, any bool, err error) {
	text := strings.TrimSpace(strings.Join(values, ","))
	if text == "*" {
		return nil, true, nil
	}
	for text != "" {
		rest, weak := strings.CutPrefix(text, "W/")
		rest, ok := strings.CutPrefix(rest, `"`)
		tag, rest, end := strings.Cut(rest, `"`)
		if !ok || !end || strings.ContainsFunc(tag, notInTag) {
			return nil, false, Invalid(header, `must be "*" or entity tags in quotes`)
		}
		if weak {
			tag = "W/" + tag
		}
		tags = append(tags, tag)
		rest = strings.TrimLeft(rest, " \t")
		if text = strings.TrimLeft(rest, ", \t"); text == rest && text != "" {
			return nil, false, Invalid(header, "must have commas between its tags")
		}
	}
	return tags, false, nil
}

func notInTag(r rune) bool { return r <= ' ' || r == 0x7f }

// NotModified says whether the caller of a read has this version already. A
// header that cannot be read is none.
func NotModified(r *http.Request, etag string) bool {
	values := r.Header.Values("If-None-Match")
	if len(values) == 0 {
		return false
	}
	tags, any, err := etags("If-None-Match", values)
	if err != nil {
		return false
	}
	for _, t := range tags {
		if `"`+strings.TrimPrefix(t, "W/")+`"` == etag {
			return true
		}
	}
	return any
}

// Condition is what an If-Match header asks of the row that is to be changed.
// The zero Condition asks nothing.
type Condition struct {
	given    bool
	any      bool // "*": the row must be there
	versions []int64
}

// noVersion is one that no row ever has.
const noVersion = math.MinInt64

// IfMatch reads the header for the row of this id, whose tags are those of
// store's ETag methods; "" means any id.
func IfMatch(r *http.Request, id string) (m Condition, err error) {
	values := r.Header.Values("If-Match")
	if len(values) == 0 {
		return m, nil
	}
	tags, any, err := etags("If-Match", values)
	if err == nil && !any && len(tags) == 0 {
		err = Invalid("If-Match", "must not be empty")
	}
	m = Condition{given: true, any: any}
	for _, t := range tags {
		of, version, ok := cutLast(t, "-")
		n, numErr := strconv.ParseInt(version, 10, 64)
		if ok && numErr == nil && n > 0 && (id == "" || of == id) {
			m.versions = append(m.versions, n)
		}
	}
	return m, err
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// Given says whether there was such a header.
func (m Condition) Given() bool { return m.given }

// Version is what store's functions take as ifVersion. Current reads the row's
// version where the header alone does not tell.
func (m Condition) Version(current func() (int64, error)) (int64, error) {
	switch {
	case !m.given:
		return 0, nil
	case !m.any && len(m.versions) == 0:
		return noVersion, nil
	case !m.any && len(m.versions) == 1:
		return m.versions[0], nil
	}
	is, err := current()
	if err != nil || m.any {
		return is, err
	}
	for _, v := range m.versions {
		if v == is {
			return is, nil
		}
	}
	return is, store.ErrChanged
}
