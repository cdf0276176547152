package store

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzValidJSON wants the answer of encoding/json.
func FuzzValidJSON(f *testing.F) {
	for _, s := range []string{
		"", " ", "{}", "[]", "{", "}", "[1,]", `{"a":1,}`, `{"a" : [ 1 , -2.5e+3, true,false,null ] }`, `{a:1}`, `"a\u00e9\n\"` + "\"", `"\x"`, `"\u12g4"`,
		"\"a\x1fb\"", "\"0123456789\xff\"", `"01234567\"89"`, "-", "-0", "01", "1.", ".5", "1e", "1e+", "1E-5", "nul", "truex", "1 2", "[[[]]]", "{\"a\"}", "{1:2}", `"abcdefgh`,
		strings.Repeat("[", 9999) + strings.Repeat("]", 9999), strings.Repeat("[", 10000) + strings.Repeat("]", 10000), strings.Repeat("[", 10001) + strings.Repeat("]", 10001),
		strings.Repeat(`{"a":`, 10000) + "1" + strings.Repeat("}", 10000),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := validJSON(b), json.Valid(b); got != want {
			t.Errorf("%q: %v, encoding/json says %v", b, got, want)
		}
	})
}

func BenchmarkValidJSON(b *testing.B) {
	design := []byte(`{"objects":[` + strings.Repeat(`{"type":"path","fill":"#aabbcc","path":"M 0 0 L 10 10 L 20 20 Z M 5 5 L 6 6","left":12.5,"top":3,"angle":0},`, 90) + `{}]}`)
	b.SetBytes(int64(len(design)))
	for b.Loop() {
		if !validJSON(design) {
			b.Fatal(bytes.Clone(design))
		}
	}
}
