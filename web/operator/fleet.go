package operator

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web/view"
)

const (
	pageSize = 50
	pageMost = 100_000 // no list is longer
	// safeLag is how far behind a backup may be without a word: it is copied a
	// moment after each change.
	safeLag = 5 * time.Second
)

// The orders and filters of the list that the catalog does not know.
const (
	byLag   = "lag"
	failing = "failing"
	behind  = "behind"
)

// wish is which part of the fleet somebody wants to see.
type wish struct {
	query   url.Values // cleaned: what says nothing is not in it
	filter  catalog.FleetFilter
	lagging bool // only shops whose backup is behind
	sort    string
	reverse bool
	page    int // from 1
}

func newWish(q url.Values) wish {
	w := wish{query: url.Values{}, page: 1}
	keep := func(name string, allowed ...string) string {
		value := strings.TrimSpace(q.Get(name))
		if len(value) > store.MaxShopLength || len(allowed) > 0 && !slices.Contains(allowed, value) {
			value = ""
		}
		if value != "" {
			w.query.Set(name, value)
		}
		return value
	}
	w.filter.Search = keep("q")
	w.filter.State = catalog.State(keep("state", "active", "suspended", "restoring", "erasing"))
	w.filter.Plan = keep("plan")
	switch keep("backup", failing, behind) {
	case failing:
		w.filter.Failing = true
	case behind:
		w.lagging = true
	}
	w.sort = keep("sort", "name", "plan", "size", "active", byLag)
	w.reverse = keep("dir", "asc", "desc") == "desc"
	if w.sort == "" {
		w.sort = "name"
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 && n < pageMost/pageSize {
		w.page = n
	}
	return w
}

func (w wish) filtered() bool {
	for _, name := range []string{"q", "state", "plan", "backup"} {
		if w.query.Has(name) {
			return true
		}
	}
	return false
}

func (w wish) offset() int { return (w.page - 1) * pageSize }

// at is the address of the same wish with changes; an empty value removes one.
func (w wish) at(changes ...string) string {
	q := url.Values{}
	for name := range w.query {
		q.Set(name, w.query.Get(name))
	}
	for i := 0; i < len(changes); i += 2 {
		if q.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	if len(q) == 0 {
		return "/operator"
	}
	return "/operator?" + q.Encode()
}

// lagging is a shop with how far its backup is behind.
type lagging struct {
	catalog.Shop
	lag time.Duration
}

// fleet is the list of shops, from the catalog and what the pool has in memory:
// no shop is opened.
func (v *visit) fleet() error {
	w := newWish(v.r.URL.Query())
	total, err := v.catalog.CountFleet(v.ctx(), catalog.FleetFilter{})
	if err != nil {
		return err
	}
	found, rows, err := v.find(v.ctx(), w, total)
	if err != nil {
		return err
	}
	if len(rows) == 0 && w.page > 1 { // the list has become shorter
		return v.see(w.at("page", ""))
	}
	m := v.fleetView(w, total, found, rows)
	if m.Plans, err = v.planOptions(v.l.T("operator.any")); err != nil {
		return err
	}
	title := v.l.T("operator.shops")
	return v.show(http.StatusOK, title, "/operator", view.Fleet(v.l, title, m))
}

// find returns how many shops fit, and those of the page. Total is how many there
// are at all.
func (v *visit) find(ctx context.Context, w wish, total int) (found int, rows []lagging, err error) {
	if w.lagging || w.sort == byLag {
		return v.findByLag(ctx, w)
	}
	shops, err := v.catalog.Fleet(ctx, w.filter, w.part(w.offset(), pageSize))
	if err != nil {
		return 0, nil, err
	}
	switch {
	case !w.filtered():
		found = total
	case len(shops) < pageSize && (len(shops) > 0 || w.page == 1): // the last page counts itself
		found = w.offset() + len(shops)
	default:
		found, err = v.catalog.CountFleet(ctx, w.filter)
	}
	return found, v.withLag(shops), err
}

func (w wish) part(offset, limit int) catalog.FleetPage {
	return catalog.FleetPage{Order: catalog.FleetOrder(w.sort), Reverse: w.reverse, Offset: offset, Limit: limit}
}

// lagMost is how many shops that are behind are sorted; the rest follows by name.
const lagMost = 1000

// findByLag looks at the shops that are behind, which are few, and then at the
// others. How far one is behind is known to the pool alone.
func (v *visit) findByLag(ctx context.Context, w wish) (found int, rows []lagging, err error) {
	names, err := v.pool.Unreplicated(ctx)
	if err != nil {
		return 0, nil, err
	}
	names = append([]store.Shop{}, names[:min(len(names), lagMost)]...) // never nil: among none is none
	w.filter.Among = names
	late, err := v.catalog.Fleet(ctx, w.filter, catalog.FleetPage{Limit: lagMost})
	if err != nil {
		return 0, nil, err
	}
	rows = v.withLag(late)
	if w.sort == byLag {
		slices.SortStableFunc(rows, func(a, b lagging) int { return cmp.Compare(b.lag, a.lag) })
	}
	found = len(rows)
	rest := w.filter
	rest.Among, rest.Except = nil, names
	others := 0
	if !w.lagging {
		if others, err = v.catalog.CountFleet(ctx, rest); err != nil {
			return 0, nil, err
		}
	}
	late = nil
	if from := w.offset(); from < found {
		rows = rows[from:min(from+pageSize, found)]
	} else {
		rows = nil
	}
	if len(rows) < pageSize && others > 0 {
		late, err = v.catalog.Fleet(ctx, rest, catalog.FleetPage{Offset: max(w.offset()-found, 0), Limit: pageSize - len(rows)})
	}
	return found + others, append(rows, v.withLag(late)...), err
}

func (v *visit) withLag(shops []catalog.Shop) []lagging {
	rows := make([]lagging, len(shops))
	for i, s := range shops {
		rows[i] = lagging{s, v.pool.Lag(s)}
	}
	return rows
}

func (v *visit) fleetView(w wish, total, found int, rows []lagging) view.FleetView {
	l := v.l
	m := view.FleetView{
		Form: view.Form{Values: w.query}, Filtered: w.filtered(), Heads: v.heads(w),
		Count:   l.N("operator.count", int64(total)),
		States:  []view.Option{{Label: l.T("operator.any")}},
		Backups: []view.Option{{Label: l.T("operator.any")}, {Value: failing, Label: l.T("operator.backup.failing")}, {Value: behind, Label: l.T("operator.backup.lags")}},
	}
	for _, state := range []catalog.State{catalog.Active, catalog.Suspended, catalog.Restoring} {
		m.States = append(m.States, view.Option{Value: string(state), Label: l.Or("operator.state."+string(state), "")})
	}
	if m.Filtered {
		m.Count = l.T("operator.count.found", l.Number(int64(found)), l.Number(int64(total)))
	}
	for _, r := range rows {
		m.Rows = append(m.Rows, v.fleetRow(r))
	}
	if found > pageSize {
		first := w.offset() + 1
		m.Range = l.T("operator.range", l.Number(int64(first)), l.Number(int64(first+len(rows)-1)), l.Number(int64(found)))
		if w.page == 2 {
			m.Prev = w.at("page", "")
		} else if w.page > 2 {
			m.Prev = w.at("page", strconv.Itoa(w.page-1))
		}
		if first+len(rows)-1 < found {
			m.Next = w.at("page", strconv.Itoa(w.page+1))
		}
	}
	return m
}

// heads are the columns. A click on the one that sorts turns the order round;
// figures begin with the largest.
func (v *visit) heads(w wish) []view.SortView {
	head := func(sort, label, class string, downFirst bool) view.SortView {
		h := view.SortView{Label: v.l.T(label), Class: class}
		down := downFirst
		if sort == w.sort {
			if h.Sorted = "asc"; w.reverse {
				h.Sorted = "desc"
			}
			down = !w.reverse
		}
		dir := ""
		if down {
			dir = "desc"
		}
		h.Href = w.at("sort", sort, "dir", dir)
		if sort == byLag {
			if h.Href = w.at("sort", sort, "dir", ""); w.sort == byLag {
				h.Sorted = "desc"
			}
		}
		return h
	}
	return []view.SortView{
		head("name", "operator.name.short", "", false),
		head("plan", "operator.plan", "", false),
		{Label: v.l.T("operator.used")},
		head("size", "operator.size", "number", true),
		head("active", "operator.active", "", true),
		head(byLag, "operator.backup", "", true),
		{Label: v.l.T("operator.proven")},
	}
}

func (v *visit) fleetRow(s lagging) view.FleetRow {
	label, domain, _ := strings.Cut(s.Name.String(), ".")
	row := view.FleetRow{
		Href: shopPath(s.Name), Name: label, Plan: s.Plan, Size: "–", Active: s.LastActiveAt,
		Backup: v.backupBadge(s), Proven: s.Replica.ProvenAt, ProvenBad: s.Replica.DrillError != "",
	}
	if s.Replica.Size > 0 {
		row.Size = v.l.Bytes(s.Replica.Size)
	}
	if domain != "myshopify.com" {
		row.Domain = domain
	}
	if s.State != catalog.Active {
		row.State = v.stateBadge(s.State)
	}
	row.Used, row.UsedTone = v.mostUsed(s.Shop)
	return row
}

func (v *visit) stateBadge(state catalog.State) view.BadgeView {
	b := view.BadgeView{Tone: "warn", Text: v.l.Or("operator.state."+string(state), string(state))}
	if state == catalog.Active {
		b.Tone = "good"
	} else if state == catalog.Erasing {
		b.Tone = "bad"
	}
	return b
}

func (v *visit) backupBadge(s lagging) view.BadgeView {
	switch {
	case s.Replica.Failures > 0:
		return view.BadgeView{Tone: "bad", Text: v.l.T("operator.backup.failing")}
	case s.lag > safeLag:
		return view.BadgeView{Tone: "warn", Text: v.l.T("operator.backup.behind", short(v.l, s.lag))}
	}
	if s.Replica.ReplicatedAt.IsZero() && !v.pool.IsOpen(s.Name) {
		return view.BadgeView{Text: v.l.T("operator.backup.none")}
	}
	return view.BadgeView{Text: v.l.T("operator.backup.safe")} // as it should be, so without a colour
}

// mostUsed says of which limit the most is used.
func (v *visit) mostUsed(s catalog.Shop) (text, tone string) {
	var share float64
	for _, m := range v.meters(s) {
		if m.Limit <= 0 || float64(m.Used)/float64(m.Limit) <= share {
			continue
		}
		share = float64(m.Used) / float64(m.Limit)
		text, tone = v.l.Percent(m.Used, m.Limit)+" "+v.l.T("operator.used."+m.ID), ""
		if share >= 0.9 {
			tone = "high"
		}
	}
	if text == "" {
		text = "–"
	}
	return text, tone
}

// short is a duration in one unit.
func short(l *view.Locale, d time.Duration) string {
	switch {
	case d < time.Second:
		return l.T("operator.short.ms", l.Number(d.Milliseconds()))
	case d < 10*time.Second:
		return l.T("operator.short.s", l.Decimal(d.Seconds(), 1))
	case d < 2*time.Minute:
		return l.T("operator.short.s", l.Number(int64(d/time.Second)))
	case d < 2*time.Hour:
		return l.T("operator.short.min", l.Number(int64(d/time.Minute)))
	case d < 48*time.Hour:
		return l.T("operator.short.h", l.Number(int64(d/time.Hour)))
	}
	return l.N("operator.short.days", int64(d/(24*time.Hour)))
}

// planOptions are the plans, behind a choice of none of them unless any is "".
func (v *visit) planOptions(any string) (options []view.Option, err error) {
	plans, err := v.catalog.Plans(v.ctx())
	if err != nil {
		return nil, err
	}
	if any != "" {
		options = append(options, view.Option{Label: any})
	}
	for _, p := range plans {
		options = append(options, view.Option{Value: p.Name, Label: p.Name})
	}
	return options, nil
}
