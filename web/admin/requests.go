package admin

import (
	"net/http"

	"lapak/store"
	"lapak/web"
	"lapak/web/privacy"
	"lapak/web/view"
)

// requestRows is how many of the newest requests are shown; one is answered
// within thirty days.
const requestRows = 100

// requests shows which customers asked, through Shopify, what the shop holds
// about them.
func (v *visit) requests() error {
	var all []store.DataRequest
	err := v.lease().Read(v.r.Context(), "list data requests", func(s *store.View) (err error) {
		all, err = s.DataRequests(requestRows, "")
		return err
	})
	if err != nil {
		return err
	}
	m := view.RequestsView{Tabs: v.settingTabs("/settings/requests")}
	for _, d := range all {
		row := view.RequestRow{Customer: d.Customer, Asked: d.RequestedAt.Time, File: v.path("/settings/requests/"+d.ID, nil)}
		if d.FetchedAt != nil {
			row.Fetched = d.FetchedAt.Time
		}
		m.Rows = append(m.Rows, row)
	}
	return v.show(http.StatusOK, v.l.T("settings.requests"), "/settings", view.Requests(v.l, m))
}

// answer is the route of the file that the merchant hands over.
func (f *face) answer() web.Route {
	rt := f.get("/settings/requests/{id}", admin, (*visit).answerRequest)
	rt.Timeout = exportTime
	return rt
}

// answerRequest sends all that is held about a customer who asked.
func (v *visit) answerRequest() error {
	return privacy.Answer(v.w, v.r, v.c, web.Param(v.r, "id"), privacy.Options{Spool: v.opt.Spool, Origin: v.opt.URL})
}
