package products

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzSearchText sees that nothing that is typed is syntax: behind the escapes
// only words are left.
func FuzzSearchText(f *testing.F) {
	for _, s := range []string{"kaos polos", `a:b`, `"x`, `\`, "-a", "--", "NOT a OR b", "(a)", "12", "a\x00\xff", "é*", "created_at:>2020"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got := searchText(typed)
		if !utf8.ValidString(got) {
			t.Errorf("%q became %q", typed, got)
		}
		rest := got
		if id, after, ok := strings.Cut(got, " OR "); ok && strings.HasPrefix(id, "id:") && strings.Trim(id[3:], "0123456789") == "" {
			rest = after
		}
		for word := range strings.SplitSeq(rest, " ") {
			bare, star := strings.CutSuffix(word, "*")
			if rest != "" && (!star || strings.HasPrefix(bare, "-") || bare == "" || bare == "AND" || bare == "OR" || bare == "NOT") {
				t.Errorf("%q became %q", typed, got)
			}
			for i := 0; i < len(bare); i++ {
				if bare[i] == '\\' {
					i++
				} else if strings.IndexByte(`:()"'*<>=`, bare[i]) >= 0 {
					t.Errorf("%q became %q", typed, got)
				}
			}
		}
	})
}

// FuzzCursor sees that a cursor has one spelling.
func FuzzCursor(f *testing.F) {
	f.Add("p.eyJsYXN0X2lkIjoxfQ")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if theirs, err := parseCursor(s); err == nil && formatCursor(theirs) != s {
			t.Errorf("%q is %q, which is %q", s, theirs, formatCursor(theirs))
		}
	})
}
