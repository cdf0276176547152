package store

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"lapak/store/sqlite"
)

// Export writes {"designs":[…],"assets":[…],"configs":[…]}, designs with their
// JSON, one row in memory at a time. Sessions and other secrets are not in it.
// Use a Snapshot, so that all is of one moment; it lasts as long as w takes.
func (v *View) Export(w io.Writer) error {
	buf := bufio.NewWriterSize(w, 64<<10)
	for _, part := range []struct {
		open, sql string
		scan      func(*sqlite.Row) any
	}{
		{`{"designs":[`, "SELECT /* whole table */ " + designColumns + ", j.json FROM designs d JOIN design_json j ON j.n = d.n ORDER BY d.n DESC",
			func(r *sqlite.Row) any { return scanWholeDesign(r) }},
		{`],"assets":[`, "SELECT /* whole table */ " + assetColumns + " FROM assets ORDER BY n DESC",
			func(r *sqlite.Row) any { return scanAsset(r) }},
		{`],"configs":[`, "SELECT /* whole table */ " + configColumns + " FROM configs ORDER BY n DESC",
			func(r *sqlite.Row) any { return scanConfig(r) }},
	} {
		if _, err := buf.WriteString(part.open); err != nil {
			return fmt.Errorf("export: %w", err)
		}
		if err := v.exportRows(buf, part.sql, part.scan); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	if _, err := buf.WriteString("]}\n"); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return buf.Flush()
}

func (v *View) exportRows(w *bufio.Writer, sql string, scan func(*sqlite.Row) any) error {
	rows := json.NewEncoder(w)
	rows.SetEscapeHTML(false)
	first := true
	return v.c.Query(sql, nil, func(r *sqlite.Row) error {
		if !first {
			if err := w.WriteByte(','); err != nil {
				return err
			}
		}
		first = false
		return rows.Encode(scan(r))
	})
}
