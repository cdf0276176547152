package api

import (
	"errors"
	"net/http"
	"time"

	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/replica"
	"lapak/web"
)

func (a *API) getBackups(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	b, err := a.pool.Backups(r.Context(), c.Shop)
	if err != nil {
		return err
	}
	if !c.Operator { // where and why the bucket fails is the operator's business
		b.LastError = hide(b.LastError, "The last try to replicate failed")
		b.Problem = hide(b.Problem, "The backups cannot be read at the moment")
	}
	return web.WriteJSON(w, r, http.StatusOK, b)
}

func hide(text, instead string) string {
	if text == "" {
		return ""
	}
	return instead
}

// restoreInput is {"at": a moment} or {"undo": true}.
type restoreInput struct {
	At   *string `json:"at"`
	Undo bool    `json:"undo"`
}

func (a *API) restore(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	var in restoreInput
	if err := c.Decode(&in); err != nil {
		return err
	}
	rec, err := a.pool.Catalog().Shop(r.Context(), c.Shop)
	if err != nil {
		return err
	}
	if rec.State == catalog.Restoring {
		return tenants.ErrRestoring
	}
	wish, err := in.request(rec, time.Now())
	if err != nil {
		return err
	}
	job, err := a.pool.StartRestore(r.Context(), c.Shop, c.By, wish)
	if err != nil {
		return a.refused(r, c, in, err)
	}
	w.Header().Set("Location", web.APIPrefix+"/jobs/"+job.ID)
	return web.WriteJSON(w, r, http.StatusAccepted, job)
}

func (in restoreInput) request(rec catalog.Shop, now time.Time) (tenants.RestoreRequest, error) {
	if in.Undo == (in.At != nil) {
		return tenants.RestoreRequest{}, web.Invalid("at", "must be a moment, or undo must be true, and not both")
	}
	if in.Undo {
		return tenants.RestoreRequest{Undo: true}, nil
	}
	zone, err := time.LoadLocation(rec.Timezone)
	if err != nil {
		zone = time.UTC // the catalog checks names; the zone data may be older
	}
	at, err := tenants.ParseMoment(*in.At, now, zone)
	if err != nil {
		e := web.Invalid("at", err.Error())
		e.Text = "at: " + err.Error()
		return tenants.RestoreRequest{}, e
	}
	return tenants.RestoreRequest{At: at}, nil
}

// refused tells why a restore was not begun. That there is nothing so old, or so
// new, is the wish's fault.
func (a *API) refused(r *http.Request, c *web.Caller, in restoreInput, err error) error {
	var early *replica.BeforeFirstError
	switch {
	case errors.As(err, &early):
		return wrong("at", early.Error())
	case errors.Is(err, tenants.ErrFuture):
		return wrong("at", "that moment is in the future")
	case errors.Is(err, replica.ErrNoBackup):
		return wrong("at", "there is no backup yet")
	case !errors.Is(err, catalog.ErrState):
		return err
	}
	rec, recErr := a.pool.Catalog().Shop(r.Context(), c.Shop)
	if recErr == nil && in.Undo && rec.PreviousEpoch == 0 {
		return wrong("undo", "there is no restore to undo")
	}
	return tenants.ErrRestoring // another one was faster
}

func wrong(field, why string) error {
	return &web.Error{Status: http.StatusBadRequest, Code: "invalid", Text: field + ": " + why}
}

func (a *API) getJob(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	job, err := a.pool.Catalog().Job(r.Context(), c.Shop, web.Param(r, "id"))
	if err != nil {
		return err
	}
	return web.WriteJSON(w, r, http.StatusOK, job)
}
