package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// otherBody is how many bytes a route without a body reads to see that there is
// none, or one that names the shop alone.
const otherBody = 4 << 10

// readBody reads the body of a route that does not stream it, and looks at the
// shop that it names.
func (c *Caller) readBody(r *http.Request, rt Route) error {
	if rt.Body.stream || r.ContentLength == 0 {
		return nil
	}
	raw, err := readAll(r)
	if err != nil {
		return err
	}
	if rt.Body.limit == 0 && len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if c.body, err = splitObject(raw); err != nil {
		return err
	}
	if shop := c.body.get("shop"); shop != nil {
		name, ok := unquote(shop)
		if !ok {
			return Invalid("shop", "must be text")
		}
		if err := c.Names(name); err != nil {
			return err
		}
	}
	if rt.Body.limit == 0 {
		return c.Decode(&struct{}{})
	}
	return nil
}

func readAll(r *http.Request) ([]byte, error) {
	var buf bytes.Buffer
	if r.ContentLength > 0 && r.ContentLength <= 2<<20 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(r.Body); err != nil {
		return nil, BodyError(err)
	}
	return buf.Bytes(), nil
}

// BodyError is what a failure to read a request's body means for its sender.
func BodyError(err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &Error{Status: http.StatusBadRequest, Code: "invalid", Text: "body ended too early", Cause: err}
	}
	return &Error{Status: http.StatusBadRequest, Code: "invalid", Text: "body could not be read", Cause: err}
}

// Decode puts the body's members into the struct that v points to, by its json
// tags. A member that the struct does not have is refused, except shop, which is
// the proven one. A json.RawMessage keeps the bytes of its member as they came;
// whoever uses it checks that they are JSON.
func (c *Caller) Decode(v any) error {
	s := reflect.ValueOf(v).Elem()
	for _, m := range c.body {
		field, ok := fieldOf(s, m.name)
		if !ok && m.name == "shop" {
			continue
		} else if !ok {
			return Invalid(clip(m.name), "is not expected here")
		}
		if raw, ok := field.Addr().Interface().(*json.RawMessage); ok {
			*raw = m.value
		} else if err := json.Unmarshal(m.value, field.Addr().Interface()); err != nil {
			return Invalid(m.name, "must be "+kindName(field.Type()))
		}
	}
	return nil
}

// Members calls each with the body's members, in order, except shop. Their
// values may be no JSON.
func (c *Caller) Members(each func(name string, value json.RawMessage) error) error {
	for _, m := range c.body {
		if m.name == "shop" {
			continue
		}
		if err := each(m.name, m.value); err != nil {
			return err
		}
	}
	return nil
}

func fieldOf(s reflect.Value, name string) (reflect.Value, bool) {
	for i := range s.NumField() {
		tag, _, _ := strings.Cut(s.Type().Field(i).Tag.Get("json"), ",")
		if tag == name && tag != "-" && tag != "" {
			return s.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func kindName(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	}
	return "of another type"
}

// member is one of an object's names and what stands behind it.
type member struct {
	name  string
	value json.RawMessage
}

type members []member

func (ms members) get(name string) json.RawMessage {
	for _, m := range ms {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// maxMembers is more than any body has.
const maxMembers = 64

// splitObject cuts one JSON object into its members in one pass. Values are cut
// at the bracket that ends them: that they are JSON is found out where they are
// used. However deep they are, it takes no more memory.
func splitObject(raw []byte) (members, error) {
	if !utf8.Valid(raw) {
		return nil, Invalid("body", "must be valid UTF-8")
	}
	p := &splitter{raw: raw}
	var ms members
	ok := p.skip('{')
	for first := true; ok && !p.skip('}'); first = false {
		if ok = first || p.skip(','); !ok {
			break
		}
		var m member
		if m, ok = p.member(); !ok {
			break
		}
		if len(ms) == maxMembers || slices.ContainsFunc(ms, func(o member) bool { return o.name == m.name }) {
			return nil, Invalid(clip(m.name), "is named twice, or too many fields are")
		}
		ms = append(ms, m)
	}
	if p.space(); !ok || p.at != len(raw) {
		return nil, Invalid("body", "must be one JSON object")
	}
	return ms, nil
}

type splitter struct {
	raw []byte
	at  int
}

func (p *splitter) space() {
	for p.at < len(p.raw) && strings.IndexByte(" \t\r\n", p.raw[p.at]) >= 0 {
		p.at++
	}
}

// skip steps over space and b, if b is next.
func (p *splitter) skip(b byte) bool {
	p.space()
	if p.at < len(p.raw) && p.raw[p.at] == b {
		p.at++
		return true
	}
	return false
}

func (p *splitter) member() (m member, ok bool) {
	p.space()
	key := p.value()
	if m.name, ok = unquote(key); !ok || !p.skip(':') {
		return m, false
	}
	p.space()
	m.value = p.value()
	return m, len(m.value) > 0
}

// value steps over one value and returns it; empty where there is none.
func (p *splitter) value() json.RawMessage {
	start, depth := p.at, 0
	for p.at < len(p.raw) {
		switch p.raw[p.at] {
		case '"':
			p.text()
			if depth == 0 {
				return p.raw[start:p.at]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return p.raw[start:p.at]
			} else if depth == 0 {
				p.at++
				return p.raw[start:p.at]
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return p.raw[start:p.at]
			}
		}
		p.at++
	}
	return p.raw[start:p.at]
}

// text steps over a string.
func (p *splitter) text() {
	for p.at++; p.at < len(p.raw); p.at++ {
		switch p.raw[p.at] {
		case '\\':
			p.at++
		case '"':
			p.at++
			return
		}
	}
	p.at = min(p.at, len(p.raw))
}

func unquote(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// clip shortens a stranger's text for an answer.
func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}
