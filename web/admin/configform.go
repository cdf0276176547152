package admin

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lapak/web/view"
)

const (
	rowsMost   = 100 // of views, colours or add-ons
	nameMost   = 80  // characters of a label
	assetStart = "asset:"
)

func formats() []string { return []string{"image/png", "image/jpeg", "image/svg+xml"} }

// values fills a form from a config's JSON.
func (d doc) values() url.Values {
	f := url.Values{}
	text, upload := d.object("text"), d.object("upload")
	f.Set("text.enabled", onOff(text["enabled"]))
	f.Set("text.maxLength", plain(text, "maxLength"))
	f.Set("text.maxLines", plain(text, "maxLines"))
	f.Set("text.fonts", strings.Join(names(texts(text["fonts"])), ", "))
	f.Set("text.colors", strings.Join(texts(text["colors"]), ", "))
	f.Set("upload.enabled", onOff(upload["enabled"]))
	f["upload.formats"] = texts(upload["formats"])
	f.Set("upload.minDpi", plain(upload, "minDpi"))
	f.Set("upload.maxMB", megabytes(plain(upload, "maxBytes")))
	f.Set("gallery", strings.Join(names(texts(d["gallery"])), "\n"))
	for _, v := range items(d["views"]) {
		area := object(v, "printArea")
		px, mm := object(area, "px"), object(area, "mm")
		f.Add("view.id", plain(v, "id"))
		f.Add("view.label", plain(v, "label"))
		f.Add("view.image", strings.TrimPrefix(plain(v, "image"), assetStart))
		for _, side := range areaSides() {
			f.Add("view."+side.field, plain(map[string]map[string]any{"px": px, "mm": mm}[side.unit], side.member))
		}
	}
	for _, c := range items(d["colors"]) {
		f.Add("color.was", plain(c, "name"))
		f.Add("color.name", plain(c, "name"))
		f.Add("color.hex", plain(c, "hex"))
	}
	for _, a := range items(d.object("pricing")["addOns"]) {
		f.Add("addon.id", plain(a, "id"))
		f.Add("addon.label", plain(a, "label"))
		f.Add("addon.amount", plain(a, "amount"))
	}
	return f
}

// areaSide is one number of a print area.
type areaSide struct{ field, unit, member, label string }

func areaSides() []areaSide {
	return []areaSide{
		{"x", "px", "x", "config.x"}, {"y", "px", "y", "config.y"}, {"w", "px", "width", "config.w"}, {"h", "px", "height", "config.h"},
		{"mmw", "mm", "width", "config.w"}, {"mmh", "mm", "height", "config.h"},
	}
}

func onOff(v any) string {
	if on, _ := v.(bool); on {
		return "on"
	}
	return ""
}

func megabytes(bytes string) string {
	n, err := strconv.ParseFloat(bytes, 64)
	if err != nil {
		return ""
	}
	return strconv.FormatFloat(math.Round(n/(1<<20)*100)/100, 'f', -1, 64)
}

// names are references to assets as people see them.
func names(refs []string) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = strings.TrimPrefix(r, assetStart)
	}
	return out
}

// refer is a name that a person typed as the config holds it.
func refer(name string) string {
	if name == "" || strings.HasPrefix(name, "https://") {
		return name
	}
	return assetStart + name
}

// formReader puts a form into a config's JSON and notes what is wrong.
type formReader struct {
	*view.Form
	l *view.Locale
}

func (r formReader) into(d doc) {
	text, upload, pricing := d.object("text"), d.object("upload"), d.object("pricing")
	d["text"], d["upload"], d["pricing"] = text, upload, pricing
	text["enabled"] = r.Values.Get("text.enabled") == "on"
	r.number(text, "maxLength", "text.maxLength", 1, 10_000, true)
	r.number(text, "maxLines", "text.maxLines", 1, 100, true)
	text["fonts"] = anys(r.fonts(d))
	text["colors"] = anys(r.colors("text.colors"))
	upload["enabled"] = r.Values.Get("upload.enabled") == "on"
	r.number(upload, "minDpi", "upload.minDpi", 0, 2400, true)
	r.size(upload)
	r.formats(upload)
	d["gallery"] = anys(r.gallery())
	d["views"] = r.views(items(d["views"]))
	d["colors"] = r.swatches(items(d["colors"]))
	pricing["addOns"] = r.addOns(items(pricing["addOns"]))
}

// number reads a number between least and most; an empty field takes it away.
func (r formReader) number(to map[string]any, member, field string, least, most float64, whole bool) {
	raw := strings.TrimSpace(r.Values.Get(field))
	if n, ok := r.parse(field, raw, least, most, whole); ok {
		to[member] = n
	} else if raw == "" {
		delete(to, member)
	}
}

func (r formReader) parse(field, raw string, least, most float64, whole bool) (json.Number, bool) {
	if raw == "" {
		return "", false
	}
	n, err := strconv.ParseFloat(strings.Replace(raw, ",", ".", 1), 64)
	if err != nil || math.IsNaN(n) || n < least || n > most || whole && n != math.Trunc(n) {
		r.Bad(field, r.l.T("config.bad.number", r.l.Decimal(least, 1), r.l.Decimal(most, 1)))
		return "", false
	}
	return json.Number(strconv.FormatFloat(n, 'f', -1, 64)), true
}

// size keeps the bytes as they are where the megabytes shown are the same.
func (r formReader) size(upload map[string]any) {
	if raw := strings.TrimSpace(r.Values.Get("upload.maxMB")); raw != megabytes(plain(upload, "maxBytes")) {
		if n, ok := r.parse("upload.maxMB", raw, 0.1, 50, false); ok {
			mb, _ := n.Float64()
			upload["maxBytes"] = json.Number(strconv.FormatInt(int64(mb*(1<<20)), 10))
		} else if raw == "" {
			delete(upload, "maxBytes")
		}
	}
}

// formats keeps those that the form does not offer, and the order.
func (r formReader) formats(upload map[string]any) {
	ticked := r.Values["upload.formats"]
	out := slices.DeleteFunc(texts(upload["formats"]), func(f string) bool {
		return slices.Contains(formats(), f) && !slices.Contains(ticked, f)
	})
	for _, f := range formats() {
		if slices.Contains(ticked, f) && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	upload["formats"] = anys(out)
}

// fonts are generic families as they are, and names of uploaded fonts.
func (r formReader) fonts(d doc) (out []string) {
	for _, name := range split(r.Values.Get("text.fonts"), ",") {
		if slices.Contains([]string{"serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui"}, name) ||
			slices.Contains(texts(d.object("text")["fonts"]), name) {
			out = append(out, name)
		} else {
			out = append(out, refer(name))
		}
	}
	return out
}

func (r formReader) gallery() (out []string) {
	for _, name := range split(r.Values.Get("gallery"), "\n") {
		out = append(out, refer(name))
	}
	return out
}

func (r formReader) colors(field string) []string {
	list := split(r.Values.Get(field), ",")
	for _, c := range list {
		if !isColor(c) {
			r.Bad(field, r.l.T("config.bad.color", c))
		}
	}
	return list
}

func isColor(c string) bool {
	digits, ok := strings.CutPrefix(c, "#")
	return ok && (len(digits) == 3 || len(digits) == 6) && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}

func split(s, sep string) (out []string) {
	for part := range strings.SplitSeq(s, sep) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// rows calls each with the rows of a repeated part that have anything in them.
// Get is a field of the row; the field's name in errors ends with the row's number.
func (r formReader) rows(first string, fields []string, each func(i int, get func(string) string)) {
	n := len(r.Values[first])
	if n > rowsMost {
		r.Bad(first, r.l.T("config.bad.many", r.l.Number(rowsMost)))
	}
	for i := range min(n, rowsMost) {
		get := func(field string) string {
			if list := r.Values[field]; i < len(list) {
				return strings.TrimSpace(list[i])
			}
			return ""
		}
		if slices.ContainsFunc(fields, func(f string) bool { return get(f) != "" }) {
			each(i, get)
		}
	}
}

func (r formReader) label(field string, i int, text string) {
	if text == "" || len([]rune(text)) > nameMost {
		r.Bad(at(field, i), r.l.T("config.bad.name", r.l.Number(nameMost)))
	}
}

// at is the name that a repeated field's errors go by.
func at(field string, i int) string { return fmt.Sprintf("%s.%d", field, i) }

func (r formReader) views(old []map[string]any) []any {
	fields := []string{"view.label", "view.image", "view.x", "view.y", "view.w", "view.h", "view.mmw", "view.mmh"}
	out, taken := []any{}, map[string]bool{}
	r.rows("view.label", fields, func(i int, get func(string) string) {
		v := find(old, "id", get("view.id"))
		r.label("view.label", i, get("view.label"))
		v["id"] = unique(get("view.id"), get("view.label"), "view", taken)
		v["label"] = get("view.label")
		if get("view.image") == "" {
			r.Bad(at("view.image", i), r.l.T("config.bad.image"))
		} else if strings.TrimPrefix(plain(v, "image"), assetStart) != get("view.image") {
			v["image"] = refer(get("view.image"))
		}
		r.area(v, i, get)
		out = append(out, v)
	})
	return out
}

// area reads where one may print. The canvas has the same shape, its longer side
// 1,000 pixels, and changes only when the area does.
func (r formReader) area(v map[string]any, i int, get func(string) string) {
	area := object(v, "printArea")
	units := map[string]map[string]any{"px": object(area, "px"), "mm": object(area, "mm")}
	before := fmt.Sprint(units["px"])
	for _, side := range areaSides() {
		field, least := "view."+side.field, 1.0
		if side.field == "x" || side.field == "y" {
			least = 0
		}
		if get(field) == "" && side.unit == "mm" {
			delete(units["mm"], side.member)
		} else if get(field) == "" {
			r.Bad(at(field, i), r.l.T("config.bad.needed"))
		} else if n, ok := r.parse(at(field, i), get(field), least, 100_000, false); ok {
			units[side.unit][side.member] = n
		}
	}
	area["px"], area["mm"], v["printArea"] = units["px"], units["mm"], area
	if _, known := v["canvas"]; known && fmt.Sprint(units["px"]) == before {
		return
	}
	w, _ := strconv.ParseFloat(plain(units["px"], "width"), 64)
	h, _ := strconv.ParseFloat(plain(units["px"], "height"), 64)
	if w > 0 && h > 0 {
		canvas := object(v, "canvas")
		k := 1000 / max(w, h)
		canvas["width"], canvas["height"] = json.Number(fmt.Sprint(math.Round(w*k))), json.Number(fmt.Sprint(math.Round(h*k)))
		v["canvas"] = canvas
	}
}

func (r formReader) swatches(old []map[string]any) []any {
	out := []any{}
	r.rows("color.name", []string{"color.name"}, func(i int, get func(string) string) {
		c := find(old, "name", get("color.was"))
		r.label("color.name", i, get("color.name"))
		if !isColor(get("color.hex")) {
			r.Bad(at("color.hex", i), r.l.T("config.bad.color", get("color.hex")))
		}
		c["name"], c["hex"] = get("color.name"), get("color.hex")
		out = append(out, c)
	})
	return out
}

func (r formReader) addOns(old []map[string]any) []any {
	out, taken := []any{}, map[string]bool{}
	r.rows("addon.label", []string{"addon.label", "addon.amount"}, func(i int, get func(string) string) {
		a := find(old, "id", get("addon.id"))
		r.label("addon.label", i, get("addon.label"))
		a["id"], a["label"] = unique(get("addon.id"), get("addon.label"), "option", taken), get("addon.label")
		if n, ok := r.parse(at("addon.amount", i), get("addon.amount"), 0, 1e12, false); ok {
			a["amount"] = n
		} else {
			r.Bad(at("addon.amount", i), r.l.T("config.bad.needed"))
		}
		out = append(out, a)
	})
	return out
}

// unique is an id that no other row has: its own, or one made from its label.
func unique(id, label, kind string, taken map[string]bool) string {
	if id == "" {
		id = strings.Trim(strings.Map(func(c rune) rune {
			if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
				return c
			}
			return '-'
		}, strings.ToLower(label)), "-")
	}
	if id == "" {
		id = kind
	}
	for base, n := id, 2; taken[id]; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	taken[id] = true
	return id
}
