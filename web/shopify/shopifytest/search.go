package shopifytest

import (
	"errors"
	"strings"
	"unicode"
)

// term is one part of a search.
type term struct {
	field  string // "" is the title
	text   string
	prefix bool
	not    bool
	or     bool // joined to the one before with OR, not AND
}

// parseSearch reads Shopify's search syntax (shopify.dev, "Shopify API search
// syntax"): terms joined by AND, which may be left out, or OR; a leading "-" or
// NOT; field:value; quoted values; a "*" at the end for a prefix; and ":", "\",
// "(", ")" and quotes as themselves only behind a backslash. Nested groups are
// refused.
func parseSearch(text string) (match func(Product) bool, err error) {
	terms, err := searchTerms(text)
	if err != nil {
		return nil, err
	}
	return func(p Product) bool {
		found, group := false, true
		for _, t := range terms { // OR binds weaker than AND
			if t.or {
				found, group = found || group, true
			}
			group = group && t.match(p) != t.not
		}
		return found || group
	}, nil
}

func searchTerms(text string) (terms []term, err error) {
	p := &searchParser{rest: []rune(text)}
	or, not := false, false
	for {
		t, word, ok, err := p.next()
		if err != nil || !ok {
			return terms, err
		}
		switch word {
		case "OR":
			or = true
			continue
		case "AND":
			continue
		case "NOT":
			not = true
			continue
		}
		t.or, t.not = or && len(terms) > 0, t.not || not
		terms, or, not = append(terms, t), false, false
	}
}

type searchParser struct{ rest []rune }

var errSearch = errors.New("the search query cannot be understood")

// next is the next term, or the bare word that stands there as it is.
func (p *searchParser) next() (t term, word string, ok bool, err error) {
	for len(p.rest) > 0 && unicode.IsSpace(p.rest[0]) {
		p.rest = p.rest[1:]
	}
	if len(p.rest) == 0 {
		return t, "", false, nil
	}
	if p.rest[0] == '-' {
		t.not, p.rest = true, p.rest[1:]
	}
	value, raw, err := p.value(&t)
	if err != nil {
		return t, "", false, err
	}
	if len(p.rest) > 0 && p.rest[0] == ':' {
		p.rest = p.rest[1:]
		t.field = value
		if value, _, err = p.value(&t); err != nil {
			return t, "", false, err
		}
		raw = ""
	}
	t.text = value
	return t, raw, true, nil
}

// value reads a quoted text or a bare one; raw is the bare one as it stands.
func (p *searchParser) value(t *term) (value, raw string, err error) {
	if len(p.rest) > 0 && (p.rest[0] == '"' || p.rest[0] == '\'') {
		value, err = p.quoted(p.rest[0])
		return value, "", err
	}
	var b, whole strings.Builder
	for len(p.rest) > 0 {
		r := p.rest[0]
		switch {
		case unicode.IsSpace(r) || r == ':':
			return b.String(), whole.String(), nil
		case r == '(' || r == ')' || r == '"':
			return "", "", errSearch
		case r == '*' && (len(p.rest) == 1 || unicode.IsSpace(p.rest[1])):
			t.prefix = true
		case r == '\\' && len(p.rest) > 1:
			p.rest = p.rest[1:]
			b.WriteRune(p.rest[0])
		default:
			b.WriteRune(r)
		}
		whole.WriteRune(r)
		p.rest = p.rest[1:]
	}
	return b.String(), whole.String(), nil
}

func (p *searchParser) quoted(quote rune) (string, error) {
	var b strings.Builder
	for p.rest = p.rest[1:]; len(p.rest) > 0; p.rest = p.rest[1:] {
		switch r := p.rest[0]; {
		case r == quote:
			p.rest = p.rest[1:]
			return b.String(), nil
		case r == '\\' && len(p.rest) > 1:
			p.rest = p.rest[1:]
			b.WriteRune(p.rest[0])
		default:
			b.WriteRune(r)
		}
	}
	return "", errSearch
}

// match compares words, without regard to case.
func (t term) match(p Product) bool {
	where := p.Title
	switch t.field {
	case "", "title":
	case "handle":
		where = p.Handle
	case "status":
		where = p.Status
	case "id":
		where = strings.TrimPrefix(p.GID(), "gid://shopify/Product/")
	default:
		return false
	}
	where, text := strings.ToLower(where), strings.ToLower(t.text)
	for i := range where {
		starts := i == 0 || !wordRune(rune(where[i-1]))
		if !starts || !strings.HasPrefix(where[i:], text) {
			continue
		}
		if end := where[i+len(text):]; t.prefix || end == "" || !wordRune([]rune(end)[0]) {
			return true
		}
	}
	return text == ""
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r >= 0x80 }
