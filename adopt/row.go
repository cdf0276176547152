package adopt

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"lapak/store"
)

// row is one of a known table's, with all its columns.
type row struct {
	t *table
	v []value
}

func (r row) get(name string) value {
	at := r.t.at[r.t.fieldNamed(name)]
	if at < 0 {
		return value{}
	}
	return r.v[at]
}

// text is "" where there is none.
func (r row) text(name string) string { return string(r.get(name).text) }

func (r row) optional(name string) *string {
	v := r.get(name)
	if v.null() {
		return nil
	}
	s := string(v.text)
	return &s
}

// number is otherwise where there is none.
func (r row) number(name string, otherwise int64) (int64, error) {
	v := r.get(name)
	if v.null() {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(string(v.text), 10, 64)
	if err != nil {
		return 0, store.InvalidError{Field: name, Reason: "must be a whole number"}
	}
	return n, nil
}

func (r row) truth(name string, otherwise bool) (bool, error) {
	v := r.get(name)
	if v.null() {
		return otherwise, nil
	}
	switch string(v.text) {
	case "t", "true", "1":
		return true, nil
	case "f", "false", "0":
		return false, nil
	}
	return false, store.InvalidError{Field: name, Reason: "must be true or false"}
}

// time is the zero time where there is none.
func (r row) time(name string) (time.Time, error) {
	v := r.get(name)
	if v.null() {
		return time.Time{}, nil
	}
	t, ok := parseTime(string(v.text))
	if !ok {
		return time.Time{}, store.InvalidError{Field: name, Reason: "must be a time"}
	}
	return t, nil
}

// parseTime reads a time as PostgreSQL writes it, as Prisma keeps it in SQLite
// (milliseconds since 1970), and as SQLite's own functions do. Without a zone it
// is UTC, as Prisma's are.
func parseTime(s string) (time.Time, bool) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		return plausible(time.UnixMilli(ms))
	}
	for _, layout := range []string{"2006-01-02 15:04:05.999999", "2006-01-02 15:04:05.999999Z07", "2006-01-02 15:04:05.999999Z07:00", time.RFC3339Nano, "2006-01-02T15:04:05.999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return plausible(t)
		}
	}
	return time.Time{}, false
}

// plausible cuts a time to the millisecond, and refuses what no clock ever showed.
func plausible(t time.Time) (time.Time, bool) {
	t = time.UnixMilli(t.UnixMilli()).UTC()
	return t, t.Year() >= 1970 && t.Year() < 10000
}

// times are when a row was made and last changed. Where the table does not say
// one, it is the other; where it says neither, it is 1970.
func (r row) times() (created, updated store.Time, err error) {
	c, err := r.time("createdAt")
	if err != nil {
		return created, updated, err
	}
	u, err := r.time("updatedAt")
	if err != nil {
		return created, updated, err
	}
	switch {
	case c.IsZero() && u.IsZero():
		c, u = time.UnixMilli(0).UTC(), time.UnixMilli(0).UTC()
	case c.IsZero():
		c = u
	case u.IsZero():
		u = c
	}
	return store.Time{Time: c}, store.Time{Time: u}, nil
}

// document is a JSON value of its own; nil where there is none.
func (r row) document(name string) (json.RawMessage, error) {
	v := r.get(name)
	if v.null() || string(v.text) == "null" {
		return nil, nil
	}
	if !json.Valid(v.text) {
		return nil, store.InvalidError{Field: name, Reason: "must be valid JSON"}
	}
	return json.RawMessage(append([]byte{}, v.text...)), nil
}

// id is what the row is called.
func (r row) id() (string, error) {
	id := r.text("id")
	if id == "" || len(id) > 300 {
		return "", store.InvalidError{Field: "id", Reason: "must be 1 to 300 bytes"}
	}
	return id, nil
}

// extra is a JSON object of the columns that have no place, under their own
// names, and of the fields that are named; nil where they hold nothing.
func (r row) extra(also ...string) json.RawMessage {
	columns := r.t.unknown
	for _, name := range also {
		if at := r.t.at[r.t.fieldNamed(name)]; at >= 0 {
			columns = append(columns[:len(columns):len(columns)], at)
		}
	}
	return r.object(columns, nil)
}

func (r row) object(columns []int, hidden map[string]bool) json.RawMessage {
	var b []byte
	for _, c := range columns {
		v := r.v[c]
		if v.null() {
			continue
		}
		if b == nil {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(appendText(b, r.t.columns[c].name), ':')
		if hidden[fold(r.t.columns[c].name)] {
			b = appendText(b, "(kept out of this file)")
		} else {
			b = v.appendJSON(b)
		}
	}
	if b == nil {
		return nil
	}
	return append(b, '}')
}

func (v value) appendJSON(b []byte) []byte {
	s := string(v.text)
	switch {
	case v.kind == boolean:
		return strconv.AppendBool(b, s == "t")
	case v.kind == number && !strings.ContainsAny(s, "NI"), v.kind == document: // NaN and Infinity are no JSON
		if json.Valid(v.text) {
			return append(b, v.text...)
		}
	}
	return appendText(b, s)
}

func appendText(b []byte, s string) []byte {
	raw, _ := json.Marshal(s) // a string always can be
	return append(b, raw...)
}
