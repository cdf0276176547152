package adopt

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"sync"
	"time"

	"lapak/store"
)

// What became of a shop.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
	Checked   = "checked" // by a dry run
	Refused   = "refused" // it was here already, or was changed here
	Failed    = "failed"
)

// Report says what was read, written and found equal.
type Report struct {
	Source   string           `json:"source"`
	DryRun   bool             `json:"dryRun"`
	Follow   bool             `json:"follow"`
	At       time.Time        `json:"at"` // of the state that was read
	Seconds  float64          `json:"seconds"`
	Rate     float64          `json:"rowsPerSecond"`
	Equal    bool             `json:"equal"` // every shop is here as it is there, but for rejected rows
	Tables   []Count          `json:"tables"`
	Shops    []ShopReport     `json:"shops"`
	Rejected map[string]int64 `json:"rejected"` // by table and reason
	// Unknown are the columns that have no place and are kept in extra.
	Unknown map[string][]string `json:"unknownColumns"`
	// Ignored are the source's other tables.
	Ignored []string `json:"ignoredTables"`
}

// ShopReport is what became of one shop.
type ShopReport struct {
	Shop    store.Shop `json:"shop"`
	Outcome string     `json:"outcome"`
	Problem string     `json:"problem,omitempty"`
	Plan    string     `json:"plan,omitempty"`
	Equal   bool       `json:"equal"`
	Tables  []Count    `json:"tables"`
}

// Count is one table's rows. Read is Written and Rejected together. Changed are
// those that this run inserted, changed or deleted. The hashes are of what was
// to be written and of what was read back from the file; "" in a dry run.
type Count struct {
	Table      string `json:"table"`
	Read       int64  `json:"read"`
	Written    int64  `json:"written"`
	Rejected   int64  `json:"rejected"`
	Changed    int64  `json:"changed"`
	SourceHash string `json:"sourceHash"`
	Hash       string `json:"hash"`
	Equal      bool   `json:"equal"`
}

// count is a Count in the making, by one worker at a time.
type count struct {
	table                   string
	read, rejected, changed int64
	source, kept            sum
}

func (c *count) report(dry bool) Count {
	r := Count{Table: c.table, Read: c.read, Written: c.kept.rows, Rejected: c.rejected, Changed: c.changed,
		SourceHash: c.source.String(), Hash: c.kept.String(), Equal: c.source == c.kept}
	if dry {
		r.Written, r.Hash, r.Equal = c.source.rows, "", true
	}
	return r
}

// rejects writes the rejected rows, a line of JSON each.
type rejects struct {
	mu       sync.Mutex
	to       io.Writer // nil: they are only counted
	byReason map[string]int64
}

// hiddenColumns are not written to the rejects: they stay in the source.
func hiddenColumns() map[string]bool {
	return map[string]bool{"accesstoken": true, "refreshtoken": true}
}

func (w *rejects) add(r row, shop, reason string) error {
	line, err := json.Marshal(struct {
		Table  string          `json:"table"`
		ID     string          `json:"id"`
		Shop   string          `json:"shop"` // as it is spelled
		Reason string          `json:"reason"`
		Row    json.RawMessage `json:"row"`
	}{r.t.model.name, r.text("id"), shop, reason, r.object(r.t.all, hiddenColumns())})
	if err != nil {
		return fmt.Errorf("rejects: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.byReason[r.t.model.name+": "+reason]++
	if w.to == nil {
		return nil
	}
	if _, err := w.to.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("rejects: %w", err)
	}
	return nil
}

// sumUp makes the report of what all shops' counts say, and of rows of no shop.
func (a *adoption) sumUp(all []*shop, strays []*count) {
	a.report.Equal = true
	totals := map[string]*count{}
	for _, t := range a.tables {
		totals[t.model.name] = &count{table: t.model.name}
	}
	for _, s := range all {
		one := ShopReport{Shop: s.name, Outcome: s.outcome, Problem: s.problem, Plan: s.plan, Tables: []Count{}}
		one.Equal = s.outcome != Failed && s.outcome != Refused
		for _, t := range a.tables {
			c := s.count(t.model.name)
			if len(t.byShop[s.raw]) == 0 && c.kept.rows == 0 {
				continue
			}
			r := c.report(a.opt.DryRun)
			one.Tables, one.Equal = append(one.Tables, r), one.Equal && r.Equal
			totals[t.model.name].add(c)
		}
		a.report.Equal = a.report.Equal && one.Equal
		a.report.Shops = append(a.report.Shops, one)
	}
	for _, c := range strays {
		totals[c.table].add(c)
	}
	for _, t := range a.tables {
		a.report.Tables = append(a.report.Tables, totals[t.model.name].report(a.opt.DryRun))
	}
	sort.Slice(a.report.Shops, func(i, j int) bool { return a.report.Shops[i].Shop.String() < a.report.Shops[j].Shop.String() })
}

func (c *count) add(o *count) {
	c.read += o.read
	c.rejected += o.rejected
	c.changed += o.changed
	c.source.addAll(o.source)
	c.kept.addAll(o.kept)
}
