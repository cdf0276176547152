package tenants

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lapak/store/catalog"
	"lapak/store/sqlite"
)

// contents is what one shop's file holds.
type contents struct {
	Designs map[string]int64 // version by id
	Names   string           // of the designs, in the order they were made
	Deleted map[string]bool  // designs of which only the audit log tells
	Changes int              // audit entries of designs
	Faults  []string         // rules of the file that do not hold
	Sum     string           // of the canonical dump
}

// read looks into every shop's file; with a folder it writes each one's dump there.
func (c *child) read(ctx context.Context, folder string) (map[string]*contents, error) {
	shops, err := c.pool.Catalog().Shops(ctx, catalog.Filter{}, catalog.Page{Limit: 1000})
	if err != nil {
		return nil, err
	}
	all := map[string]*contents{}
	for _, s := range shops {
		l, err := c.pool.Acquire(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		got := &contents{Designs: map[string]int64{}, Deleted: map[string]bool{}, Faults: []string{}}
		err = l.tenant.db.DB.Snapshot(ctx, "look", func(conn *sqlite.Conn) error { return got.read(conn, folder, s.Name.String()) })
		l.Release()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		all[s.Name.String()] = got
	}
	return all, nil
}

func (got *contents) read(c *sqlite.Conn, folder, name string) error {
	err := c.Query("SELECT id, version, name FROM designs ORDER BY n", nil, func(r *sqlite.Row) error {
		got.Designs[r.Text(0)] = r.Int(1)
		got.Names = strings.TrimSpace(got.Names + " " + r.Text(2))
		return nil
	})
	if err != nil {
		return err
	}
	err = c.Query(`SELECT resource_id, sum(action = 'CREATE'), sum(action = 'UPDATE'), sum(action = 'DELETE'), count(*)
		FROM audit WHERE resource = 'design' GROUP BY resource_id`, nil, func(r *sqlite.Row) error {
		got.audited(r.Text(0), r.Int(1), r.Int(2), r.Int(3))
		got.Changes += int(r.Int(4))
		return nil
	})
	if err != nil {
		return err
	}
	for _, rule := range []struct{ broken, sql string }{
		{"designs without an audit entry", "SELECT count(*) FROM designs WHERE id NOT IN (SELECT resource_id FROM audit WHERE resource = 'design')"},
		{"designs without JSON", "SELECT count(*) FROM designs WHERE n NOT IN (SELECT n FROM design_json)"},
		{"designs counted too many or too few", `SELECT (SELECT count(*) FROM designs) -
			(SELECT designs FROM usage ORDER BY month DESC LIMIT 1)`},
	} {
		if n, err := c.Int(rule.sql); err != nil {
			return err
		} else if n != 0 {
			got.Faults = append(got.Faults, fmt.Sprintf("%d %s", n, rule.broken))
		}
	}
	text, err := dump(c)
	if err != nil {
		return err
	}
	got.Sum = fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	if folder == "" {
		return nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, name+".txt"), []byte(text), 0o600)
}

// audited checks a design against its audit entries: exactly one per change.
func (got *contents) audited(id string, created, updated, deleted int64) {
	version, there := got.Designs[id]
	ok := created == 1 && there && deleted == 0 && updated == version-1
	if !there {
		got.Deleted[id] = true
		ok = created == 1 && deleted == 1
	}
	if !ok {
		got.Faults = append(got.Faults, fmt.Sprintf("design %s, there: %t, version %d, was audited %d times as created, %d as updated, %d as deleted",
			id, there, version, created, updated, deleted))
	}
}

// dump is a file's whole content as text, without what replication adds.
func dump(c *sqlite.Conn) (string, error) {
	var out strings.Builder
	var tables []string
	err := c.Query(`SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '\_litestream\_%' ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
		ORDER BY type DESC, name`, nil, func(r *sqlite.Row) error {
		if out.WriteString(r.Text(1) + "\n"); strings.HasPrefix(r.Text(1), "CREATE TABLE") {
			tables = append(tables, r.Text(0))
		}
		return nil
	})
	for _, table := range tables {
		if err == nil {
			err = dumpTable(c, &out, table)
		}
	}
	return out.String(), err
}

func dumpTable(c *sqlite.Conn, out *strings.Builder, table string) error {
	var columns []string
	err := c.Query("SELECT name FROM pragma_table_info(?1)", []any{table}, func(r *sqlite.Row) error {
		columns = append(columns, "quote("+r.Text(0)+")")
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "-- %s\n", table)
	return c.Query("SELECT "+strings.Join(columns, "||' '||")+" FROM "+table+" ORDER BY 1", nil, func(r *sqlite.Row) error {
		out.WriteString(r.Text(0) + "\n")
		return nil
	})
}
