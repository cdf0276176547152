package admin

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"lapak/store"
	"lapak/web/view"
)

const (
	valueShown = 160 // characters of a value
	sameShown  = 4   // members that did not change
	diffShown  = 40  // members that did
	wholeShown = 12  // of what is new, or gone
	deepest    = 2   // levels of objects that are taken apart
)

// diff compares what an entry says of before and after, member by member: the
// changed ones first.
func diff(e store.Entry) view.ActivityRow {
	levels := deepest
	if len(e.Before) == 0 || len(e.After) == 0 {
		levels = 0 // there is nothing to compare with
	}
	before, after := flatten(e.Before, levels), flatten(e.After, levels)
	row := view.ActivityRow{Before: before != nil, After: after != nil}
	names := maps.Clone(before)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, after)
	var same []view.Change
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c := view.Change{Name: name, Before: before[name], After: after[name]}
		c.Changed = row.Before && row.After && c.Before != c.After
		if c.Before, c.After = shorten(c.Before), shorten(c.After); c.Changed || !row.Before || !row.After {
			row.Changes = append(row.Changes, c)
		} else {
			same = append(same, c)
		}
	}
	all := len(row.Changes) + len(same)
	most := diffShown
	if !row.Before || !row.After {
		most = wholeShown
	}
	row.Changes = append(row.Changes[:min(len(row.Changes), most)], same[:min(len(same), sameShown)]...)
	row.Same = int64(all - len(row.Changes))
	return row
}

// flatten makes of JSON the values of its members by their paths; nil where there
// is nothing.
func flatten(raw json.RawMessage, levels int) map[string]string {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	out := map[string]string{}
	flattenInto(out, "", raw, levels)
	return out
}

func flattenInto(out map[string]string, path string, raw json.RawMessage, levels int) {
	var members map[string]json.RawMessage
	if levels >= 0 && bytes.HasPrefix(raw, []byte("{")) && json.Unmarshal(raw, &members) == nil && len(members) > 0 {
		for name, value := range members {
			if path != "" {
				name = path + "." + name
			}
			flattenInto(out, name, value, levels-1)
		}
		return
	}
	text := string(raw)
	if strings.HasPrefix(text, `"`) {
		_ = json.Unmarshal(raw, &text) // what is no text stays as it is
	}
	if text == "null" || text == `[]` {
		text = ""
	}
	out[path] = text
}

func shorten(s string) string {
	if runes := []rune(s); len(runes) > valueShown {
		return strings.TrimSpace(string(runes[:valueShown])) + "…"
	}
	return s
}
