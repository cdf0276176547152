package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// FleetOrder is what a list of the fleet is sorted by, the name coming second.
type FleetOrder string

// The orders. "" is FleetByName.
const (
	FleetByName   FleetOrder = "name"
	FleetBySize   FleetOrder = "size"
	FleetByActive FleetOrder = "active" // by when the shop was last active
	FleetByPlan   FleetOrder = "plan"   // the smallest first
)

// FleetFilter chooses shops for the operator. What is empty does not restrict.
type FleetFilter struct {
	Filter
	Failing bool         // only shops that cannot be replicated, or whose drill found something wrong
	Among   []store.Shop // only these; nil: all
	Except  []store.Shop // none of these
}

// FleetPage is a part of a sorted list.
type FleetPage struct {
	Order   FleetOrder
	Reverse bool
	Offset  int
	Limit   int // at most so many; 0 means 50, and 1,000 is the most
}

// Fleet returns the shops that f chooses, sorted, from the catalog alone.
func (db *DB) Fleet(ctx context.Context, f FleetFilter, p FleetPage) ([]Shop, error) {
	limit := min(p.Limit, 1000)
	if limit <= 0 {
		limit = 50
	}
	where, args, err := f.where()
	if err != nil {
		return nil, err
	}
	return list(ctx, db, "list fleet", selectShops+where+p.orderBy()+" LIMIT ?1 OFFSET ?2",
		append([]any{limit, max(p.Offset, 0)}, args...), scanShop)
}

// CountFleet is how many shops f chooses.
func (db *DB) CountFleet(ctx context.Context, f FleetFilter) (n int, err error) {
	where, args, err := f.where()
	if err != nil {
		return 0, err
	}
	err = db.db.Read(ctx, "count fleet", func(c *sqlite.Conn) error {
		count, err := c.Int("SELECT count(*) FROM shops s "+where, append([]any{nil, nil}, args...)...)
		n = int(count)
		return err
	})
	return n, err
}

// where names only the conditions that restrict, so that an index can be chosen
// for those. Its arguments begin at ?3.
func (f FleetFilter) where() (sql string, args []any, err error) {
	var terms []string
	term := func(text string, arg any) {
		args = append(args, arg)
		terms = append(terms, fmt.Sprintf(text, len(args)+2))
	}
	if search := strings.ToLower(strings.TrimSpace(f.Search)); search != "" {
		term("instr(s.name, ?%d) > 0", search)
	}
	if f.State != "" {
		term("s.state = ?%d", string(f.State))
	}
	if f.Plan != "" {
		term("s.plan = ?%d", f.Plan)
	}
	if f.Failing {
		terms = append(terms, "(s.failures > 0 OR s.drill_error <> '')")
	}
	for text, shops := range map[string][]store.Shop{
		"s.name IN (SELECT value FROM json_each(?%d))":     f.Among,
		"s.name NOT IN (SELECT value FROM json_each(?%d))": f.Except,
	} {
		if shops == nil {
			continue
		}
		names, err := json.Marshal(shops)
		if err != nil {
			return "", nil, fmt.Errorf("list fleet: %w", err)
		}
		term(text, string(names))
	}
	if len(terms) > 0 {
		sql = "WHERE " + strings.Join(terms, " AND ")
	}
	return sql, args, nil
}

func (p FleetPage) orderBy() string {
	way := ""
	if p.Reverse {
		way = " DESC"
	}
	column := ""
	switch p.Order {
	case FleetBySize:
		column = "s.size_bytes"
	case FleetByActive:
		column = "s.last_active_at"
	case FleetByPlan:
		column = "p.position"
	default:
		return " ORDER BY s.name" + way
	}
	return " ORDER BY " + column + way + ", s.name" + way
}

const failedJobsSQL = selectJobs + `WHERE finished_at IS NOT NULL AND finished_at >= ?1 AND state = 'failed'
	ORDER BY finished_at DESC LIMIT ?2`

// FailedJobs returns at most limit jobs of all shops that failed since a moment,
// the newest failure first.
func (db *DB) FailedJobs(ctx context.Context, since time.Time, limit int) ([]Job, error) {
	return list(ctx, db, "list failed jobs", failedJobsSQL, []any{since.UnixMilli(), max(limit, 0)}, scanJob)
}
