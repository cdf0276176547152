package upload

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"

	"golang.org/x/image/webp"

	"lapak/web"
)

// maxPixels bounds what a picture takes when somebody decodes it whole.
const maxPixels = 100_000_000

// media is what an upload's bytes are found to be, whatever they are said to be.
type media struct {
	contentType   string
	ext           string
	width, height *int64 // pixels; nil where it is no image, or has no size
}

// sniff looks at a file's content. Kinds that are not served are refused.
func sniff(f io.ReadSeeker, assetType string) (media, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return media{}, fmt.Errorf("read upload: %w", err)
	}
	m := media{contentType: http.DetectContentType(head[:n])}
	var decode func(io.Reader) (image.Config, error)
	switch m.contentType {
	case "image/png":
		m.ext, decode = "png", png.DecodeConfig
	case "image/jpeg":
		m.ext, decode = "jpg", jpeg.DecodeConfig
	case "image/gif":
		m.ext, decode = "gif", gif.DecodeConfig
	case "image/webp":
		m.ext, decode = "webp", webp.DecodeConfig
	case "font/woff", "font/woff2", "font/ttf", "font/otf":
		m.ext = m.contentType[len("font/"):]
	default:
		if !isSVG(f) {
			return media{}, web.Invalid("file", "must be a PNG, JPEG, GIF, WebP or SVG image or a WOFF, WOFF2, TTF or OTF font")
		}
		m.contentType, m.ext = "image/svg+xml", "svg"
	}
	if font := m.contentType[:5] == "font/"; font != (assetType == "fonts") {
		return media{}, web.Invalid("file", "must be a font for the type fonts, and an image for every other")
	}
	if decode == nil {
		return m, nil
	}
	return m, m.measure(f, decode)
}

// measure reads an image's size from its header.
func (m *media) measure(f io.ReadSeeker, decode func(io.Reader) (image.Config, error)) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read upload: %w", err)
	}
	cfg, err := decode(f)
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 {
		return web.Invalid("file", "is damaged: its size cannot be read")
	}
	w, h := int64(cfg.Width), int64(cfg.Height)
	if w > maxPixels || h > maxPixels || w*h > maxPixels {
		return web.Invalid("file", fmt.Sprintf("must have at most %d megapixels", maxPixels/1_000_000))
	}
	m.width, m.height = &w, &h
	return nil
}

const svgNamespace = "http://www.w3.org/2000/svg"

// isSVG says whether the file is one well-formed XML document whose root is an
// SVG image.
func isSVG(f io.ReadSeeker) bool {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false
	}
	d := xml.NewDecoder(f)
	root := false
	for {
		token, err := d.RawToken()
		if err != nil {
			return root && errors.Is(err, io.EOF)
		}
		start, ok := token.(xml.StartElement)
		if !ok || root {
			continue
		}
		if root = isSVGRoot(start); !root {
			return false
		}
	}
}

func isSVGRoot(e xml.StartElement) bool {
	if e.Name.Local != "svg" {
		return false
	}
	for _, a := range e.Attr {
		bound := e.Name.Space == "" && a.Name.Space == "" && a.Name.Local == "xmlns" ||
			e.Name.Space != "" && a.Name.Space == "xmlns" && a.Name.Local == e.Name.Space
		if bound && a.Value == svgNamespace {
			return true
		}
	}
	return false
}
