package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// doc is a config's JSON, of which the form knows a part and keeps the rest.
type doc map[string]any

// parseDoc reads a config that the store has checked already.
func parseDoc(raw []byte) (doc, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var d doc
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("read config: %w", err)
	}
	return d, nil
}

// newDoc is how the setup of a product begins.
func newDoc(currency string) doc {
	number := func(n int) json.Number { return json.Number(fmt.Sprint(n)) }
	return doc{
		"version": number(1), "views": []any{}, "gallery": []any{}, "colors": []any{},
		"text": map[string]any{
			"enabled": true, "maxLength": number(30), "maxLines": number(3), "fonts": []any{"serif", "sans-serif"}, "colors": []any{"#000000"},
		},
		"upload": map[string]any{
			"enabled": true, "formats": []any{"image/png", "image/jpeg"}, "minDpi": number(150), "maxBytes": number(10 << 20),
		},
		"pricing": map[string]any{"currency": currency, "addOns": []any{}},
	}
}

// fits says whether the form can show all that it knows of: each known member is
// of the kind that it expects, or absent.
func (d doc) fits() bool {
	ok := objects(d["views"]) && objects(d["colors"]) && allTexts(d["gallery"])
	for _, name := range []string{"text", "upload", "pricing"} {
		ok = ok && isObject(d[name])
	}
	for _, v := range items(d["views"]) {
		area, _ := v["printArea"].(map[string]any)
		ok = ok && isObject(v["printArea"]) && isObject(v["canvas"]) && isObject(area["px"]) && isObject(area["mm"])
	}
	text, upload, pricing := d.object("text"), d.object("upload"), d.object("pricing")
	return ok && allTexts(text["fonts"]) && allTexts(text["colors"]) && allTexts(upload["formats"]) && objects(pricing["addOns"])
}

// isObject also takes what is absent.
func isObject(v any) bool {
	_, ok := v.(map[string]any)
	return ok || v == nil
}

func objects(v any) bool {
	list, ok := v.([]any)
	for _, item := range list {
		_, is := item.(map[string]any)
		ok = ok && is
	}
	return ok || v == nil
}

func allTexts(v any) bool {
	list, ok := v.([]any)
	for _, item := range list {
		_, is := item.(string)
		ok = ok && is
	}
	return ok || v == nil
}

// object is a member that is an object; an empty one where it is absent.
func (d doc) object(name string) map[string]any { return object(d, name) }

func object(m map[string]any, name string) map[string]any {
	if o, ok := m[name].(map[string]any); ok {
		return o
	}
	return map[string]any{}
}

// items are the objects of a list.
func items(v any) (out []map[string]any) {
	list, _ := v.([]any)
	for _, item := range list {
		if o, ok := item.(map[string]any); ok {
			out = append(out, o)
		}
	}
	return out
}

// texts are the strings of a list.
func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// plain is a member that is a text or a number, as text.
func plain(m map[string]any, name string) string {
	switch v := m[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// find is the object of a list whose member key has this value, to keep what the
// form does not know of it; a new one if there is none.
func find(list []map[string]any, key, value string) map[string]any {
	for _, o := range list {
		if value != "" && plain(o, key) == value {
			return o
		}
	}
	return map[string]any{}
}

func anys[T any](list []T) []any {
	out := make([]any, 0, len(list))
	for _, v := range list {
		out = append(out, v)
	}
	return out
}

// place says in which line and column, from 1, something is wrong with JSON;
// zeros where it is not known.
func place(raw string, err error) (line, column int) {
	var syntax *json.SyntaxError
	offset := int64(-1)
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	} else if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		offset = int64(len(raw))
	}
	if offset < 0 {
		return 0, 0
	}
	before := raw[:min(max(int(offset)-1, 0), len(raw))]
	line = strings.Count(before, "\n") + 1
	return line, len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
}
