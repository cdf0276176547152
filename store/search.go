package store

import (
	"fmt"
	"strings"

	"lapak/store/sqlite"
)

// searchWalk is how many of the newest rows a search looks at first. Names have
// no index: it would make each save dearer. To walk by time costs three times as
// much a row as to read the table from its beginning, which takes 1.3 ms for
// 10,000, but it soon ends where much is found.
const searchWalk = 500

// searched are the statements of one search. Their parameters are those of list,
// and after its args the time and n of a row to stop at: ?8 and ?9.
type searched struct {
	place string // of the row so many (?3) after a place (?1, ?2): its time and n
	near  string // what is found down to there
	all   string // what is found anywhere, by walking
	whole string // the same, by reading the table
}

// searchFew is how many must be found there for the rest to be walked too.
const searchFew = 3

// whole makes of a list's statement, which walks an index by at and n, one that
// reads the table: from its end, so that of what is found most is too old to be
// sorted. To compare pairs there would take as long as all the rest; a page that
// begins with the newest row, where after is zero, compares nothing.
func whole(sql, index, at, n string, after Cursor) string {
	sql, order, _ := strings.Cut(sql, " ORDER BY ")
	place := "true"
	if !after.IsZero() {
		place = at + " <= ?1 AND (" + at + " < ?1 OR " + n + " < ?2)"
	}
	inner := strings.NewReplacer("INDEXED BY "+index, "NOT INDEXED", "("+at+", "+n+") < (?1, ?2)", place).Replace(sql)
	columns, _, _ := strings.Cut(sql, " FROM ")
	return strings.Replace(columns, "SELECT", "SELECT /* whole table, sorted */", 1) + " FROM (" + inner + " ORDER BY " + n + " DESC LIMIT -1) d ORDER BY " + order
}

// search is list of what fits a search.
func search[T any](v *View, s searched, o order, p Page, args [4]any, scan func(*sqlite.Row) T) ([]T, Cursor, error) {
	_, after, err := p.start(o)
	if err != nil {
		return nil, Cursor{}, err
	}
	var at, n int64
	more, err := v.c.One(s.place, []any{after.at, after.n, searchWalk}, func(r *sqlite.Row) { at, n = r.Int(0), r.Int(1) })
	if err != nil {
		return nil, Cursor{}, fmt.Errorf("search: %w", err)
	}
	items, next, err := list(v, s.near, o, p, append(args[:], at, n), scan)
	if err != nil || !more || !next.IsZero() {
		return items, next, err
	}
	if len(items) >= searchFew {
		return list(v, s.all, o, p, args[:], scan)
	}
	return list(v, s.whole, o, p, args[:], scan)
}
