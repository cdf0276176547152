package webhooks

import (
	"net/http"

	"lapak/store"
	"lapak/web"
	"lapak/web/privacy"
)

// listRequests answers with what customers asked for.
func (h *Webhooks) listRequests(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	q := r.URL.Query()
	limit, err := web.ParseLimit(q.Get("limit"))
	if err != nil {
		return err
	}
	var all []store.DataRequest
	err = c.Lease.Read(r.Context(), "list data requests", func(v *store.View) (err error) {
		all, err = v.DataRequests(limit+1, q.Get("cursor"))
		return err
	})
	if err != nil {
		return err
	}
	if len(all) > limit {
		all = all[:limit]
		web.LinkNext(w, r, h.opt.URL, all[limit-1].ID)
	}
	return web.WriteJSON(w, r, http.StatusOK, all)
}

// answerRequest sends all that is held about a customer who asked, as a file for
// the merchant to hand over.
func (h *Webhooks) answerRequest(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	return privacy.Answer(w, r, c, web.Param(r, "id"), privacy.Options{Spool: h.opt.Spool, Origin: h.opt.URL})
}
