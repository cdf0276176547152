package web

import (
	"strings"
	"testing"
)

// FuzzETags wants that what was read can be written and read again.
func FuzzETags(f *testing.F) {
	for _, h := range []string{`*`, `"a-1"`, `"a-1", W/"b-2"`, `"`, `W/`, ``, `"a""b"`, `,,"a"`} {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, header string) {
		tags, any, err := etags("If-Match", []string{header})
		if err != nil || any {
			return
		}
		var again []string
		for _, tag := range tags {
			weak := ""
			if strings.HasPrefix(tag, "W/") {
				weak, tag = "W/", tag[2:]
			}
			again = append(again, weak+`"`+tag+`"`)
		}
		back, _, err := etags("If-Match", []string{strings.Join(again, ", ")})
		if err != nil || strings.Join(back, "\n") != strings.Join(tags, "\n") {
			t.Fatalf("%q: %q, again %q: %v", header, tags, back, err)
		}
	})
}
