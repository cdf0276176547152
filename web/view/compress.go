package view

import (
	"bytes"
	"net/http"
)

// Compressed is a body as it is sent to whoever asks, with the headers that say
// so set.
func (s *Site) Compressed(w http.ResponseWriter, r *http.Request, body []byte) ([]byte, error) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	if len(body) <= smallest || !acceptsGzip(r) {
		return body, nil
	}
	var out bytes.Buffer
	if err := s.zip(&out, body); err != nil {
		return nil, err
	}
	h.Set("Content-Encoding", "gzip")
	return out.Bytes(), nil
}
