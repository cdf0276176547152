package upload

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"lapak/store"
	"lapak/web"
)

// Send answers with an asset's bytes, or the range of them that is asked for.
// Cache is what goes into Cache-Control. The shop need not be open: the bytes
// outlive every request.
func (u *Uploads) Send(w http.ResponseWriter, r *http.Request, shop store.Shop, as store.Asset, cache string) error {
	etag := `"` + strings.TrimSuffix(path.Base(as.Object), path.Ext(as.Object)) + `"`
	h := w.Header()
	contentHeaders(h, as.ContentType, as.Name+path.Ext(as.Object), etag)
	h.Set("Cache-Control", cache)
	if web.NotModified(r, etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	part, ok := requestedRange(r, etag, as.Size)
	if !ok {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", as.Size))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return nil
	}
	var body io.ReadCloser = http.NoBody
	if r.Method != http.MethodHead {
		object, _, err := u.pool.Assets().Get(r.Context(), key(shop, as.Object), part.from, part.length)
		if err != nil {
			return fmt.Errorf("read asset %s: %w", as.ID, err)
		}
		body = object
	}
	defer body.Close()
	h.Set("Content-Length", strconv.FormatInt(part.length, 10))
	if part.length == as.Size {
		w.WriteHeader(http.StatusOK)
	} else {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.from, part.from+part.length-1, as.Size))
		w.WriteHeader(http.StatusPartialContent)
	}
	if _, err := io.Copy(w, body); err != nil {
		return fmt.Errorf("send asset %s: %w", as.ID, err)
	}
	return nil
}

// contentHeaders keep a stranger's file from being anything but what it is: an
// SVG image is shown where a page embeds it, and saved where it is opened.
func contentHeaders(h http.Header, contentType, filename, etag string) {
	disposition := "inline"
	if contentType == "image/svg+xml" {
		disposition = "attachment"
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": filename}))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
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
