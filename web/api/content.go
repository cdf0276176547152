package api

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"lapak/web"
)

// getContent sends an asset's bytes. The shop is given back first: the bytes
// outlive every request.
func (a *API) getContent(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	as, err := asset(r, c)
	if err != nil {
		return err
	}
	c.Lease.Release()
	etag := `"` + strings.TrimSuffix(path.Base(as.Object), path.Ext(as.Object)) + `"`
	h := w.Header()
	contentHeaders(h, as.ContentType, as.Name+path.Ext(as.Object), etag)
	if notModified(r, etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	part, ok := requestedRange(r, etag, as.Size)
	if !ok {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", as.Size))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return nil
	}
	var body io.Reader = http.NoBody
	if r.Method != http.MethodHead {
		object, _, err := a.pool.Assets().Get(r.Context(), objectKey(c, as.Object), part.from, part.length)
		if err != nil {
			return fmt.Errorf("read asset %s: %w", as.ID, err)
		}
		defer object.Close()
		body = object
	}
	h.Set("Content-Length", strconv.FormatInt(part.length, 10))
	if part.length == as.Size {
		w.WriteHeader(http.StatusOK)
	} else {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.from, part.from+part.length-1, as.Size))
		w.WriteHeader(http.StatusPartialContent)
	}
	return send(w, r, body)
}

// contentHeaders keep a merchant's file from being anything but what it is: an
// SVG image is shown where a page embeds it, and saved where it is opened.
func contentHeaders(h http.Header, contentType, filename, etag string) {
	disposition := "inline"
	if contentType == "image/svg+xml" {
		disposition = "attachment"
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": filename}))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("Accept-Ranges", "bytes")
	h.Set("ETag", etag)
}

// span is a part of a file.
type span struct{ from, length int64 }

// requestedRange reads a Range header of one range (RFC 9110, section 14). What
// cannot be read, several ranges, or one of another version mean the whole file;
// it is not ok when the range begins behind the end.
func requestedRange(r *http.Request, etag string, size int64) (part span, ok bool) {
	whole := span{0, size}
	spec, isBytes := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if ifRange := r.Header.Get("If-Range"); !isBytes || ifRange != "" && ifRange != etag {
		return whole, true
	}
	first, last, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !dash || first+last == "" || strings.Trim(first+last, "0123456789") != "" {
		return whole, true
	}
	if first == "" { // the last so many bytes
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n >= size {
			return whole, true
		}
		return span{size - n, n}, n > 0
	}
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil || from >= size {
		return span{}, false
	}
	to := size - 1
	if last != "" {
		if n, err := strconv.ParseInt(last, 10, 64); err == nil {
			to = min(n, to)
		}
	}
	if to < from {
		return whole, true
	}
	return span{from, to - from + 1}, true
}
