package operator

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/view"
)

// What is worth a word.
const (
	lagWarns      = time.Minute
	queueWarns    = 5 * time.Minute
	diskWarns     = 10 // percent that is free
	diskFails     = 3
	filesWarn     = 80 // percent that is used
	troublesShown = 20
	worstShown    = 8
	deadShown     = 10
	failedShown   = 10
)

// health is how the server is. It looks at what is in memory, at the catalog and
// at the disk, and opens no shop.
func (v *visit) health() error {
	m, err := v.healthView(v.ctx())
	if err != nil {
		return err
	}
	title := v.l.T("operator.health")
	return v.show(http.StatusOK, title, "/operator/health", view.Health(v.l, title, m))
}

func (v *visit) healthView(ctx context.Context) (m view.HealthView, err error) {
	stats := v.pool.Stats()
	failing, err := v.catalog.Failing(ctx, worstShown)
	if err != nil {
		return m, err
	}
	running, err := v.catalog.UnfinishedJobs(ctx)
	if err != nil {
		return m, err
	}
	failed, err := v.catalog.FailedJobs(ctx, v.l.Now.Add(-24*time.Hour), failedShown)
	if err != nil {
		return m, err
	}
	queue, err := v.catalog.CountDeliveries(ctx)
	if err != nil {
		return m, err
	}
	recent := v.opt.Troubles.Recent(troublesKept)
	m.Checks = []view.CheckView{
		v.checkBackups(stats, failing), v.checkPool(stats), v.checkQueue(queue), v.checkJobs(running, failed),
		v.checkDisk(), v.checkFiles(), v.checkTroubles(recent), v.checkProgram(),
	}
	m.Tone, m.Title = v.overall(m.Checks)
	m.Worst = v.lagRows(stats, failing)
	m.Running, m.Failed = v.jobRows(running), v.jobRows(failed)
	m.Slow = v.slowRows(v.opt.Slow.Worst(store.Shop{}, slowShown+4))
	m.Errors = v.troubleRows(recent[:min(len(recent), troublesShown)])
	if queue.Dead > 0 {
		m.Dead, err = v.deadRows(ctx)
	}
	return m, err
}

// overall is one sentence about all checks.
func (v *visit) overall(checks []view.CheckView) (tone, title string) {
	count := map[string]int64{}
	for _, c := range checks {
		count[c.Tone]++
	}
	switch {
	case count["bad"] > 0:
		return "bad", v.l.N("operator.all.bad", count["bad"])
	case count["warn"] > 0:
		return "warn", v.l.N("operator.all.warn", count["warn"])
	}
	return "good", v.l.T("operator.all.good")
}

func (v *visit) checkBackups(s tenants.Stats, failing []catalog.Shop) view.CheckView {
	c := view.CheckView{
		ID: "backup", Icon: "shield", Title: v.l.T("operator.check.backup"), Tone: "good",
		Value: v.l.T("operator.check.backup.safe"), Text: v.l.T("operator.check.backup.text"),
	}
	failed := max(s.Failing, len(failing))
	if s.MaxLag > safeLag {
		c.Value = v.l.N("operator.check.backup.value", int64(s.Unreplicated))
		c.Text = v.l.T("operator.check.backup.lag", short(v.l, s.MaxLag))
	} else if failed > 0 {
		c.Text = ""
	}
	switch {
	case failed > 0:
		c.Tone, c.Value, c.Advice = "bad", v.l.N("operator.check.backup.failing", int64(failed)), v.l.T("operator.check.backup.advice")
	case s.MaxLag > lagWarns:
		c.Tone, c.Advice = "warn", v.l.T("operator.check.backup.slow")
	}
	return c
}

func (v *visit) checkPool(s tenants.Stats) view.CheckView {
	n := func(i int) string { return v.l.Number(int64(i)) }
	c := view.CheckView{
		ID: "pool", Icon: "shops", Title: v.l.T("operator.check.pool"), Tone: "good",
		Value: v.l.T("operator.check.pool.value", n(s.Open), n(s.Limit)),
		Text:  v.l.T("operator.check.pool.text", n(s.Leased), n(s.Waiting)),
	}
	if s.Waiting > 0 {
		c.Tone, c.Advice = "warn", v.l.T("operator.check.pool.advice")
	}
	return c
}

func (v *visit) checkQueue(q catalog.DeliveryCounts) view.CheckView {
	c := view.CheckView{
		ID: "hooks", Icon: "external", Title: v.l.T("operator.check.hooks"), Tone: "good",
		Value: v.l.T("operator.check.hooks.none"), Text: v.l.N("operator.check.hooks.text", int64(q.Dead)),
	}
	if q.Queued > 0 {
		c.Value = v.l.T("operator.check.hooks.value", v.l.Number(int64(q.Queued)))
	}
	switch {
	case q.Dead > 0:
		c.Tone, c.Advice = "warn", v.l.T("operator.check.hooks.advice")
	case !q.OldestDue.IsZero() && v.l.Now.Sub(q.OldestDue) > queueWarns:
		c.Tone, c.Advice = "warn", v.l.T("operator.check.hooks.late")
	}
	return c
}

func (v *visit) checkJobs(running, failed []catalog.Job) view.CheckView {
	c := view.CheckView{
		ID: "jobs", Icon: "history", Title: v.l.T("operator.check.jobs"), Tone: "good",
		Value: v.l.T("operator.check.jobs.none"), Text: v.l.N("operator.check.jobs.text", int64(len(failed))),
	}
	if len(running) > 0 {
		c.Value = v.l.T("operator.check.jobs.value", v.l.Number(int64(len(running))))
	}
	if len(failed) > 0 {
		c.Tone, c.Advice = "warn", v.l.T("operator.check.jobs.advice")
	}
	return c
}

func (v *visit) checkDisk() view.CheckView {
	c := view.CheckView{ID: "disk", Icon: "grid", Title: v.l.T("operator.check.disk"), Tone: "plain", Value: v.l.T("operator.check.disk.unknown")}
	free, total, err := disk(v.opt.Dir)
	if err != nil || total <= 0 {
		return c
	}
	c.Tone, c.Value = "good", v.l.T("operator.check.disk.value", v.l.Bytes(free))
	c.Text = v.l.T("operator.check.disk.text", v.l.Bytes(total))
	c.Meter = &view.MeterView{Used: total - free, Limit: total}
	switch percent := free / (total/100 + 1); {
	case percent < diskFails:
		c.Tone, c.Advice = "bad", v.l.T("operator.check.disk.advice")
	case percent < diskWarns:
		c.Tone, c.Advice = "warn", v.l.T("operator.check.disk.advice")
	}
	return c
}

func (v *visit) checkFiles() view.CheckView {
	c := view.CheckView{ID: "files", Icon: "copy", Title: v.l.T("operator.check.files"), Tone: "plain", Value: v.l.T("operator.check.disk.unknown")}
	used, limit, err := descriptors()
	if err != nil || limit <= 0 {
		return c
	}
	c.Tone, c.Value, c.Text = "good", v.l.Number(used), v.l.T("operator.check.files.text", v.l.Number(limit))
	c.Meter = &view.MeterView{Used: used, Limit: limit}
	if used > limit/100*filesWarn {
		c.Tone, c.Advice = "warn", v.l.T("operator.check.files.advice")
	}
	return c
}

func (v *visit) checkTroubles(recent []Trouble) view.CheckView {
	c := view.CheckView{ID: "errors", Icon: "warning", Title: v.l.T("operator.check.errors"), Tone: "good", Value: v.l.T("operator.check.errors.none")}
	var bad, warn int64
	for _, t := range recent {
		if v.l.Now.Sub(t.At) > time.Hour {
			continue
		}
		if t.Level >= errorLevel {
			bad += int64(t.Times)
		} else {
			warn += int64(t.Times)
		}
	}
	c.Text = v.l.N("operator.check.errors.text", warn)
	if bad > 0 {
		c.Tone, c.Value, c.Advice = "bad", v.l.N("operator.check.errors.value", bad), v.l.T("operator.check.errors.advice")
	}
	return c
}

// lagRows are the shops that cannot be copied, and those furthest behind.
func (v *visit) lagRows(s tenants.Stats, failing []catalog.Shop) (rows []view.LagRow) {
	told := map[string]bool{}
	for _, rec := range failing {
		told[rec.Name.String()] = true
		row := view.LagRow{Name: rec.Name.String(), Href: shopPath(rec.Name), Error: rec.Replica.LastError}
		if lag := v.pool.Lag(rec); lag > 0 {
			row.Lag = short(v.l, lag)
		}
		rows = append(rows, row)
	}
	for _, w := range s.Worst {
		if told[w.Shop] || len(rows) >= worstShown || w.Lag < safeLag {
			continue
		}
		row := view.LagRow{Name: w.Shop, Lag: short(v.l, w.Lag)}
		if shop, err := store.ParseShop(w.Shop); err == nil { // the catalog is there as well
			row.Href = shopPath(shop)
		}
		rows = append(rows, row)
	}
	return rows
}

func (v *visit) deadRows(ctx context.Context) (rows []view.DeadRow, err error) {
	dead, _, err := v.catalog.DeadDeliveries(ctx, catalog.Page{Limit: deadShown})
	for _, d := range dead {
		rows = append(rows, view.DeadRow{ID: d.ID, Shop: d.Shop.String(), Topic: d.Topic, Error: d.Error, At: d.ReceivedAt, CanRetry: v.opt.RetryDelivery != nil})
	}
	return rows, err
}

// retryDelivery queues a webhook again that was given up.
func (v *visit) retryDelivery() error {
	if v.opt.RetryDelivery == nil {
		return store.ErrNotFound
	}
	if err := v.opt.RetryDelivery(v.ctx(), web.Param(v.r, "id")); errors.Is(err, catalog.ErrState) {
		return notNow(err)
	} else if err != nil {
		return err
	}
	return v.done("/operator/health", "webhook-retried")
}

func (v *visit) troubleRows(recent []Trouble) (rows []view.ErrorRow) {
	for _, t := range recent {
		row := view.ErrorRow{Bad: t.Level >= errorLevel, Text: t.Text, Detail: t.Detail, At: t.At}
		if t.Times > 1 {
			row.Times = v.l.T("operator.times", v.l.Number(int64(t.Times)))
		}
		rows = append(rows, row)
	}
	return rows
}

// checkProgram says what runs; there is nothing to it that could be wrong.
func (v *visit) checkProgram() view.CheckView {
	c := view.CheckView{ID: "program", Icon: "info", Title: v.l.T("operator.program"), Tone: "plain", Value: "Lapak"}
	if v.opt.Version != "" {
		c.Value = v.opt.Version
	}
	c.Text = v.l.T("operator.program.text", v.l.Bytes(memory()), strings.TrimPrefix(runtime.Version(), "go"))
	if !v.opt.StartedAt.IsZero() {
		c.Text = v.l.T("operator.program.since", v.l.Ago(v.opt.StartedAt)) + " " + c.Text
	}
	return c
}
