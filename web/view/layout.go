package view

import (
	"maps"
	"slices"
)

func (p Page) documentTitle() string {
	if p.Name == "" {
		return p.Title + " · Lapak"
	}
	return p.Title + " · " + p.Name
}

// fields are the hidden fields of the form that undoes, in order of their names.
func (t Toast) fields() (out [][2]string) {
	for _, name := range slices.Sorted(maps.Keys(t.With)) {
		out = append(out, [2]string{name, t.With[name]})
	}
	return out
}
