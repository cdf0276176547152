package view

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMessages wants each text in both languages, with the same arguments, and
// none but %s.
func TestMessages(t *testing.T) {
	b, err := newBook()
	if err != nil {
		t.Fatal(err)
	}
	verbs := regexp.MustCompile(`%.?`)
	for key, m := range b {
		var counts [2]int
		for lang, text := range m {
			if strings.TrimSpace(text) == "" || text != strings.TrimSpace(text) {
				t.Errorf("%s: %q", key, text)
			}
			for _, v := range verbs.FindAllString(text, -1) {
				if v != "%s" && v != "%%" {
					t.Errorf("%s: %q has %q, want %%s", key, text, v)
				}
			}
			forms := strings.Split(text, "|")
			counts[lang] = strings.Count(forms[0], "%s")
			for _, f := range forms {
				if strings.Count(f, "%s") != counts[lang] || len(forms) > 2 {
					t.Errorf("%s: the forms of %q differ", key, text)
				}
			}
		}
		if counts[0] != counts[1] {
			t.Errorf("%s: %d arguments in English, %d in Indonesian", key, counts[0], counts[1])
		}
	}
}

// TestMessagesAreUsed compares the texts with what the source asks for: each key
// that it names is there, and each that is there is named, or begins with a part
// that the source completes.
func TestMessagesAreUsed(t *testing.T) {
	b, err := newBook()
	if err != nil {
		t.Fatal(err)
	}
	source := sources(t)
	for _, m := range regexp.MustCompile(`\.(?:T|N)\("([^"]+)"[,)]`).FindAllStringSubmatch(source, -1) {
		if _, ok := b[m[1]]; !ok {
			t.Errorf("the text %q is not there", m[1])
		}
	}
	var prefixes []string
	for _, m := range regexp.MustCompile(`"([a-z]+\.[a-z.]*)"\s*\+`).FindAllStringSubmatch(source, -1) {
		prefixes = append(prefixes, m[1])
	}
	for key := range b {
		if !strings.Contains(source, `"`+key+`"`) && !completes(prefixes, key) && !saysDone(source, key) {
			t.Errorf("nothing uses the text %q", key)
		}
	}
}

// saysDone: the text of a toast goes by a code.
func saysDone(source, key string) bool {
	code, ok := strings.CutPrefix(key, "done.")
	return ok && strings.Contains(source, `"`+code+`"`)
}

func completes(prefixes []string, key string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(key, p) && p != "done." {
			return true
		}
	}
	return false
}

// sources is the text of all that makes pages, without the texts themselves.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range []string{".", "../admin", "../operator", "../signin"} {
		files, err := filepath.Glob(dir + "/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			code := strings.HasSuffix(f, ".templ") || strings.HasSuffix(f, ".go") && !strings.HasSuffix(f, "_templ.go")
			if !code || strings.HasSuffix(f, "_messages.go") || strings.HasSuffix(f, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(raw)
		}
	}
	return all.String()
}
