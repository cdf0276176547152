package admin

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"time"

	"lapak/store"
	"lapak/web"
	"lapak/web/view"
)

// exportTime is how long the whole log may take on a slow line.
const exportTime = 15 * time.Minute

func (f *face) activityRoutes() []web.Route {
	export := f.get("/activity/export", admin, (*visit).exportActivity)
	export.Timeout = exportTime
	return []web.Route{f.get("/activity", admin, (*visit).activity), export}
}

// activityFilter is what the query asks for, and how to ask for it again.
func (v *visit) activityFilter(form *view.Form) (f store.AuditFilter, query url.Values) {
	query = url.Values{}
	for _, name := range []string{"action", "resource", "from", "to"} {
		if value := clip(form.Values.Get(name)); value != "" {
			query.Set(name, value)
		}
	}
	f.Action, f.Resource = query.Get("action"), query.Get("resource")
	f.From = v.formDay(form, "from")
	if to := v.formDay(form, "to"); !to.IsZero() {
		f.To = to.AddDate(0, 0, 1) // that day included
	}
	return f, query
}

// formDay is where a day begins on the shop's clock; zero where none is named.
func (v *visit) formDay(form *view.Form, name string) time.Time {
	raw := form.Values.Get(name)
	if raw == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, raw, v.l.Zone)
	if err != nil {
		form.Bad(name, v.l.T("activity.bad.date"))
		return time.Time{}
	}
	return t
}

func (v *visit) activity() error {
	form := &view.Form{Values: v.r.URL.Query()}
	f, query := v.activityFilter(form)
	after, err := store.ParseCursor(form.Values.Get("after"))
	if err != nil {
		return err
	}
	m := view.ActivityView{
		Form: form, Action: v.path("/activity", nil), Fields: v.activityFields(form), Filtered: len(query) > 0,
		Clear: v.path("/activity", nil), Export: v.path("/activity/export", query),
	}
	if days := v.shop().AuditDays; days > 0 {
		m.Kept = v.l.T("activity.kept", v.l.Number(int64(days)))
	}
	status := http.StatusOK
	if !form.OK() {
		status = http.StatusUnprocessableEntity
	} else if err := v.readActivity(&m, f, query, after); err != nil {
		return err
	}
	return v.show(status, v.l.T("activity.title"), "/activity", view.Activity(v.l, m))
}

func (v *visit) readActivity(m *view.ActivityView, f store.AuditFilter, query url.Values, after store.Cursor) error {
	var entries []store.Entry
	var next store.Cursor
	err := v.lease().Read(v.r.Context(), "audit log", func(s *store.View) (err error) {
		entries, next, err = s.AuditLog(f, store.Page{After: after})
		return err
	})
	if err != nil {
		return err
	}
	for _, e := range entries {
		row := diff(e)
		row.EventView = v.event(e)
		if e.IPAddress != nil {
			row.Where = *e.IPAddress
		}
		m.Events = append(m.Events, row)
	}
	if !after.IsZero() {
		m.Pager.First = v.path("/activity", query)
	}
	if !next.IsZero() {
		m.Pager.Next = v.path("/activity", with(query, "after", next.String()))
	}
	return nil
}

func (v *visit) activityFields(form *view.Form) []view.Field {
	any := view.Option{Label: v.l.T("activity.any")}
	actions, resources := []view.Option{any}, []view.Option{any}
	for _, a := range []string{"CREATE", "UPDATE", "DELETE", "RESTORE", "REVOKE", "EXPORT"} {
		actions = append(actions, view.Option{Value: a, Label: v.l.T("activity.action." + a)})
	}
	for _, r := range []string{"design", "asset", "config", "settings", "key", "shop", "order", "data_request"} {
		resources = append(resources, view.Option{Value: r, Label: v.l.T("activity.resource." + r)})
	}
	return []view.Field{
		form.Field(view.Field{Name: "action", Label: v.l.T("activity.action"), Options: known(actions, form.Values.Get("action"))}),
		form.Field(view.Field{Name: "resource", Label: v.l.T("activity.resource"), Options: known(resources, form.Values.Get("resource"))}),
		form.Field(view.Field{Name: "from", Label: v.l.T("activity.from"), Type: "date"}),
		form.Field(view.Field{Name: "to", Label: v.l.T("activity.to"), Type: "date"}),
	}
}

// known adds the chosen value to the options if it is none of them.
func known(options []view.Option, chosen string) []view.Option {
	for _, o := range options {
		if o.Value == chosen {
			return options
		}
	}
	return append(options, view.Option{Value: chosen, Label: clip(chosen)})
}

// exportActivity streams the log as CSV, a page at a time, so that a slow
// receiver keeps nothing of the shop's.
func (v *visit) exportActivity() error {
	form := &view.Form{Values: v.r.URL.Query()}
	f, _ := v.activityFilter(form)
	if !form.OK() {
		return web.Invalid("from or to", "must be a date like 2026-11-23")
	}
	out := csv.NewWriter(v.w)
	for after, first := (store.Cursor{}), true; ; first = false {
		var entries []store.Entry
		err := v.lease().Read(v.r.Context(), "export audit log", func(s *store.View) (err error) {
			entries, after, err = s.AuditLog(f, store.Page{Limit: 100, After: after})
			return err
		})
		if err != nil {
			return err
		}
		if first {
			v.csvHeaders()
			_ = out.Write(csvColumns())
		}
		for _, e := range entries {
			_ = out.Write(csvLine(e))
		}
		if out.Flush(); out.Error() != nil || after.IsZero() {
			return out.Error()
		}
	}
}

func (v *visit) csvHeaders() {
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+v.c.Shop.String()+`-activity-`+v.l.Now.In(v.l.Zone).Format("20060102")+`.csv"`)
	v.w.WriteHeader(http.StatusOK)
}

func csvColumns() []string {
	return []string{"createdAt", "action", "resource", "resourceId", "userId", "userEmail", "ipAddress", "before", "after"}
}

func csvLine(e store.Entry) []string {
	line := []string{e.CreatedAt.UTC().Format("2006-01-02T15:04:05.000Z"), e.Action, e.Resource}
	for _, s := range []*string{e.ResourceID, e.UserID, e.UserEmail, e.IPAddress} {
		if s == nil {
			s = new(string)
		}
		line = append(line, *s)
	}
	line = append(line, string(e.Before), string(e.After))
	for i := range line {
		line[i] = guarded(line[i])
	}
	return line
}

// guarded keeps a spreadsheet from taking a text for a formula (OWASP, CSV
// injection).
func guarded(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t' || s[0] == '\r') {
		return "'" + s
	}
	return s
}
