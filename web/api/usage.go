package api

import (
	"net/http"

	"lapak/store"
	"lapak/web"
)

type usageAnswer struct {
	Plan     string      `json:"plan"`
	Month    string      `json:"month"`  // YYYY-MM in the shop's time zone
	Limits   store.Usage `json:"limits"` // -1: none
	Usage    store.Usage `json:"usage"`
	Monthly  monthly     `json:"monthly"`
	Warnings []string    `json:"warnings"`
}

type monthly struct {
	Uploads int64 `json:"uploads"`
	Orders  int64 `json:"orders"`
}

func (a *API) getUsage(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	terms := c.Lease.Terms()
	var used store.Usage
	var month store.Monthly
	err := c.Lease.Read(r.Context(), "read usage", func(v *store.View) (err error) {
		used, month, err = v.Usage(terms)
		return err
	})
	if err != nil {
		return err
	}
	return web.WriteJSON(w, r, http.StatusOK, usageAnswer{
		Plan: c.Lease.Shop().Plan, Month: month.Month, Usage: used,
		Limits: store.Usage{
			Products: terms.MaxProducts, Assets: terms.MaxAssets, Designs: terms.MaxDesigns, StorageBytes: terms.StorageBytes,
		},
		Monthly: monthly{month.Uploads, month.Orders}, Warnings: store.Warnings(used, terms),
	})
}

func (a *API) listAudit(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	q := r.URL.Query()
	p, err := page(q)
	if err != nil {
		return err
	}
	f := store.AuditFilter{Action: q.Get("action"), Resource: q.Get("resource")}
	if f.From, err = parseTime("from", q.Get("from")); err != nil {
		return err
	}
	if f.To, err = parseTime("to", q.Get("to")); err != nil {
		return err
	}
	var items []store.Entry
	var next store.Cursor
	err = c.Lease.Read(r.Context(), "list audit log", func(v *store.View) (err error) {
		items, next, err = v.AuditLog(f, p)
		return err
	})
	if err != nil {
		return err
	}
	return a.writeList(w, r, items, next, "action", "resource", "from", "to")
}
