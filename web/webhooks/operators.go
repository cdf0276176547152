package webhooks

import (
	"errors"
	"net/http"

	"lapak/store/catalog"
	"lapak/web"
)

// listDead answers with the deliveries whose work was given up, without what
// they were about.
func (h *Webhooks) listDead(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	q := r.URL.Query()
	limit, err := web.ParseLimit(q.Get("limit"))
	if err != nil {
		return err
	}
	dead, next, err := h.catalog.DeadDeliveries(r.Context(), catalog.Page{Limit: limit, After: q.Get("cursor")})
	if err != nil {
		return err
	}
	web.LinkNext(w, r, h.opt.URL, next)
	return web.WriteJSON(w, r, http.StatusOK, dead)
}

// retryDead queues a dead delivery again.
func (h *Webhooks) retryDead(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	d, err := h.catalog.RetryDelivery(r.Context(), web.Param(r, "id"))
	if errors.Is(err, catalog.ErrState) {
		return &web.Error{Status: http.StatusConflict, Code: "conflict", Text: "This webhook is queued or done already"}
	} else if err != nil {
		return err
	}
	h.log.Info("an operator had a webhook's work tried again", "webhook", d.ID, "shop", d.Shop.String(), "by", c.By.UserID)
	h.queue.add(d.Shop)
	return web.WriteJSON(w, r, http.StatusAccepted, d)
}
