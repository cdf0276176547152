package api

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
)

// export sends all of the shop's rows of one moment. They go through a file, so
// that a slow receiver keeps neither a reader nor the shop, and a failure is an
// answer and not half a file.
func (a *API) export(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	f, err := upload.TempFile(a.spool)
	if err != nil {
		return err
	}
	defer f.Close()
	err = c.Lease.Snapshot(r.Context(), "export", func(v *store.View) error { return v.Export(f) })
	if err != nil {
		return err
	}
	c.Lease.Release()
	size, err := f.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read the export: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.json"`, c.Shop, time.Now().UTC().Format("20060102-150405")))
	w.WriteHeader(http.StatusOK)
	return send(w, r, f)
}

// send copies a body whose header is out already.
func send(w http.ResponseWriter, r *http.Request, body io.Reader) error {
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(w, body); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}
