package webhooks

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"lapak/store/catalog"
	"lapak/web"
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

func parseLimit(raw string) (int, error) {
	if raw == "" {
		return defaultLimit, nil
	}
	n, err := strconv.ParseUint(raw, 10, 8)
	if err != nil || n < 1 || n > maxLimit {
		return 0, web.Invalid("limit", fmt.Sprintf("must be a number from 1 to %d", maxLimit))
	}
	return int(n), nil
}

// linkNext says where the next page of a list is; "" is after the last one.
func (h *Webhooks) linkNext(w http.ResponseWriter, r *http.Request, next string) {
	if next == "" {
		return
	}
	query, link := r.URL.Query(), url.Values{"cursor": {next}}
	for _, name := range []string{"limit", "shop"} {
		if query.Has(name) {
			link.Set(name, query.Get(name))
		}
	}
	w.Header().Set("Link", fmt.Sprintf("<%s%s?%s>; rel=\"next\"", h.opt.URL, r.URL.EscapedPath(), link.Encode()))
}

// listDead answers with the deliveries whose work was given up, without what
// they were about.
func (h *Webhooks) listDead(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	q := r.URL.Query()
	limit, err := parseLimit(q.Get("limit"))
	if err != nil {
		return err
	}
	dead, next, err := h.catalog.DeadDeliveries(r.Context(), catalog.Page{Limit: limit, After: q.Get("cursor")})
	if err != nil {
		return err
	}
	h.linkNext(w, r, next)
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
