package webhooks

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"lapak/store"
	"lapak/web"
)

// listRequests answers with what customers asked for.
func (h *Webhooks) listRequests(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	q := r.URL.Query()
	limit, err := parseLimit(q.Get("limit"))
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
		h.linkNext(w, r, all[limit-1].ID)
	}
	return web.WriteJSON(w, r, http.StatusOK, all)
}

// answerRequest sends all that is held about a customer who asked, as a file for
// the merchant to hand over. It goes through a file here, so that a slow
// receiver keeps neither a reader nor the shop, and a failure is an answer and
// not half a file.
func (h *Webhooks) answerRequest(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	id := web.Param(r, "id")
	f, err := h.tempFile()
	if err != nil {
		return err
	}
	defer f.Close()
	err = c.Lease.Snapshot(r.Context(), "customer data", func(v *store.View) error {
		d, err := v.DataRequest(id)
		if err != nil {
			return err
		}
		return v.CustomerData(f, d, h.uploadURL)
	})
	if err != nil {
		return err
	}
	if r.Method != http.MethodHead {
		err := c.Lease.Write(r.Context(), "answer data request", func(tx *store.Tx) error { return tx.FetchedDataRequest(c.By, id) })
		if err != nil {
			return err
		}
	}
	c.Lease.Release()
	return sendFile(w, r, f, fmt.Sprintf("%s-customer-data-%s.json", c.Shop, id))
}

func (h *Webhooks) uploadURL(assetID string) string {
	return h.opt.URL + web.APIPrefix + "/assets/" + assetID + "/content"
}

// tempFile is a file without a name: it is gone when it is closed, or the
// program ends.
func (h *Webhooks) tempFile() (*os.File, error) {
	f, err := os.CreateTemp(h.opt.Spool, "spool-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("make a temporary file: %w", err), f.Close())
	}
	return f, nil
}

// sendFile sends what was written to f, for the browser to save.
func sendFile(w http.ResponseWriter, r *http.Request, f *os.File, name string) error {
	size, err := f.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read a temporary file: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Content-Length", strconv.FormatInt(size, 10))
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}
