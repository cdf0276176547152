package store

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"

	"lapak/store/sqlite"
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

// Page is a part of a list, newest first.
type Page struct {
	Limit int    // rows; 0 means 20, more than 100 means 100
	After Cursor // the zero Cursor starts at the newest row
}

// order names the list that a cursor was made for.
type order byte

const (
	orderDesigns order = 'd'
	orderConfigs order = 'c'
	orderAssets  order = 'a'
	orderAudit   order = 'l'
	orderTrash   order = 't'
	orderNames   order = 'n' // designs by name
)

// Cursor is a place between two rows of one list. It holds what the list is
// ordered by, so rows that come and go elsewhere do not move it. The zero Cursor
// is before the first row; as "next" it says that there are no more.
type Cursor struct {
	order order
	at, n int64  // of the row just before the place
	name  string // of it, where names order
}

const cursorLength = 17

// ParseCursor reads what String wrote; "" is the zero Cursor. Anything else is
// an InvalidError. The list it is used for checks that it is one of its own.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) < cursorLength || base64.RawURLEncoding.EncodedLen(len(raw)) != len(s) {
		return Cursor{}, InvalidError{"cursor", "is not one of this server's"}
	}
	c := Cursor{order(raw[0]), int64(binary.BigEndian.Uint64(raw[1:])), int64(binary.BigEndian.Uint64(raw[9:])), string(raw[cursorLength:])}
	switch c.order {
	case orderDesigns, orderConfigs, orderAssets, orderAudit, orderTrash:
		if c.name == "" {
			return c, nil
		}
	case orderNames:
		if len(c.name) <= 4*maxName {
			return c, nil
		}
	}
	return Cursor{}, InvalidError{"cursor", "is not one of this server's"}
}

// String is the cursor as opaque text for URLs; "" for the zero Cursor.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	raw := binary.BigEndian.AppendUint64([]byte{byte(c.order)}, uint64(c.at))
	raw = append(binary.BigEndian.AppendUint64(raw, uint64(c.n)), c.name...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// IsZero says whether c is before the first row, or, as "next", that there are
// no more rows.
func (c Cursor) IsZero() bool { return c.order == 0 }

// start returns how many rows a page holds and the place before its first.
func (p Page) start(o order) (limit int, after Cursor, err error) {
	switch {
	case p.Limit < 0:
		return 0, Cursor{}, InvalidError{"limit", "must not be negative"}
	case p.After.IsZero():
		p.After = Cursor{o, math.MaxInt64, math.MaxInt64, ""}
	case p.After.order != o:
		return 0, Cursor{}, InvalidError{"cursor", "belongs to another list"}
	}
	if p.Limit == 0 {
		p.Limit = defaultLimit
	}
	return min(p.Limit, maxLimit), p.After, nil
}

// list reads one page. The query's first two columns are the time and n that it
// is ordered by, newest first; its parameters are the place's time, its n and
// how many rows to return, then args.
func list[T any](v *View, sql string, o order, p Page, args []any, scan func(*sqlite.Row) T) ([]T, Cursor, error) {
	limit, last, err := p.start(o)
	if err != nil {
		return nil, Cursor{}, err
	}
	items, more := make([]T, 0, limit), false
	err = v.c.Query(sql, append([]any{last.at, last.n, limit + 1}, args...), func(r *sqlite.Row) error {
		if more = len(items) == limit; !more {
			items, last = append(items, scan(r)), Cursor{o, r.Int(0), r.Int(1), ""}
		}
		return nil
	})
	if err != nil {
		return nil, Cursor{}, fmt.Errorf("list: %w", err)
	}
	if !more {
		last = Cursor{}
	}
	return items, last, nil
}
