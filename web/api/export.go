package api

import (
	"fmt"
	"net/http"
	"time"

	"lapak/store"
	"lapak/web"
)

// export sends all of the shop's rows of one moment. They go through a file, so
// that a slow receiver keeps neither a reader nor the shop, and a failure is an
// answer and not half a file.
func (a *API) export(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	f, err := web.TempFile(a.spool)
	if err != nil {
		return err
	}
	defer f.Close()
	err = c.Lease.Snapshot(r.Context(), "export", func(v *store.View) error { return v.Export(f) })
	if err != nil {
		return err
	}
	c.Lease.Release()
	return web.SendJSONFile(w, r, f, fmt.Sprintf("%s-%s.json", c.Shop, time.Now().UTC().Format("20060102-150405")))
}
