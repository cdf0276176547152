package upload

import (
	"cmp"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"lapak/store"
	"lapak/tenants"
	"lapak/web"
)

// Send answers with an asset's bytes, or the range of them that is asked for: as
// WebP where the shop's plan has that and whoever asks shows pictures. Cache is
// what goes into Cache-Control. It gives the shop back before it sends: the bytes
// outlive every request.
func (u *Uploads) Send(w http.ResponseWriter, r *http.Request, l *tenants.Lease, as store.Asset, cache string) error {
	h := w.Header()
	f := originalForm(as)
	if l.Shop().EnableWebP && wantsWebP(as) {
		h.Add("Vary", "Accept")
		if acceptsWebP(r) {
			size, err := u.webp(r.Context(), l, as)
			switch {
			case r.Context().Err() != nil:
				return r.Context().Err()
			case err != nil: // for this time
				u.log.Warn("an image is sent without its rendition", "shop", l.Shop().Name.String(), "asset", as.ID, "error", err)
				cache = "private, max-age=60"
			case size > 0:
				f = webpForm(as, size)
			}
		}
	}
	l.Release()
	contentHeaders(h, f.contentType, as.Name+f.ext, f.etag)
	h.Set("Cache-Control", cache)
	if web.NotModified(r, f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return u.sendForm(w, r, key(l.Shop().Name, f.object), f)
}

// sentForm is one way in which an asset's bytes are sent.
type sentForm struct {
	object, contentType, ext, etag string
	size                           int64
}

func originalForm(as store.Asset) sentForm {
	return sentForm{as.Object, as.ContentType, path.Ext(as.Object), `"` + digest(as) + `"`, as.Size}
}

// webpForm has its size in its tag: made again by another encoder, it is another.
func webpForm(as store.Asset, size int64) sentForm {
	etag := fmt.Sprintf("%q", digest(as)+"-webp-"+strconv.FormatInt(size, 10))
	return sentForm{store.Rendition(as.Object, webpName), webpType, ".webp", etag, size}
}

func digest(as store.Asset) string {
	return strings.TrimSuffix(path.Base(as.Object), path.Ext(as.Object))
}

func (u *Uploads) sendForm(w http.ResponseWriter, r *http.Request, key string, f sentForm) error {
	h := w.Header()
	part, ok := requestedRange(r, f.etag, f.size)
	if !ok {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", f.size))
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		return nil
	}
	var body io.ReadCloser = http.NoBody
	if r.Method != http.MethodHead {
		object, _, err := u.pool.Assets().Get(r.Context(), key, part.from, part.length)
		if err != nil {
			return fmt.Errorf("read object %s: %w", key, err)
		}
		body = object
	}
	defer body.Close()
	h.Set("Content-Length", strconv.FormatInt(part.length, 10))
	if part.length == f.size {
		w.WriteHeader(http.StatusOK)
	} else {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.from, part.from+part.length-1, f.size))
		w.WriteHeader(http.StatusPartialContent)
	}
	if _, err := io.Copy(w, body); err != nil {
		return fmt.Errorf("send object %s: %w", key, err)
	}
	return nil
}

// acceptsWebP says whether the request is for showing a picture that may be WebP,
// as it stands in a page (RFC 9110, section 12.5.1). Who opens the address itself,
// or fetches a file, gets what was uploaded.
func acceptsWebP(r *http.Request) bool {
	shows := false
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		switch q, err := strconv.ParseFloat(cmp.Or(params["q"], "1"), 64); {
		case kind == "text/html":
			return false
		case kind == webpType:
			shows = err == nil && q > 0
		}
	}
	return shows
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
