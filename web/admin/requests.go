package admin

import (
	"fmt"
	"net/http"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
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

// answerRequest sends all that is held about a customer who asked. It goes
// through a file, so that a slow receiver does not keep the shop.
func (v *visit) answerRequest() error {
	id := web.Param(v.r, "id")
	f, err := upload.TempFile(v.opt.Spool)
	if err != nil {
		return err
	}
	defer f.Close()
	err = v.lease().Snapshot(v.r.Context(), "customer data", func(s *store.View) error {
		d, err := s.DataRequest(id)
		if err != nil {
			return err
		}
		return s.CustomerData(f, d, func(asset string) string { return v.opt.URL + web.APIPrefix + "/assets/" + asset + "/content" })
	})
	if err == nil && v.r.Method != http.MethodHead {
		err = v.lease().Write(v.r.Context(), "answer data request", func(tx *store.Tx) error { return tx.FetchedDataRequest(v.c.By, id) })
	}
	if err != nil {
		return err
	}
	v.lease().Release()
	return v.download(f, fmt.Sprintf("%s-customer-data-%s.json", v.c.Shop, id))
}
