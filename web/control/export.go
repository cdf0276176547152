package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"lapak/store"
	"lapak/tenants"
)

// A stream's end is told behind it: how long it is and whether it will succeed is
// not known before.
const (
	trailerExported = "Lapak-Exported" // JSON of a tenants.Exported
	trailerFailure  = "Lapak-Failure"  // JSON of a Failure
)

// exportShop streams a shop as one file.
func (s *server) exportShop(w http.ResponseWriter, r *http.Request) error {
	shop, err := pathShop(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Trailer", trailerExported+", "+trailerFailure)
	out := &begun{ResponseWriter: w}
	done, err := s.pool.Export(r.Context(), shop, s.by, out)
	if err != nil && !out.yes {
		w.Header().Del("Trailer")
		return err
	}
	if err != nil {
		s.Log.Warn("an export failed", "shop", shop.String(), "error", err)
		return tell(w, trailerFailure, failure(err))
	}
	return tell(w, trailerExported, done)
}

func tell(w http.ResponseWriter, trailer string, v any) error {
	raw, err := json.Marshal(v)
	if err == nil {
		w.Header().Set(trailer, string(raw))
	}
	return err
}

// begun knows whether anything was sent.
type begun struct {
	http.ResponseWriter
	yes bool
}

func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.ResponseWriter.Write(p)
}

// Export writes a shop as one file to w. What was written is of use only if there
// is no error.
func (c *Client) Export(ctx context.Context, shop store.Shop, w io.Writer) (done tenants.Exported, err error) {
	resp, err := c.send(ctx, "POST", shopPath(shop, "/export"), nil)
	if err != nil {
		return done, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(w, resp.Body)
	if err != nil {
		return done, fmt.Errorf("receive the export: %w", err)
	}
	if raw := resp.Trailer.Get(trailerFailure); raw != "" {
		f := &Failure{}
		return done, errors.Join(json.Unmarshal([]byte(raw), f), f)
	}
	if err := json.Unmarshal([]byte(resp.Trailer.Get(trailerExported)), &done); err != nil {
		return done, fmt.Errorf("receive the export: it has no end: %w", err)
	}
	if n != done.Bytes {
		return done, fmt.Errorf("receive the export: %d bytes of %d", n, done.Bytes)
	}
	return done, nil
}
