// Package view is how every page looks: the layout and its components, styles,
// the little JavaScript, and all texts in both languages. A page takes a view
// model and computes nothing; who fills it is the faces' business.
package view

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The vendored files are htmx 4.0.1 and its hx-sse, as npm's htmx.org has them.
//
//go:embed static/css/*.css static/js/*.js static/vendor/*.js
var static embed.FS

// Site is what all pages share: the texts, and the files that browsers fetch
// once. It is safe for concurrent use.
type Site struct {
	book    book
	files   map[string]file // by path
	styles  string          // path of the one stylesheet
	scripts []string        // paths, in the order they run
	events  string          // path of the script that only pages with server-sent events fetch
	buffers sync.Pool       // of *bytes.Buffer
	zippers sync.Pool       // of *gzip.Writer
}

// file is a static file as it is sent.
type file struct {
	kind, etag string
	plain      []byte
	gzip       func() []byte // made when it is first asked for: a start is quick
}

// StaticPrefix is where the static files begin. The part behind it is a digest of
// the file, so that what is there never changes.
const StaticPrefix = "/static/"

// NewSite reads the texts and the static files that are built into the program.
func NewSite() (*Site, error) {
	b, err := newBook()
	if err != nil {
		return nil, err
	}
	s := &Site{book: b, files: map[string]file{}}
	s.buffers.New = func() any { return new(bytes.Buffer) }
	s.zippers.New = func() any {
		z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // the level is one of its own
		return z
	}
	// A folder's own files are sent as one, in the order of their names.
	for _, bundle := range []struct{ name, glob, kind string }{
		{"lapak.css", "static/css/*.css", "text/css; charset=utf-8"},
		{"htmx.js", "static/vendor/htmx-*.js", "text/javascript; charset=utf-8"},
		{"lapak.js", "static/js/*.js", "text/javascript; charset=utf-8"},
		{"hx-sse.js", "static/vendor/hx-sse-*.js", "text/javascript; charset=utf-8"},
	} {
		at, err := s.bundle(bundle.name, bundle.glob, bundle.kind)
		if err != nil {
			return nil, err
		}
		switch bundle.name {
		case "lapak.css":
			s.styles = at
		case "hx-sse.js":
			s.events = at
		default:
			s.scripts = append(s.scripts, at)
		}
	}
	return s, nil
}

func (s *Site) bundle(name, glob, kind string) (at string, err error) {
	names, err := fs.Glob(static, glob)
	if err != nil || len(names) == 0 {
		return "", fmt.Errorf("static files %s: %d found: %w", glob, len(names), err)
	}
	var all bytes.Buffer
	for _, n := range names {
		raw, err := static.ReadFile(n)
		if err != nil {
			return "", fmt.Errorf("static file: %w", err)
		}
		switch name {
		case "lapak.css":
			raw = leanCSS(raw)
		case "lapak.js":
			raw = leanJS(raw)
		}
		all.Write(raw)
		all.WriteByte('\n')
	}
	sum := sha256.Sum256(all.Bytes())
	digest := hex.EncodeToString(sum[:8])
	at = path.Join(StaticPrefix, digest, name)
	s.files[at] = file{kind: kind, etag: `"` + digest + `"`, plain: all.Bytes(), gzip: sync.OnceValue(func() []byte { return compress(all.Bytes()) })}
	return at, nil
}

// compress makes a body as small as gzip can.
func compress(body []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is one of its own
	_, _ = z.Write(body)                                    // a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

var (
	cssNotes = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssSpace = strings.NewReplacer(": ", ":", "; ", ";", ", ", ",", " {", "{", "{ ", "{", "; }", "}", "{\n", "{", ";\n", ";", "}\n", "}")
	indents  = regexp.MustCompile(`(?m)^[ \t]+`)
	jsNotes  = regexp.MustCompile(`(?m)^//.*\n`)
)

// leanCSS takes out what is for people who read the source.
func leanCSS(raw []byte) []byte {
	raw = indents.ReplaceAll(cssNotes.ReplaceAll(raw, nil), nil)
	return []byte(cssSpace.Replace(string(raw)))
}

// leanJS takes out indents and the comments on lines of their own. No literal of
// ours goes over more than one line.
func leanJS(raw []byte) []byte { return jsNotes.ReplaceAll(indents.ReplaceAll(raw, nil), nil) }

// ServeStatic answers with the static file of the request's path, and says
// whether there is one.
func (s *Site) ServeStatic(w http.ResponseWriter, r *http.Request) bool {
	f, ok := s.files[r.URL.Path]
	if !ok {
		return false
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", f.etag)
	h.Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	body := f.plain
	if acceptsGzip(r) {
		body = f.gzip()
		h.Set("Content-Encoding", "gzip")
	}
	send(w, r, http.StatusOK, f.kind, body)
	return true
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if c := strings.TrimSpace(coding); c == "gzip" || c == "*" {
			q := strings.TrimLeft(strings.TrimPrefix(strings.TrimSpace(weight), "q="), "0.")
			return weight == "" || q != ""
		}
	}
	return false
}

// send writes a body that is complete. That the client went away meanwhile is
// nobody's error.
func send(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
