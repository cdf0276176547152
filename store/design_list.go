package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lapak/store/sqlite"
)

// DesignsByName lists designs without their JSON by their names, A before Z in
// any case. It walks through all designs: with an index on the names each saved
// design would cost more, for a list of 10,000 that takes two milliseconds.
func (v *View) DesignsByName(f DesignFilter, p Page) ([]Design, Cursor, error) {
	if err := f.clean(); err != nil {
		return nil, Cursor{}, err
	}
	if p.After.IsZero() {
		p.After = Cursor{orderNames, 0, 0, ""}
	}
	limit, last, err := p.start(orderNames)
	if err != nil {
		return nil, Cursor{}, err
	}
	items, more := make([]Design, 0, limit), false
	args := []any{last.name, last.n, limit + 1, f.ProductID, f.Owner, containing(f.Text), since(f.From), since(f.To)}
	err = v.c.Query(f.byName(p.After), args, func(r *sqlite.Row) error {
		if more = len(items) == limit; !more {
			d := scanDesign(r)
			items, last = append(items, d), Cursor{orderNames, 0, d.n, d.Name}
		}
		return nil
	})
	if err != nil {
		return nil, Cursor{}, fmt.Errorf("list designs by name: %w", err)
	}
	if !more {
		last = Cursor{}
	}
	return items, last, nil
}

// byName asks each row for what is wanted alone: thousands are asked.
func (f DesignFilter) byName(after Cursor) string {
	where := ""
	for _, w := range []struct {
		on  bool
		sql string
	}{
		{after.name != "", " AND (d.name COLLATE NOCASE, d.n) > (?1, ?2)"},
		{f.ProductID != "", " AND d.product_id = ?4"},
		{f.Owner != nil, " AND d.owner = ?5"},
		{f.Shoppers, " AND d.owner <> ''"},
		{f.Template != nil && *f.Template, " AND d.is_template = 1"},
		{f.Template != nil && !*f.Template, " AND d.is_template = 0"},
		{!f.From.IsZero(), " AND d.updated_at >= ?7"},
		{!f.To.IsZero(), " AND d.updated_at < ?8"},
		{f.Text != "", " AND " + like("d.name", "?6", f.Text)},
	} {
		if w.on {
			where += w.sql
		}
	}
	return "SELECT /* whole table, sorted */ " + designColumns + " FROM designs d NOT INDEXED WHERE true" + where +
		" ORDER BY d.name COLLATE NOCASE, d.n LIMIT ?3"
}

// Users are the designs and configs that name something.
type Users struct {
	Designs []Design // at most 24, without their JSON, the last changed first
	Configs []Config // at most 24
	More    bool     // there may be more: not all were looked at, or not all are listed
}

// usersMost bounds what UsersOf lists of a kind.
const usersMost = 24

// UsersOf looks through the JSON of the most last changed designs, and of all
// configs, for an asset's id or for "asset:" and its name. JSON has no index:
// 1,000 designs of 10 KB take about 12 ms.
func (v *View) UsersOf(a Asset, most int) (u Users, err error) {
	name, err := json.Marshal("asset:" + a.Name)
	if err != nil {
		return u, fmt.Errorf("look for users: %w", err)
	}
	marks := []string{a.ID, strings.Trim(string(name), `"`)}
	uses := func(text string) bool {
		return strings.Contains(text, marks[0]) || strings.Contains(text, marks[1]+`"`)
	}
	if err := v.designsUsing(&u, marks, uses, most); err != nil {
		return u, err
	}
	return u, v.configsUsing(&u, uses)
}

func (v *View) designsUsing(u *Users, marks []string, uses func(string) bool, most int) error {
	var at, n int64
	more, err := v.c.One("SELECT updated_at, n FROM designs INDEXED BY designs_updated WHERE updated_at >= 0 ORDER BY updated_at DESC, n DESC LIMIT 1 OFFSET ?1",
		[]any{most}, func(r *sqlite.Row) { at, n = r.Int(0), r.Int(1) })
	if err != nil {
		return fmt.Errorf("look for designs: %w", err)
	}
	u.More = more
	err = v.c.Query("SELECT "+designColumns+`, j.json FROM designs d INDEXED BY designs_updated CROSS JOIN design_json j ON j.n = d.n
		WHERE (d.updated_at, d.n) > (?1, ?2) AND (j.json LIKE ?3 ESCAPE '\' OR j.json LIKE ?4 ESCAPE '\') ORDER BY d.updated_at DESC, d.n DESC`,
		[]any{at, n, containing(marks[0]), containing(marks[1])}, func(r *sqlite.Row) error {
			switch { // LIKE knows no case
			case !uses(r.Text(9)):
			case len(u.Designs) == usersMost:
				u.More = true
			default:
				u.Designs = append(u.Designs, scanDesign(r))
			}
			return nil
		})
	if err != nil {
		return fmt.Errorf("look for designs: %w", err)
	}
	return nil
}

func (v *View) configsUsing(u *Users, uses func(string) bool) error {
	for after := (Cursor{}); ; {
		configs, next, err := v.Configs(Page{Limit: maxLimit, After: after})
		if err != nil {
			return err
		}
		for _, c := range configs {
			switch {
			case !uses(string(c.Config)):
			case len(u.Configs) == usersMost:
				u.More = true
			default:
				u.Configs = append(u.Configs, c)
			}
		}
		if after = next; next.IsZero() {
			return nil
		}
	}
}

// ProductTitle is a product that has a config, and what it is called; "" if that
// is not known.
type ProductTitle struct{ ProductID, Title string }

// ProductTitles are the products that have a config, at most so many, those
// whose config was changed last first.
func (v *View) ProductTitles(most int) ([]ProductTitle, error) {
	var all []ProductTitle
	err := v.c.Query("SELECT /* whole table */ product_id, title FROM configs INDEXED BY configs_updated ORDER BY updated_at DESC, n DESC LIMIT ?1",
		[]any{most}, func(r *sqlite.Row) error {
			all = append(all, ProductTitle{r.Text(0), r.Text(1)})
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	return all, nil
}

// Since counts what happened to designs since a moment.
type Since struct {
	Changed int64 // those that were there then
	Made    int64
	Deleted int64
}

// DesignsSince counts the designs that were changed, made and deleted at or
// after a moment.
func (v *View) DesignsSince(t time.Time) (n Since, err error) {
	_, err = v.c.One("SELECT count(*), coalesce(sum(created_at >= ?1), 0) FROM designs INDEXED BY designs_updated WHERE updated_at >= ?1",
		[]any{since(t)}, func(r *sqlite.Row) { n.Changed, n.Made = r.Int(0)-r.Int(1), r.Int(1) })
	if err != nil {
		return n, fmt.Errorf("count changed designs: %w", err)
	}
	n.Deleted, err = v.c.Int("SELECT count(*) FROM audit INDEXED BY audit_action WHERE action = 'DELETE' AND created_at >= ?1 AND resource = 'design'", since(t))
	if err != nil {
		return n, fmt.Errorf("count deleted designs: %w", err)
	}
	return n, nil
}
