package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"lapak/store"
	"lapak/tenants"
)

// Import asks for a shop from a file; see tenants.ImportOptions.
type Import struct {
	As         string
	Plan       string
	KeepLimits bool
}

func (in Import) query() string {
	q := url.Values{"as": {in.As}, "plan": {in.Plan}}
	if in.KeepLimits {
		q.Set("keepLimits", "true")
	}
	return q.Encode()
}

// importShop makes a shop of the file that is the request's body.
func (s *server) importShop(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	opt := tenants.ImportOptions{Plan: q.Get("plan"), KeepLimits: q.Get("keepLimits") == "true"}
	if as := q.Get("as"); as != "" {
		shop, err := store.ParseShop(as)
		if err != nil {
			return err
		}
		opt.As = shop
	}
	done, err := s.pool.Import(r.Context(), r.Body, s.by, opt)
	if err != nil {
		return err
	}
	answer(w, http.StatusCreated, done)
	return nil
}

// restTimeout is for how long the rest of a refused body is still taken.
const restTimeout = 10 * time.Second

// handleStream is handle of a request whose body has no limit. A refusal is sent
// while the body still comes: then the rest of it is taken until the other side
// has read why and hangs up, since a connection that is closed with unread bytes
// loses the answer.
func (s *server) handleStream(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		_ = c.EnableFullDuplex() // HTTP/1 can
		err := h(w, r)
		if err == nil {
			return
		}
		f := failure(err)
		s.Log.Debug("an operator's request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		answer(w, statusOf(f.Code), f)
		_ = c.Flush()
		_ = c.SetReadDeadline(time.Now().Add(restTimeout))
		_, _ = io.Copy(io.Discard, r.Body)
	})
}

// Import makes a shop of a file that Export wrote, read from r to its end.
func (c *Client) Import(ctx context.Context, r io.Reader, in Import) (done tenants.Imported, err error) {
	req, err := http.NewRequestWithContext(ctx, "POST", "http://lapak/imports?"+in.query(), io.NopCloser(r))
	if err != nil {
		return done, err
	}
	resp, err := c.do(req)
	if err != nil {
		return done, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&done); err != nil {
		return done, errors.Join(fmt.Errorf("read the answer: %w", err), ctx.Err())
	}
	return done, nil
}
