package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/replica"
	"lapak/web"
	"lapak/web/view"
)

// backupRoutes are cold: they answer while the shop is being restored.
func (f *face) backupRoutes() []web.Route {
	cold := web.Key(admin).Cold()
	post := func(path string, h handler) web.Route {
		rt := f.route(http.MethodPost, path, cold, h)
		rt.Body = web.Stream(smallForm)
		return rt
	}
	progress := f.route(http.MethodGet, "/backups/progress/{id}", web.Key(read).Cold(), (*visit).restoreProgress)
	progress.Timeout = progressTimeout
	return []web.Route{
		f.route(http.MethodGet, "/backups", cold, (*visit).backups),
		post("/backups", (*visit).restore),
		post("/backups/undo", (*visit).undoRestore),
		progress,
	}
}

// record looks the shop up in the catalog and makes its language and zone the
// visit's, which the lease does otherwise.
func (v *visit) record() (catalog.Shop, error) {
	rec, err := v.opt.Pool.Catalog().Shop(v.r.Context(), v.c.Shop)
	if err != nil {
		return rec, err
	}
	zone, err := time.LoadLocation(rec.Timezone)
	if err != nil {
		zone = time.UTC // the catalog checks names; the zone data may be older
	}
	v.l = v.opt.Site.Locale(view.Language(rec.Language, v.r.Header.Get("Accept-Language")), zone)
	return rec, nil
}

// backups is the page: what can be gone back to, and what would happen.
func (v *visit) backups() error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	if rec.State == catalog.Restoring {
		return v.showProgress(http.StatusOK, rec.RestoreJob)
	}
	q := v.r.URL.Query()
	if id := q.Get("job"); id != "" {
		return v.followJob(id)
	}
	return v.showBackups(http.StatusOK, rec, q.Get("at"), "")
}

// followJob shows how a restore goes or went.
func (v *visit) followJob(id string) error {
	job, err := v.opt.Pool.Catalog().Job(v.r.Context(), v.c.Shop, id)
	if err != nil {
		return err
	}
	switch job.State {
	case catalog.Done:
		return v.see(v.path("/backups", restoredQuery(job)))
	case catalog.Failed:
		return v.see(v.path("/backups", url.Values{"failed": {job.ID}}))
	}
	return v.showProgress(http.StatusOK, job.ID)
}

// showBackups shows the page with a chosen moment ("" is none) and what is wrong
// with it.
func (v *visit) showBackups(status int, rec catalog.Shop, at, wrong string) error {
	b, err := v.opt.Pool.Backups(v.r.Context(), v.c.Shop)
	if err != nil {
		return err
	}
	m := v.backupsView(rec, b)
	m.At, m.Error = at, wrong
	if v.r.URL.Query().Get("failed") != "" {
		m.Failed = v.l.T("backups.failed")
	}
	if at != "" && wrong == "" {
		if m.Wish, m.Error, err = v.wish(b, at); err != nil {
			return err
		}
		if m.Error != "" && status == http.StatusOK {
			status = http.StatusUnprocessableEntity
		}
	}
	return v.show(status, v.l.T("backups.title"), "/backups", view.Backups(v.l, m))
}

func (v *visit) backupsView(rec catalog.Shop, b tenants.Backups) view.BackupsView {
	if rec.Replica.ReplicatedAt.IsZero() {
		rec.Replica.ReplicatedAt = b.Newest // the catalog notes it when the shop rests
	}
	m := view.BackupsView{
		Action: v.path("/backups", nil), Zone: v.l.Zone.String(), Timeline: view.NewTimeline(v.l, stretches(b), v.l.Now),
		State: v.backupNote(rec, nil), Granularity: v.granularity(b),
	}
	m.State.Href = ""
	switch {
	case b.Problem != "":
		m.Problem = v.l.T("backups.problem")
	case len(b.Stretches) == 0:
		m.Problem = v.l.T("backups.none")
	}
	if b.CanUndo {
		m.Undo = v.path("/backups/undo", nil)
	}
	return m
}

func stretches(b tenants.Backups) (out []view.Stretch) {
	for _, s := range b.Stretches {
		out = append(out, view.Stretch{From: s.From, To: s.To, Step: time.Duration(s.Granularity * float64(time.Second))})
	}
	return out
}

// granularity says of each stretch how exact it is, the newest first.
func (v *visit) granularity(b tenants.Backups) (lines []view.GranularityLine) {
	for i := len(b.Stretches) - 1; i >= 0 && len(lines) < granularityLines; i-- {
		s := b.Stretches[i]
		text := v.l.T(view.StepKey(s.Granularity))
		if n := len(lines); n > 0 && lines[n-1].Text == text {
			lines[n-1].From = s.From
			continue
		}
		if len(lines) == 0 || s.To.Sub(s.From) >= time.Minute { // no noise around a restore
			lines = append(lines, view.GranularityLine{From: s.From, To: s.To, Text: text})
		}
	}
	return lines
}

const granularityLines = 8

// wish says what would happen, or why it cannot.
func (v *visit) wish(b tenants.Backups, raw string) (w *view.Wish, wrong string, err error) {
	at, wrong := v.moment(raw)
	switch {
	case wrong != "":
		return nil, wrong, nil
	case at.After(v.l.Now):
		return nil, v.l.T("backups.error.future"), nil
	case len(b.Stretches) == 0:
		return nil, v.l.T("backups.none"), nil
	case at.Before(b.Oldest):
		return nil, v.l.T("backups.error.early", v.l.Second(b.Oldest)), nil
	}
	w = &view.Wish{At: at, Exactly: at.UTC().Format(time.RFC3339Nano), Step: v.l.T(view.StepKey(stepAt(b, at)))}
	if err := v.c.Open(v.r.Context()); err != nil {
		return nil, "", err
	}
	var n store.Since
	err = v.read("what a restore would change", func(_ context.Context, s *store.View) (err error) {
		n, err = s.DesignsSince(at)
		return err
	})
	w.Lines = v.consequences(n)
	return w, "", err
}

// consequences are what happens to designs, a sentence each.
func (v *visit) consequences(n store.Since) (lines []string) {
	for _, c := range []struct {
		key string
		n   int64
	}{{"backups.will.change", n.Changed}, {"backups.will.go", n.Made}, {"backups.will.come", n.Deleted}} {
		if c.n > 0 {
			lines = append(lines, v.l.N(c.key, c.n))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, v.l.T("backups.will.nothing"))
	}
	return lines
}

// stepAt is the granularity around a moment, in seconds.
func stepAt(b tenants.Backups, at time.Time) float64 {
	step := 0.0
	for _, s := range b.Stretches {
		if !at.Before(s.From) {
			step = s.Granularity
		}
	}
	return step
}

func (v *visit) moment(raw string) (at time.Time, wrong string) {
	at, err := tenants.ParseMoment(raw, v.l.Now, v.l.Zone)
	if err != nil {
		return at, v.l.T("backups.error.moment")
	}
	return at, ""
}

// restore begins to take the shop back.
func (v *visit) restore() error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	raw := form.Get("at")
	at, wrong := v.moment(raw)
	if wrong != "" {
		return v.showBackups(http.StatusUnprocessableEntity, rec, raw, wrong)
	}
	return v.startRestore(rec, raw, tenants.RestoreRequest{At: at})
}

func (v *visit) undoRestore() error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	if _, err := v.form(); err != nil {
		return err
	}
	return v.startRestore(rec, "", tenants.RestoreRequest{Undo: true})
}

func (v *visit) startRestore(rec catalog.Shop, raw string, wish tenants.RestoreRequest) error {
	if rec.State == catalog.Restoring { // somebody was faster: their progress is shown
		return v.see(v.path("/backups", nil))
	}
	job, err := v.opt.Pool.StartRestore(v.r.Context(), v.c.Shop, v.c.By, wish)
	var early *replica.BeforeFirstError
	switch {
	case err == nil:
		return v.see(v.path("/backups", url.Values{"job": {job.ID}}))
	case errors.As(err, &early):
		return v.showBackups(http.StatusUnprocessableEntity, rec, raw, v.l.T("backups.error.early", v.l.Second(early.Oldest.At)))
	case errors.Is(err, tenants.ErrFuture):
		return v.showBackups(http.StatusUnprocessableEntity, rec, raw, v.l.T("backups.error.future"))
	case errors.Is(err, replica.ErrNoBackup):
		return v.showBackups(http.StatusUnprocessableEntity, rec, raw, v.l.T("backups.none"))
	case errors.Is(err, catalog.ErrState):
		if wish.Undo && rec.PreviousEpoch == 0 {
			return v.showBackups(http.StatusUnprocessableEntity, rec, "", v.l.T("backups.error.undo"))
		}
		return v.see(v.path("/backups", nil))
	}
	return err
}
