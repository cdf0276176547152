package admin

import (
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
	"lapak/web/view/preview"
)

// previewImages is how many bytes of images a preview may hold.
const previewImages = 2 << 20

func (a *Admin) designJSON(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	d, err := readDesign(r, c)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="design.json"`)
	return a.sendText(w, r, "application/json; charset=utf-8", "default-src 'none'; sandbox", "private, no-cache", d.DesignJSON)
}

func readDesign(r *http.Request, c *web.Caller) (d store.Design, err error) {
	err = c.Lease.Read(r.Context(), "read design", func(s *store.View) (err error) {
		d, err = s.Design(web.Param(r, "id"))
		return err
	})
	return d, err
}

// designPreview draws a design. The images stand within the picture: a browser
// loads nothing for an SVG in an <img>.
func (a *Admin) designPreview(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	side, ok := upload.ParseSide(web.Param(r, "side"))
	if !ok {
		return store.ErrNotFound
	}
	var drawing preview.Design
	assets := map[string]store.Asset{}
	err := c.Lease.Read(r.Context(), "read design and its images", func(s *store.View) error {
		d, err := s.Design(web.Param(r, "id"))
		if err != nil {
			return err
		}
		drawing = preview.Parse(d.DesignJSON)
		return findSources(s, drawing.Sources(), assets)
	})
	if err != nil {
		return err
	}
	left := previewImages
	p := drawing.Render(preview.Options{Image: func(src string) (preview.Image, bool) {
		as, ok := assets[src]
		if !ok {
			return preview.Image{}, false
		}
		t, err := a.opt.Uploads.Picture(r.Context(), c.Lease, as, side)
		if left -= len(t.Bytes); err != nil || left < 0 {
			return preview.Image{}, false
		}
		href := "data:" + t.ContentType + ";base64," + base64.StdEncoding.EncodeToString(t.Bytes)
		return preview.Image{Href: href, Width: t.Width, Height: t.Height}, true
	}})
	// Its images may change or come later; the address changes with the design alone.
	return a.sendText(w, r, "image/svg+xml", "default-src 'none'; img-src data:; sandbox", "private, max-age=600", p.SVG)
}

// findSources looks for the assets that a design's images name.
func findSources(s *store.View, sources []string, found map[string]store.Asset) error {
	for _, src := range sources {
		as, err := assetOf(s, src)
		if errors.Is(err, store.ErrNotFound) {
			continue
		} else if err != nil {
			return err
		}
		found[src] = as
	}
	return nil
}

var uuidForm = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// assetOf is the asset that a source names: "asset:NAME", "asset:ID", or an
// address that has its id in it. Whose address it is does not matter: only this
// shop's assets are found.
func assetOf(s *store.View, src string) (store.Asset, error) {
	if len(src) > 2000 {
		return store.Asset{}, store.ErrNotFound
	}
	if all := uuidForm.FindAllString(src, 4); len(all) > 0 {
		as, err := s.Asset(all[len(all)-1])
		if !errors.Is(err, store.ErrNotFound) {
			return as, err
		}
	}
	name, ok := strings.CutPrefix(src, "asset:")
	if !ok {
		return store.Asset{}, store.ErrNotFound
	}
	return s.AssetNamed(name)
}
