package store

import (
	"strings"
	"time"
)

// containing is the LIKE pattern, with \ as its escape, of what holds text
// somewhere.
func containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}

// like is a condition for such a pattern of text. To name the escape takes as long
// as to compare, so it is named where there is one.
func like(column, pattern, text string) string {
	sql := column + " LIKE " + pattern
	if strings.ContainsAny(text, `\%_`) {
		sql += ` ESCAPE '\'`
	}
	return sql
}

// since is the first whole millisecond that is not before t; 0 for the zero Time.
func since(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return millisUp(t)
}

// before moves the place where a page begins to t, unless t is zero or the page
// begins later in the list.
func before(o order, t time.Time, after Cursor) Cursor {
	if t.IsZero() || !after.IsZero() && (after.order != o || after.at < millisUp(t)) {
		return after
	}
	return Cursor{o, millisUp(t), 0, ""} // numbers begin at 1
}
