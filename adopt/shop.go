package adopt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

// shop is one shop on its way.
type shop struct {
	name    store.Shop
	raw     string // as the source spells it
	counts  map[string]*count
	outcome string
	problem string
	plan    string
	extra   []byte // what the file has of its config
}

func newShop(name store.Shop, raw string) *shop {
	return &shop{name: name, raw: raw, counts: map[string]*count{}}
}

func (s *shop) count(table string) *count {
	c := s.counts[table]
	if c == nil {
		c = &count{table: table}
		s.counts[table] = c
	}
	return c
}

// errRefused says that a shop stays as it is here.
var errRefused = errors.New("it was left as it is")

// adopt brings one shop over, or up to date.
func (a *adoption) adopt(ctx context.Context, from reader, s *shop) {
	err := a.adoptShop(ctx, from, s)
	switch {
	case errors.Is(err, errRefused):
		s.outcome, s.problem = Refused, err.Error()
	case err != nil:
		s.outcome, s.problem = Failed, err.Error()
	}
	if err != nil && !isCanceled(err) {
		a.opt.Log.Error("a shop was not adopted", "shop", s.name.String(), "error", err)
	}
}

func (a *adoption) adoptShop(ctx context.Context, from reader, s *shop) error {
	e := &env{shop: s.name, tokens: a.opt.Tokens, now: a.now}
	config, err := a.readSettings(ctx, from, s)
	if err != nil {
		return err
	}
	if a.opt.Pool != nil {
		rec, err := a.opt.Pool.Catalog().Shop(ctx, s.name)
		if err == nil {
			return a.update(ctx, from, s, e, config, rec)
		} else if !errors.Is(err, catalog.ErrNotFound) {
			return err
		}
	}
	if a.opt.DryRun {
		return a.check(ctx, from, s, e, config)
	}
	return a.create(ctx, from, s, e, config)
}

// check reads all rows of a shop and writes nothing.
func (a *adoption) check(ctx context.Context, from reader, s *shop, e *env, config *settings) error {
	s.outcome = Checked
	if config != nil {
		s.plan = config.plan
	}
	for _, k := range kinds() {
		seen := seen{}
		err := a.each(ctx, from, s, e, k, nil, func(r record) error {
			if seen.again(r) {
				return store.ErrExists
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// seen are the rows of one kind that exclude others.
type seen map[string]bool

// again says whether the shop had a row that excludes r.
func (s seen) again(r record) bool {
	key := r.id()
	switch one := r.(type) {
	case config:
		key = one.ProductID
	case entry:
		return false
	}
	was := s[key]
	s[key] = true
	return was
}

// each converts the rows of a kind at some places (nil: all of the shop's) and
// gives them to take, which may refuse one with store.ErrExists. What was taken
// is hashed.
func (a *adoption) each(ctx context.Context, from reader, s *shop, e *env, k rows, at []int64, take func(record) error) error {
	t := a.table(k.name)
	if t == nil {
		return nil
	}
	if at == nil {
		at = t.byShop[s.raw]
	}
	if len(at) == 0 {
		return nil
	}
	c, h := s.count(k.name), newDigester()
	one := func(r row, rec record) error {
		err := take(rec)
		if errors.Is(err, store.ErrExists) {
			return a.reject(c, r, s.raw, fmt.Errorf("another row of the shop has the same %s", k.unique))
		} else if err == nil {
			c.source.add(h.row(rec))
			err = a.noteAsset(s, rec)
		}
		return err
	}
	var waiting []pending
	err := from.rows(ctx, t, t.all, at, func(_ int64, v []value) error {
		a.read(c, 1)
		r := row{t, v}
		rec, err := k.convert(r, e)
		if err != nil {
			return a.reject(c, r, s.raw, err)
		}
		if k.newest {
			waiting = append(waiting, pending{r.own(), rec.own()})
			return nil
		}
		return one(r, rec)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", k.name, err)
	}
	slices.SortStableFunc(waiting, newestFirst)
	for _, p := range waiting {
		if err := one(p.row, p.record); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
	}
	return nil
}

type pending struct {
	row    row
	record record
}

func newestFirst(x, y pending) int {
	xt, _ := x.row.time("updatedAt") // it could be read before
	yt, _ := y.row.time("updatedAt")
	if c := yt.Compare(xt); c != 0 {
		return c
	}
	return strings.Compare(x.row.text("id"), y.row.text("id"))
}

// own is a copy that holds nothing of the reader's memory.
func (r row) own() row {
	mine := make([]value, len(r.v))
	for i, v := range r.v {
		mine[i] = value{v.kind, slices.Clone(v.text)}
	}
	return row{r.t, mine}
}

// create makes a shop that is not here yet.
func (a *adoption) create(ctx context.Context, from reader, s *shop, e *env, config *settings) error {
	rec, err := a.opt.Pool.Adopt(ctx, s.name, tenants.Adoption{
		Fill: func(tx *store.Tx) (string, error) { return a.fill(ctx, from, s, e, config, tx) },
		Check: func(ctx context.Context, db *store.DB) error {
			return db.Snapshot(ctx, "compare with the source", func(v *store.View) error { return a.compare(s, e, v) })
		},
	})
	if err != nil {
		return err
	}
	s.outcome = Created
	return a.settle(ctx, s, config, rec, s.extra)
}

// fill writes all rows of a shop into its new file and returns its plan.
func (a *adoption) fill(ctx context.Context, from reader, s *shop, e *env, config *settings, tx *store.Tx) (string, error) {
	for _, k := range kinds() {
		c, months := s.count(k.name), seen{}
		err := a.each(ctx, from, s, e, k, nil, func(r record) error {
			if _, ok := r.(month); ok && months.again(r) {
				return store.ErrExists
			}
			err := r.load(tx, e, 1)
			if err == nil {
				c.changed++
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	terms := store.Terms{}
	plan := ""
	var extra []byte
	if config != nil {
		terms.Zone, plan, extra = config.zone, config.plan, config.extra
	}
	used, err := tx.RecountUsage(terms)
	if err != nil {
		return "", err
	}
	if config == nil && a.opt.FitPlan {
		plan = fit(a.plans, used)
	}
	return plan, tx.SetAdopted(a.source.name(), extra)
}

// compare reads back what the file holds.
func (a *adoption) compare(s *shop, e *env, v *store.View) error {
	was, err := v.Adopted()
	if err != nil {
		return err
	}
	s.extra = was.Settings
	h := newDigester()
	for _, k := range kinds() {
		c := s.count(k.name)
		c.kept = sum{}
		if err := k.kept(v, e, func(r record) error { c.kept.add(h.row(r)); return nil }); err != nil {
			return fmt.Errorf("read %s back: %w", k.name, err)
		}
		if c.kept != c.source {
			return fmt.Errorf("%s: %w: %d rows were to be written, and %d are there", k.name, ErrUnequal, c.source.rows, c.kept.rows)
		}
	}
	return nil
}

// settle brings the shop's config into the catalog and compares it with the
// source's; extra is what the shop's file has of it.
func (a *adoption) settle(ctx context.Context, s *shop, config *settings, rec catalog.Shop, extra []byte) error {
	s.plan = rec.Plan
	if config == nil {
		return nil
	}
	before := rec.Version
	rec, err := config.apply(ctx, a.opt.Pool.Catalog(), rec)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	s.plan = rec.Plan
	c := s.count("ShopConfig")
	if rec.Version != before && s.outcome == Unchanged {
		s.outcome = Updated
	}
	if rec.Version != before || s.outcome == Created {
		c.changed++
	}
	c.kept.add(newDigester().row(config.kept(rec, extra)))
	return nil
}

// noteAsset says where an asset's bytes are to go.
func (a *adoption) noteAsset(s *shop, r record) error {
	it, ok := r.(asset)
	if !ok || a.opt.Assets == nil {
		return nil
	}
	a.assets.Lock()
	defer a.assets.Unlock()
	_, err := fmt.Fprintf(a.opt.Assets, "%s\t%s/%s\n", it.where, s.name, it.Object)
	return err
}
