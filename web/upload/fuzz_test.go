package upload

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"lapak/store"
	"lapak/web"
)

// FuzzSniff wants that whatever is kept has a type that is safe to serve.
func FuzzSniff(f *testing.F) {
	for _, head := range []string{
		"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "\xff\xd8\xff\xe0", "GIF89a\x01\x00\x01\x00", "RIFF\x1a\x00\x00\x00WEBPVP8L",
		`<svg xmlns="http://www.w3.org/2000/svg"><!-- -->`, "<!DOCTYPE html>", "wOF2", "OTTO",
	} {
		f.Add([]byte(head), true)
		f.Add([]byte(head), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, font bool) {
		kind := map[bool]string{true: "fonts", false: "gallery"}[font]
		m, err := sniff(bytes.NewReader(data), kind)
		if err != nil {
			if web.Explain(err).Status != http.StatusBadRequest {
				t.Fatal(err)
			}
			return
		}
		in := store.NewAsset{Type: kind, ContentType: m.contentType, Object: kind + "/" + strings.Repeat("a", 64) + "." + m.ext}
		if err := in.Validate(); err != nil || strings.Contains(m.contentType, "html") || (m.width == nil) != (m.height == nil) {
			t.Fatalf("%+v: %v", m, err)
		}
		if m.width != nil && *m.width**m.height > maxPixels {
			t.Fatalf("%d by %d pixels", *m.width, *m.height)
		}
	})
}

func FuzzRange(f *testing.F) {
	for _, h := range []string{"bytes=0-1", "bytes=-1", "bytes=9-", "bytes=-0", "bytes=18446744073709551616-"} {
		f.Add(h, int64(10))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 1 {
			return
		}
		r := &http.Request{Header: http.Header{"Range": {header}}}
		part, ok := requestedRange(r, `"x"`, size)
		if ok && (part.from < 0 || part.length < 1 || part.from+part.length > size) {
			t.Fatalf("%q of %d: %+v", header, size, part)
		}
	})
}
