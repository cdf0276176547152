package store

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"lapak/store/sqlite"
)

// Digest is a hash of all that the file says: its schema and every row of every
// table. Files of the same digest hold the same, however it lies in their pages.
// Call it in a Snapshot. Litestream's own tables are left out.
func (v *View) Digest() (string, error) {
	sum := sha256.New()
	d := digester{c: v.c, w: bufio.NewWriterSize(sum, 64<<10)}
	err := d.tables()
	if err == nil {
		err = d.w.Flush()
	}
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

type digester struct {
	c *sqlite.Conn
	w *bufio.Writer
}

func (d digester) tables() error {
	var objects [][3]string // type, name, SQL
	err := d.c.Query("SELECT /* whole table */ type, name, coalesce(sql, '') FROM sqlite_schema", nil, func(r *sqlite.Row) error {
		if !strings.HasPrefix(r.Text(1), "_litestream_") {
			objects = append(objects, [3]string{r.Text(0), r.Text(1), r.Text(2)})
		}
		return nil
	})
	slices.SortFunc(objects, func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
	for _, o := range objects {
		d.text(o[0])
		d.text(o[1])
		d.text(o[2])
		if err == nil && o[0] == "table" {
			err = d.table(o[1])
		}
	}
	return err
}

// table reads the rows as they lie in the table itself, which is in order of its
// key.
func (d digester) table(name string) error {
	columns, err := d.c.Int("SELECT /* whole table */ count(*) FROM pragma_table_info(?1)", name)
	if err != nil {
		return err
	}
	d.text(name)
	return d.c.Query(`SELECT /* whole table */ * FROM "`+name+`" NOT INDEXED`, nil, func(r *sqlite.Row) error {
		d.row(r, int(columns))
		return nil
	})
}

// row writes each value with its kind and length, so that no two rows write the
// same.
func (d digester) row(r *sqlite.Row, columns int) {
	for i := range columns {
		switch value := r.Value(i).(type) {
		case nil:
			d.number('n', 0)
		case int64:
			d.number('i', uint64(value))
		case float64:
			d.number('f', math.Float64bits(value))
		case string:
			d.text(value)
		case []byte:
			d.number('b', uint64(len(value)))
			_, _ = d.w.Write(value) // a hash never fails
		}
	}
}

func (d digester) text(s string) {
	d.number('t', uint64(len(s)))
	_, _ = d.w.WriteString(s)
}

func (d digester) number(kind byte, n uint64) {
	_, _ = d.w.Write(binary.BigEndian.AppendUint64([]byte{kind}, n))
}
