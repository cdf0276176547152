package admin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/view"
)

const (
	progressTimeout = 10 * time.Minute
	progressEvery   = 250 * time.Millisecond // while somebody looks at a restore that runs
	progressRefresh = 3                      // seconds, for browsers without scripts
)

// showProgress is the page of a restore under way, in the place of every page of
// the shop.
func (v *visit) showProgress(status int, job string) error {
	v.w.Header().Set("Retry-After", fmt.Sprint(progressRefresh))
	return v.show(status, v.l.T("backups.progress.title"), "/backups", view.RestoreProgress(v.l, view.ProgressView{
		Stream: v.path("/backups/progress/"+url.PathEscape(job), nil), Here: v.r.URL.RequestURI(), Refresh: progressRefresh,
	}))
}

// waitsForRestore answers for a page of a shop that is being restored, and says
// whether it is.
func (v *visit) waitsForRestore(status int) bool {
	if v.c.Shop.IsZero() {
		return false
	}
	rec, err := v.record()
	if err != nil || rec.State != catalog.Restoring {
		return false
	}
	if err := v.showProgress(status, rec.RestoreJob); err != nil {
		v.opt.Log.Error("cannot answer with a restore's progress", "shop", v.c.Shop.String(), "error", err)
	}
	return true
}

// restoreProgress tells how a restore goes (server-sent events, HTML Living
// Standard 9.2) until it has ended, and then where to go on.
func (v *visit) restoreProgress() error {
	if _, err := v.record(); err != nil {
		return err
	}
	job, err := v.opt.Pool.Catalog().Job(v.r.Context(), v.c.Shop, web.Param(v.r, "id"))
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.WriteHeader(http.StatusOK)
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for last := ""; ; {
		text, err := v.progressText(job)
		if err != nil {
			return err
		}
		if text != last {
			if err := v.send(text); err != nil {
				return nil // who looked went away
			}
			last = text
		}
		if ended(job) {
			return nil
		}
		select {
		case <-tick.C:
		case <-v.r.Context().Done():
			return nil
		}
		if job, err = v.opt.Pool.Catalog().Job(v.r.Context(), v.c.Shop, job.ID); err != nil {
			return nil // the shop is gone, or so is who looked
		}
	}
}

func ended(job catalog.Job) bool { return job.State == catalog.Done || job.State == catalog.Failed }

// send writes one message and, so that it comes, flushes it.
func (v *visit) send(text string) error {
	if _, err := v.w.Write([]byte(text)); err != nil {
		return err
	}
	return http.NewResponseController(v.w).Flush()
}

// progressText is the message of how far a job is.
func (v *visit) progressText(job catalog.Job) (string, error) {
	m := view.ProgressNote{Text: v.l.T("backups.progress.waiting")}
	if !job.StartedAt.IsZero() {
		m.Text = v.l.T("backups.progress.running", v.l.Number(int64(time.Since(job.StartedAt)/time.Second)))
	}
	switch job.State {
	case catalog.Done:
		m.Text, m.Next = v.l.T("backups.progress.done"), v.path("/backups", restoredQuery(job))
	case catalog.Failed:
		m.Text, m.Next = v.l.T("backups.progress.failed"), v.path("/backups", url.Values{"failed": {job.ID}})
	}
	if m.Next != "" && !v.can(admin) {
		m.Next = v.path("", nil)
	}
	var html bytes.Buffer
	if err := view.Progress(v.l, m).Render(v.r.Context(), &html); err != nil {
		return "", fmt.Errorf("render progress: %w", err)
	}
	text := "data: " + strings.ReplaceAll(html.String(), "\n", "\ndata: ") + "\n\n"
	if m.Next != "" {
		text += "event: ended\ndata: ended\n\n"
	}
	return text, nil
}

// restoredQuery says on the page that follows what was done.
func restoredQuery(job catalog.Job) url.Values {
	var wish tenants.RestoreRequest
	if json.Unmarshal(job.Request, &wish) == nil && wish.Undo {
		return url.Values{"done": {"restore-undone"}}
	}
	return url.Values{"done": {"restored"}, "of": {job.ID}}
}
