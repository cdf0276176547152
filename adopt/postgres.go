package adopt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// postgres is a PostgreSQL database at the moment of an exported snapshot.
type postgres struct {
	config   *pgconn.Config
	schema   string // "": those of the search path
	address  string
	first    *pgReader // holds the snapshot
	snapshot string
	more     []*pgReader
}

const (
	pgTimeout = 30 * time.Second // to connect
	pgBuffer  = 256 << 10        // the default of 8 KiB is a call of the system for each row
)

// beginSQL opens one reading transaction; nothing may end it early.
const beginSQL = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
	SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
	SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1`

func openPostgres(ctx context.Context, address string) (*postgres, error) {
	clean, schema, err := withoutPrisma(address)
	if err != nil {
		return nil, err
	}
	p := &postgres{schema: schema}
	if p.config, err = pgconn.ParseConfig(clean); err != nil {
		return nil, fmt.Errorf("%w: the address: %w", ErrSource, err)
	}
	p.address = fmt.Sprintf("postgres://%s@%s/%s", p.config.User, p.config.Host, p.config.Database)
	if p.first, err = p.connect(ctx); err != nil {
		return nil, err
	}
	if err = p.first.exec(ctx, beginSQL); err == nil {
		p.snapshot, err = p.first.one(ctx, "SELECT pg_export_snapshot()")
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("%w: begin a snapshot: %w", ErrSource, err)
	}
	return p, nil
}

// withoutPrisma takes out of an address what Prisma alone understands
// (https://www.prisma.io/docs/orm/overview/databases/postgresql) and returns its schema.
func withoutPrisma(address string) (clean, schema string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", fmt.Errorf("%w: the address is not a URL", ErrSource) // its text may hold a password
	}
	q := u.Query()
	schema = q.Get("schema")
	for _, name := range []string{"schema", "connection_limit", "pool_timeout", "socket_timeout", "pgbouncer",
		"statement_cache_size", "sslaccept", "sslidentity", "options"} {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u.String(), schema, nil
}

func (p *postgres) connect(ctx context.Context) (*pgReader, error) {
	ctx, cancel := context.WithTimeout(ctx, pgTimeout)
	defer cancel()
	p.config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, pgBuffer), w)
	}
	conn, err := pgconn.ConnectConfig(ctx, p.config)
	if err != nil {
		return nil, fmt.Errorf("%w: connect: %w", ErrSource, err)
	}
	return &pgReader{conn}, nil
}

func (p *postgres) name() string { return p.address }

func (p *postgres) close() {
	ctx, cancel := context.WithTimeout(context.Background(), pgTimeout)
	defer cancel()
	for _, r := range append(p.more, p.first) {
		_ = r.conn.Close(ctx) // it only read
	}
	p.more = nil
}

// readers are connections that see the first one's snapshot.
func (p *postgres) readers(ctx context.Context, most int) ([]reader, error) {
	var all []reader
	for range most {
		r, err := p.connect(ctx)
		if err != nil && len(all) > 0 {
			return all, nil // the server allows no more
		} else if err != nil {
			return nil, err
		}
		p.more = append(p.more, r)
		err = r.exec(ctx, beginSQL)
		if err == nil {
			// The snapshot must be set before the transaction's first query.
			err = r.exec(ctx, "SET TRANSACTION SNAPSHOT '"+p.snapshot+"'")
		}
		if err != nil {
			return nil, fmt.Errorf("%w: share the snapshot: %w", ErrSource, err)
		}
		all = append(all, r)
	}
	return all, nil
}

const columnsSQL = `SELECT n.nspname, c.relname, a.attname, t.typname, c.relkind
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	JOIN pg_type t ON t.oid = a.atttypid
	WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND CASE WHEN $1 = '' THEN n.nspname = ANY (current_schemas(false)) ELSE n.nspname = $1 END
	ORDER BY n.nspname, c.relname, a.attnum`

func (p *postgres) tables(ctx context.Context) ([]*table, error) {
	var all []*table
	var last *table
	err := p.first.query(ctx, columnsSQL, [][]byte{[]byte(p.schema)}, func(v [][]byte) error {
		schema, name := string(v[0]), string(v[1])
		if last == nil || last.schema != schema || last.name != name {
			if kind := string(v[4]); kind != "r" {
				if modelOf(name) != nil {
					return fmt.Errorf("%w: %s.%s is no plain table (kind %s); point to the tables below it", ErrSource, schema, name, kind)
				}
				return nil
			}
			last = &table{schema: schema, name: name}
			all = append(all, last)
		}
		last.columns = append(last.columns, column{string(v[2]), pgKind(string(v[3]))})
		return nil
	})
	return all, err
}

func pgKind(typ string) kind {
	switch typ {
	case "int2", "int4", "int8", "float4", "float8", "numeric", "oid":
		return number
	case "bool":
		return boolean
	case "json", "jsonb":
		return document
	}
	return text
}

// places are the rows' addresses in the table. They stay what they are as long
// as the snapshot is held, so that no index on the shop is needed.
func (p *postgres) places(ctx context.Context, t *table, each func(value, int64) error) error {
	sql := "SELECT ctid, " + t.list([]int{t.shop}) + " FROM " + t.quoted()
	return p.first.query(ctx, sql, nil, func(v [][]byte) error {
		place, err := parsePlace(v[0])
		if err != nil {
			return err
		}
		return each(pgValue(t.columns[t.shop].kind, v[1]), place)
	})
}

// parsePlace reads "(block,offset)".
func parsePlace(raw []byte) (int64, error) {
	block, offset, ok := strings.Cut(strings.Trim(string(raw), "()"), ",")
	b, err1 := strconv.ParseUint(block, 10, 32)
	o, err2 := strconv.ParseUint(offset, 10, 16)
	if !ok || err1 != nil || err2 != nil {
		return 0, fmt.Errorf("%w: a row's address %q", ErrSource, raw)
	}
	return int64(b<<16 | o), nil
}

func pgValue(k kind, raw []byte) value {
	if raw == nil {
		return value{}
	}
	return value{k, raw}
}

type pgReader struct{ conn *pgconn.PgConn }

func (r *pgReader) exec(ctx context.Context, sql string) error {
	return r.conn.Exec(ctx, sql).Close()
}

func (r *pgReader) one(ctx context.Context, sql string) (result string, err error) {
	err = r.query(ctx, sql, nil, func(v [][]byte) error { result = string(v[0]); return nil })
	return result, err
}

// query calls each with every row as text; it is valid until each returns.
func (r *pgReader) query(ctx context.Context, sql string, args [][]byte, each func([][]byte) error) error {
	result := r.conn.ExecParams(ctx, sql, args, nil, nil, nil)
	var err error
	for result.NextRow() { // to the end, whatever each says: others need the connection
		if err == nil {
			err = each(result.Values())
		}
	}
	if _, closeErr := result.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("%w: %w", ErrSource, closeErr)
	}
	return err
}

func (r *pgReader) rows(ctx context.Context, t *table, columns []int, places []int64, each func(int64, []value) error) error {
	sql := "SELECT ctid, " + t.list(columns) + " FROM " + t.quoted() + " WHERE ctid = ANY ($1::tid[])"
	values := make([]value, len(columns))
	return r.query(ctx, sql, [][]byte{placesArray(places)}, func(v [][]byte) error {
		place, err := parsePlace(v[0])
		if err != nil {
			return err
		}
		for i, c := range columns {
			values[i] = pgValue(t.columns[c].kind, v[i+1])
		}
		return each(place, values)
	})
}

func placesArray(places []int64) []byte {
	a := make([]byte, 0, 16*len(places)+2)
	a = append(a, '{')
	for i, p := range places {
		if i > 0 {
			a = append(a, ',')
		}
		a = append(a, `"(`...)
		a = strconv.AppendInt(a, p>>16, 10)
		a = append(a, ',')
		a = strconv.AppendInt(a, p&0xffff, 10)
		a = append(a, `)"`...)
	}
	return append(a, '}')
}

// isCanceled says whether an error only tells that the work was stopped.
func isCanceled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
