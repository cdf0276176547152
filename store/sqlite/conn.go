package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Conn is one connection, lent to the function that Read, Snapshot or Write
// runs and to nobody after it.
type Conn struct {
	raw   driver.Conn
	ctx   context.Context // the reader's; nil on the writer, whose batch always ends
	stmts map[string]*stmt
	args  []driver.NamedValue
}

type stmt struct {
	driver.Stmt
	row  Row
	busy bool // its rows are being read, so it cannot start again
}

func newConn(raw driver.Conn) *Conn {
	return &Conn{raw: raw, stmts: make(map[string]*stmt)}
}

// Exec runs one statement and returns how many rows it changed.
func (c *Conn) Exec(sql string, args ...any) (int64, error) {
	st, err := c.prepare(sql)
	if err != nil {
		return 0, err
	}
	res, err := st.Stmt.(driver.StmtExecContext).ExecContext(c.context(), c.bind(args))
	if err != nil {
		return 0, wrap(err)
	}
	return res.RowsAffected()
}

// Query runs one statement and calls each with every row; each's error ends it.
// The row is valid until each returns. No row is no error: Row.One tells.
func (c *Conn) Query(sql string, args []any, each func(*Row) error) (err error) {
	st, err := c.prepare(sql)
	if err != nil {
		return err
	}
	st.busy = true
	defer func() { st.busy = false }()
	rows, err := st.Stmt.(driver.StmtQueryContext).QueryContext(c.context(), c.bind(args))
	if err != nil {
		return wrap(err)
	}
	// Also when each panics: a statement left open keeps its transaction open.
	defer func() {
		if closeErr := rows.Close(); err == nil && closeErr != nil {
			err = wrap(closeErr)
		}
	}()
	return c.each(rows, &st.row, each)
}

func (c *Conn) each(rows driver.Rows, row *Row, each func(*Row) error) error {
	if n := len(rows.Columns()); len(row.v) != n {
		row.v = make([]driver.Value, n)
	}
	for {
		// The driver interrupts the first step only, so the later ones look here.
		if c.ctx != nil && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		if err := rows.Next(row.v); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return wrap(err)
		}
		if err := each(row); err != nil {
			return err
		}
	}
}

// One runs a statement that yields at most one row of interest and says whether
// there was one.
func (c *Conn) One(sql string, args []any, scan func(*Row)) (bool, error) {
	found := false
	err := c.Query(sql, args, func(r *Row) error {
		if !found {
			scan(r)
		}
		found = true
		return nil
	})
	return found, err
}

// Int runs a statement that yields one number, e.g. a count; no row is 0.
func (c *Conn) Int(sql string, args ...any) (int64, error) {
	var n int64
	_, err := c.One(sql, args, func(r *Row) { n = r.Int(0) })
	return n, err
}

func (c *Conn) context() context.Context {
	if c.ctx != nil {
		return c.ctx
	}
	return context.Background()
}

// prepare returns the statement for sql, compiled once per connection; all SQL
// is written in the program, so the set is small.
func (c *Conn) prepare(sql string) (*stmt, error) {
	if st, ok := c.stmts[sql]; ok && !st.busy {
		return st, nil
	} else if ok {
		return nil, fmt.Errorf("statement is already being read: %s", sql)
	}
	s, err := c.raw.Prepare(sql)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", sql, wrap(err))
	}
	st := &stmt{Stmt: s}
	c.stmts[sql] = st
	return st, nil
}

// Statements returns the texts of all statements prepared so far, in no order:
// the place to look at their query plans.
func (c *Conn) Statements() []string { return slices.Collect(maps.Keys(c.stmts)) }

// script runs several statements without keeping them.
func (c *Conn) script(sql string) error {
	s, err := c.raw.Prepare(sql)
	if err != nil {
		return wrap(err)
	}
	_, err = s.(driver.StmtExecContext).ExecContext(context.Background(), nil)
	return wrap(errors.Join(err, s.Close()))
}

// Script runs SQL text of several statements, such as a schema.
func (c *Conn) Script(sql string) error { return c.script(sql) }

func (c *Conn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, a := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: value(a)})
	}
	return c.args
}

// value turns a Go value into one of the driver's own kinds.
func value(a any) driver.Value {
	switch v := a.(type) {
	case int:
		return int64(v)
	case uint32:
		return int64(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case *string:
		if v == nil {
			return nil
		}
		return *v
	case *int64:
		if v == nil {
			return nil
		}
		return *v
	}
	return a
}

func (c *Conn) close() error {
	var errs []error
	for _, st := range c.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// Row is the current row of a Query. Columns count from 0; NULL reads as the
// zero value unless Null is asked first.
type Row struct{ v []driver.Value }

// Null says whether column i is NULL.
func (r *Row) Null(i int) bool { return r.v[i] == nil }

// Int is column i as a number.
func (r *Row) Int(i int) int64 {
	n, _ := r.v[i].(int64)
	return n
}

// Float is column i as a real number, an integer included.
func (r *Row) Float(i int) float64 {
	if n, ok := r.v[i].(int64); ok {
		return float64(n)
	}
	f, _ := r.v[i].(float64)
	return f
}

// Bool is column i as a truth value: not 0.
func (r *Row) Bool(i int) bool { return r.Int(i) != 0 }

// Text is column i as text, a BLOB included.
func (r *Row) Text(i int) string {
	switch v := r.v[i].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// Bytes is column i as bytes of the caller's own, text included.
func (r *Row) Bytes(i int) []byte {
	switch v := r.v[i].(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	}
	return nil
}

// Value is column i as the driver gave it: int64, float64, string, []byte or nil.
func (r *Row) Value(i int) any { return r.v[i] }

// TextPtr is column i as text, or nil where it is NULL.
func (r *Row) TextPtr(i int) *string {
	if r.Null(i) {
		return nil
	}
	s := r.Text(i)
	return &s
}

// IntPtr is column i as a number, or nil where it is NULL.
func (r *Row) IntPtr(i int) *int64 {
	if r.Null(i) {
		return nil
	}
	n := r.Int(i)
	return &n
}
