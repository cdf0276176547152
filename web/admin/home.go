package admin

import (
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web/view"
)

const (
	chartMonths = 6
	recentShown = 6
)

// homeData is what the start page is made of.
type homeData struct {
	used    store.Usage
	month   store.Monthly
	history []store.MonthUsage
	recent  []store.Entry
}

func (v *visit) home() error {
	var d homeData
	err := v.lease().Snapshot(v.r.Context(), "start page", func(s *store.View) (err error) { return d.read(s, v.lease().Terms()) })
	if err != nil {
		return err
	}
	rec, err := v.opt.Pool.Catalog().Shop(v.r.Context(), v.c.Shop) // with how its backup stands
	if err != nil {
		return err
	}
	m := view.HomeView{
		Plan: planName(v.l, rec.Plan), Guide: v.guide(rec, d.used), Meters: v.meters(d.used, rec.Limits),
		Warnings: v.warnings(d.used, rec.Limits), Chart: v.chart(d), Backup: v.backupNote(rec, d.recent),
	}
	if v.can(admin) {
		m.PlanHref, m.AllHref = v.path("/settings/plan", nil), v.path("/activity", nil)
		m.Recent = v.events(d.recent)
	}
	title := v.l.T("home.title")
	return v.ok(v.l.T("nav.home"), "", view.Home(v.l, title, m))
}

func (d *homeData) read(s *store.View, terms store.Terms) (err error) {
	if d.used, d.month, err = s.Usage(terms); err != nil {
		return err
	}
	if d.history, err = s.UsageHistory(chartMonths); err != nil {
		return err
	}
	d.recent, _, err = s.AuditLog(store.AuditFilter{}, store.Page{Limit: recentShown})
	return err
}

// limitLine is one thing that a plan limits.
type limitLine struct {
	id          string
	key         string // of its name
	used, limit int64
	bytes       bool
}

func limitLines(u store.Usage, of catalog.Limits) []limitLine {
	return []limitLine{
		{"products", "home.use.products", u.Products, of.MaxProducts, false},
		{"designs", "home.use.designs", u.Designs, of.MaxDesigns, false},
		{"assets", "home.use.assets", u.Assets, of.MaxAssets, false},
		{"storage", "home.use.storage", u.StorageBytes, of.StorageLimit, true},
	}
}

func (line limitLine) amount(l *view.Locale, n int64) string {
	if line.bytes {
		return l.Bytes(n)
	}
	return l.Number(n)
}

func (v *visit) meters(u store.Usage, of catalog.Limits) (out []view.MeterView) {
	for _, line := range limitLines(u, of) {
		m := view.MeterView{ID: line.id, Label: v.l.T(line.key), Used: line.used, Limit: line.limit}
		if line.limit < 0 {
			m.Text = v.l.T("meter.unlimited", line.amount(v.l, line.used))
		} else {
			m.Text = v.l.T("meter.of", line.amount(v.l, line.used), line.amount(v.l, line.limit))
		}
		out = append(out, m)
	}
	return out
}

// warnings are about the same limits as store.Warnings.
func (v *visit) warnings(u store.Usage, of catalog.Limits) (out []string) {
	for _, line := range limitLines(u, of) {
		used, limit := line.amount(v.l, line.used), line.amount(v.l, line.limit)
		switch {
		case line.limit <= 0 || line.used < line.limit-line.limit/10:
		case line.used >= line.limit:
			out = append(out, v.l.T("home.warn.full", v.l.T(line.key), limit))
		default:
			out = append(out, v.l.T("home.warn.near", v.l.T(line.key), used, limit))
		}
	}
	return out
}

// guide is what a new shop should do first; nothing when all of it is done.
func (v *visit) guide(rec catalog.Shop, u store.Usage) []view.GuideStep {
	steps, left := []view.GuideStep{}, 0
	for _, s := range []struct {
		key, path string
		role      catalog.Role
		done      bool
	}{
		{"image", "/assets", write, u.Assets > 0},
		{"product", "/products", write, u.Products > 0},
		{"design", "/designs", write, u.Designs > 0},
		{"branding", "/settings", admin, rec.LogoURL != nil || rec.PrimaryColor != nil},
	} {
		if !v.can(s.role) {
			continue
		}
		if !s.done {
			left++
		}
		key := "home.guide." + s.key
		steps = append(steps, view.GuideStep{
			Title: v.l.T(key), Text: v.l.T(key + ".text"), Action: v.l.T(key + ".do"), Href: v.path(s.path, nil), Done: s.done,
		})
	}
	if left == 0 {
		return nil
	}
	return steps
}

// chart shows the last months, also those in which nothing happened.
func (v *visit) chart(d homeData) view.ChartView {
	known := map[string]store.Monthly{d.month.Month: d.month}
	for _, m := range d.history {
		known[m.Month] = m.Monthly
	}
	months := lastMonths(d.month.Month, chartMonths)
	most := int64(0)
	for _, m := range months {
		most = max(most, known[m].Orders, known[m].Uploads)
	}
	c := view.ChartView{Title: v.l.T("home.chart"), First: v.l.T("home.orders"), Second: v.l.T("home.uploads")}
	for i, m := range months {
		c.Months = append(c.Months, view.ChartMonth{
			Label: v.l.Month(m), Now: i == len(months)-1,
			First: view.Bar(v.l, known[m].Orders, most), Second: view.Bar(v.l, known[m].Uploads, most),
		})
	}
	if most == 0 {
		c.Empty = v.l.T("home.chart.empty")
	} else if len(months) > 1 {
		c.Text = v.compare(known[months[len(months)-1]].Orders, known[months[len(months)-2]].Orders)
	}
	return c
}

// compare says how this month's orders stand against all of the last one's.
func (v *visit) compare(now, before int64) string {
	switch {
	case now == 0 && before == 0:
		return ""
	case now == before:
		return v.l.N("home.chart.same", now)
	case now > before:
		return v.l.N("home.chart.more", now, v.l.Number(now-before))
	}
	return v.l.N("home.chart.less", now, v.l.Number(before))
}

// lastMonths are n months up to month, which is written as YYYY-MM.
func lastMonths(month string, n int) (out []string) {
	end, err := time.Parse("2006-01", month)
	if err != nil {
		return []string{month}
	}
	for i := range n {
		out = append(out, end.AddDate(0, i-n+1, 0).Format("2006-01"))
	}
	return out
}

// backupNote says how the backup stands.
func (v *visit) backupNote(rec catalog.Shop, recent []store.Entry) view.BackupNote {
	n := view.BackupNote{Tone: "good", Title: v.l.T("home.backup.good")}
	if v.can(admin) {
		n.Href = v.path("/backups", nil)
	}
	if len(recent) > 0 {
		n.Lines = append(n.Lines, v.l.T("home.backup.change", v.l.Ago(recent[0].CreatedAt.Time)))
	}
	r := rec.Replica
	switch {
	case r.Failures > 0:
		n.Tone, n.Title, n.Lines = "warn", v.l.T("home.backup.failing"), append(n.Lines, v.l.T("home.backup.retry"))
	case r.DrillError != "":
		n.Tone, n.Title, n.Lines = "bad", v.l.T("home.backup.broken"), append(n.Lines, v.l.T("home.backup.looking"))
	case r.ReplicatedAt.IsZero():
		n.Title = v.l.T("home.backup.new")
	}
	if r.ProvenAt.IsZero() {
		n.Lines = append(n.Lines, v.l.T("home.backup.unproven"))
	} else {
		n.Lines = append(n.Lines, v.l.T("home.backup.proven", v.l.Ago(r.ProvenAt)))
	}
	return n
}

// planName is a plan's name for people.
func planName(l *view.Locale, plan string) string { return l.Or("plan."+plan, plan) }
