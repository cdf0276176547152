package admin

import (
	"encoding/json"
	"reflect"
	"testing"

	"lapak/web/view"
)

// FuzzConfigForm puts configs of all shapes into the form and back: members that
// the form does not know are kept, and what it shows it can read.
func FuzzConfigForm(f *testing.F) {
	site, err := view.NewSite()
	if err != nil {
		f.Fatal(err)
	}
	l := site.Locale(view.English, nil)
	for _, seed := range []string{
		`{}`, `{"views":[{}],"x":1}`, `{"views":[{"id":1,"label":"a","printArea":{"px":{"x":"1"}}}]}`, `{"text":{"maxLength":1e400,"fonts":[""]}}`,
		`{"colors":[{"name":"\u0000","hex":"#fff"},{"name":"\u0000"}],"pricing":{"addOns":[{"id":"","label":"é","amount":-0}]}}`,
		`{"gallery":["asset:","https://x"],"upload":{"formats":["image/png","a"],"maxBytes":"1"}}`, `{"views":null,"text":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := parseDoc(raw)
		if err != nil || d == nil {
			return
		}
		odd := unknown(d)
		if !d.fits() {
			return
		}
		form := &view.Form{Values: d.values()}
		formReader{form, l}.into(d)
		if !reflect.DeepEqual(unknown(d), odd) {
			t.Errorf("%v became %v", odd, unknown(d))
		}
		out, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseDoc(out)
		if err != nil || !again.fits() {
			t.Errorf("the form made what it cannot show: %s (%v)", out, err)
		}
	})
}

// unknown are the members that the form knows nothing of.
func unknown(d doc) map[string]any {
	out := map[string]any{}
	for name, v := range d {
		switch name {
		case "views", "text", "upload", "gallery", "colors", "pricing":
		default:
			out[name] = v
		}
	}
	return out
}

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		raw          string
		line, column int
	}{
		{"{", 1, 1}, {"{\n  \"é\": ,\n}", 2, 8}, {"", 1, 1}, {"{}x", 1, 3}, {"{\"a\":\n\n\ttru}", 3, 5},
	} {
		var v any
		line, column := place(c.raw, json.Unmarshal([]byte(c.raw), &v))
		if line != c.line || column != c.column {
			t.Errorf("%q: %d:%d, want %d:%d", c.raw, line, column, c.line, c.column)
		}
	}
}

func TestUnique(t *testing.T) {
	taken := map[string]bool{}
	for _, c := range []struct{ id, label, want string }{
		{"front", "x", "front"}, {"", "Front", "front-2"}, {"", "Sisi  Belakang!", "sisi--belakang"}, {"", "日本", "view"}, {"", "", "view-2"}, {"front", "", "front-3"},
	} {
		if got := unique(c.id, c.label, "view", taken); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.id, c.label, got, c.want)
		}
	}
}

func TestInkOn(t *testing.T) {
	for color, want := range map[string]string{"#000000": "#ffffff", "#ffffff": "#1d1a16", "#ffcc00": "#1d1a16", "#b8552f": "#ffffff", "#37449c": "#ffffff"} {
		if got := inkOn(color); got != want {
			t.Errorf("on %s: %s, want %s", color, got, want)
		}
	}
}

func TestGuarded(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\tx": "'\tx", "1-1": "1-1"} {
		if got := guarded(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
