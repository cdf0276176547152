package adopt

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"lapak/store/sqlite"
)

// sqliteSource is an SQLite file in one reading transaction.
type sqliteSource struct {
	db   *sqlite.DB
	path string
	conn *sqlite.Conn
	end  chan struct{} // closed when the transaction may end
	over chan error
}

func openSQLite(ctx context.Context, path string) (*sqliteSource, error) {
	s := &sqliteSource{db: sqlite.Open(path, sqlite.Options{Readers: 1}), path: path, end: make(chan struct{}), over: make(chan error, 1)}
	begun := make(chan *sqlite.Conn, 1)
	go func() {
		s.over <- s.db.Snapshot(ctx, "adopt", func(c *sqlite.Conn) error {
			if _, err := c.Int("SELECT count(*) FROM sqlite_schema"); err != nil { // the snapshot begins with the first look
				return err
			}
			begun <- c
			<-s.end
			return nil
		})
	}()
	select {
	case s.conn = <-begun:
		return s, nil
	case err := <-s.over:
		return nil, fmt.Errorf("%w: %w", ErrSource, errors.Join(err, s.db.Close()))
	}
}

func (s *sqliteSource) name() string { return "sqlite:" + s.path }

func (s *sqliteSource) close() {
	close(s.end)
	<-s.over
	_ = s.db.Close() // it only read
}

// readers is one: a transaction of SQLite's belongs to one connection.
func (s *sqliteSource) readers(context.Context, int) ([]reader, error) { return []reader{s}, nil }

func (s *sqliteSource) tables(context.Context) ([]*table, error) {
	var all []*table
	var last *table
	err := s.conn.Query(`SELECT m.name, c.name, lower(c.type) FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, c.cid`, nil, func(r *sqlite.Row) error {
		if last == nil || last.name != r.Text(0) {
			last = &table{name: r.Text(0)}
			all = append(all, last)
		}
		declared := text
		if strings.Contains(r.Text(2), "json") {
			declared = document
		}
		last.columns = append(last.columns, column{r.Text(1), declared})
		return nil
	})
	return all, err
}

func (s *sqliteSource) places(_ context.Context, t *table, each func(value, int64) error) error {
	return s.conn.Query("SELECT rowid, "+t.list([]int{t.shop})+" FROM "+t.quoted(), nil, func(r *sqlite.Row) error {
		return each(sqliteValue(r.Value(1)), r.Int(0))
	})
}

func (s *sqliteSource) rows(ctx context.Context, t *table, columns []int, places []int64, each func(int64, []value) error) error {
	sql := "SELECT " + t.list(columns) + " FROM " + t.quoted() + " WHERE rowid = ?1"
	values := make([]value, len(columns))
	for _, place := range places {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.conn.Query(sql, []any{place}, func(r *sqlite.Row) error {
			for i := range columns {
				values[i] = sqliteValue(r.Value(i))
			}
			return each(place, values)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func sqliteValue(v any) value {
	switch v := v.(type) {
	case int64:
		return value{number, strconv.AppendInt(nil, v, 10)}
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return value{text, strconv.AppendFloat(nil, v, 'g', -1, 64)}
		}
		return value{number, strconv.AppendFloat(nil, v, 'g', -1, 64)}
	case string:
		return value{text, []byte(v)}
	case []byte:
		return value{text, []byte(`\x` + hex.EncodeToString(v))}
	}
	return value{}
}
