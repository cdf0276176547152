package products

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"lapak/store"
)

const (
	defaultLimit = 20
	maxLimit     = 100
	maxSearch    = 200  // characters
	maxCursor    = 1000 // bytes of Shopify's own
	maxWords     = 10
)

// question is what Shopify is asked: a page of a list, or one product.
type question struct {
	search string // in Shopify's syntax
	after  string // Shopify's own cursor
	first  int
	id     string // of one product; "" asks for a list
}

func (q Query) parse() (ask question, err error) {
	switch {
	case q.Limit < 0 || q.Limit > maxLimit:
		return ask, store.InvalidError{Field: "limit", Reason: "must be a number from 1 to 100"}
	case q.Limit == 0:
		q.Limit = defaultLimit
	}
	if utf8.RuneCountInString(q.Search) > maxSearch {
		return ask, store.InvalidError{Field: "query", Reason: "must be at most 200 characters"}
	}
	after, err := parseCursor(q.After)
	return question{search: searchText(q.Search), after: after, first: q.Limit}, err
}

// cursorMark begins every cursor of ours, so that those of other lists are known
// for what they are.
const cursorMark = "p."

func formatCursor(theirs string) string {
	if theirs == "" {
		return ""
	}
	return cursorMark + base64.RawURLEncoding.EncodeToString([]byte(theirs))
}

func parseCursor(s string) (theirs string, err error) {
	if s == "" {
		return "", nil
	}
	text, ours := strings.CutPrefix(s, cursorMark)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ours || err != nil || len(raw) == 0 || len(raw) > maxCursor || !utf8.Valid(raw) || base64.RawURLEncoding.EncodedLen(len(raw)) != len(text) {
		return "", errCursor()
	}
	return string(raw), nil
}

func errCursor() error {
	return store.InvalidError{Field: "cursor", Reason: "is not one of this server's"}
}

// searchText puts what a person typed into Shopify's search syntax: every word
// must be the beginning of a word in the product. What has a meaning in the syntax
// loses it. (shopify.dev, "Shopify API search syntax".)
func searchText(typed string) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(typed, " "), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	var terms []string
	for _, word := range words[:min(len(words), maxWords)] {
		if word = strings.TrimLeft(word, "-"); word != "" { // a leading "-" would say not
			terms = append(terms, escape(word)+"*")
		}
	}
	if len(terms) == 1 && strings.Trim(words[0], "0123456789") == "" {
		return "id:" + words[0] + " OR " + terms[0]
	}
	return strings.Join(terms, " ")
}

// escape takes their meaning from the syntax's special characters, and from its
// words by writing them small: case does not matter in a search.
func escape(word string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(word) {
		if strings.ContainsRune(`:\()"'*<>=`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
