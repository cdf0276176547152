// Package privacy answers the customers of a shop who asked, through Shopify,
// what it holds about them.
package privacy

import (
	"fmt"
	"net/http"

	"lapak/store"
	"lapak/web"
)

// Options of Answer.
type Options struct {
	Spool  string // a folder for the file on its way; "" is the system's
	Origin string // the app's own, before links to uploads; "" makes them relative
}

// Answer sends the merchant a file with all that the caller's shop holds about
// the customer of a request, and notes that it was fetched. It is
// store.ErrNotFound if there is no such request. The shop is given back before
// the file is sent.
func Answer(w http.ResponseWriter, r *http.Request, c *web.Caller, id string, opt Options) error {
	f, err := web.TempFile(opt.Spool)
	if err != nil {
		return err
	}
	defer f.Close()
	err = c.Lease.Snapshot(r.Context(), "customer data", func(v *store.View) error {
		d, err := v.DataRequest(id)
		if err != nil {
			return err
		}
		return v.CustomerData(f, d, func(asset string) string { return opt.Origin + web.APIPrefix + "/assets/" + asset + "/content" })
	})
	if err == nil && r.Method != http.MethodHead {
		err = c.Lease.Write(r.Context(), "answer data request", func(tx *store.Tx) error { return tx.FetchedDataRequest(c.By, id) })
	}
	if err != nil {
		return err
	}
	c.Lease.Release()
	return web.SendJSONFile(w, r, f, fmt.Sprintf("%s-customer-data-%s.json", c.Shop, id))
}
