package admin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
)

// media gives images out by addresses that prove themselves. A browser sends no
// session token with an <img>, and inside Shopify's frame no cookie either.
type media struct{ key []byte }

const (
	mediaPrefix = "/media/"
	// mediaPeriod is how long the same thing keeps its address, so that browsers
	// can keep what they have. An address is good until the end of the next one.
	mediaPeriod = 7 * 24 * time.Hour
)

func newMedia(opt Options) *media {
	key := opt.ImageKey
	if len(key) == 0 {
		key = make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails: it ends the program instead
	}
	return &media{key: key}
}

// Media is the routes of images that the pages show. Register them once.
func (a *Admin) Media() []web.Route {
	route := func(path string, h func(http.ResponseWriter, *http.Request, *web.Caller) error) web.Route {
		return web.Route{
			Method: http.MethodGet, Pattern: mediaPrefix + "{shop}/{until}/{seal}" + path, Proof: web.Key(read).By(a.media.prove), Handle: h,
		}
	}
	content := route("/assets/{id}/content", a.assetContent)
	content.Timeout = long
	return []web.Route{
		route("/designs/{id}/{version}/{side}/preview.svg", a.designPreview),
		route("/designs/{id}/{version}/design.json", a.designJSON),
		route("/assets/{id}/{side}/thumbnail", a.assetThumbnail),
		content,
	}
}

// sign makes an address of what is below path, such as "/assets/ID/thumbnail".
func (m *media) sign(shop store.Shop, path string, now time.Time) string {
	until := strconv.FormatInt(now.Truncate(mediaPeriod).Add(2*mediaPeriod).Unix(), 36)
	return mediaPrefix + shop.String() + "/" + until + "/" + m.seal(shop, until, path) + path
}

func (m *media) seal(shop store.Shop, until, path string) string {
	mac := hmac.New(sha256.New, m.key)
	fmt.Fprintf(mac, "image\n%s\n%s\n%s", shop, until, path)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// prove is the web.Prover of such an address. Who has it may read what it names.
func (m *media) prove(r *http.Request) (web.Identity, error) {
	shop, err := store.ParseShop(web.Param(r, "shop"))
	if err != nil {
		return web.Identity{}, web.ErrBadProof
	}
	until, seal := web.Param(r, "until"), web.Param(r, "seal")
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), mediaPrefix+shop.String()+"/"+until+"/"+seal)
	if !ok || subtle.ConstantTimeCompare([]byte(seal), []byte(m.seal(shop, until, path))) != 1 {
		return web.Identity{}, web.ErrBadProof
	}
	end, err := strconv.ParseInt(until, 36, 64)
	if err != nil || time.Now().Unix() > end {
		return web.Identity{}, fmt.Errorf("an image's address that is too old: %w", web.ErrBadProof)
	}
	return web.Identity{Shop: shop, Role: read, By: store.By{UserID: "image"}}, nil
}

func (v *visit) previewURL(d store.Design, side upload.Side) string {
	return v.media.sign(v.c.Shop, designMedia(d)+"/"+side.String()+"/preview.svg", v.l.Now)
}

func designMedia(d store.Design) string {
	return "/designs/" + url.PathEscape(d.ID) + "/" + strconv.FormatInt(d.Version, 10)
}

func (v *visit) designJSONURL(d store.Design) string {
	return v.media.sign(v.c.Shop, designMedia(d)+"/design.json", v.l.Now)
}

func (v *visit) contentURL(as store.Asset) string {
	return v.media.sign(v.c.Shop, "/assets/"+url.PathEscape(as.ID)+"/content", v.l.Now)
}

// pictureURL is what shows an asset in a list; "" if it is no image.
func (v *visit) pictureURL(as store.Asset, side upload.Side) string {
	switch {
	case upload.HasPicture(as):
		return v.media.sign(v.c.Shop, "/assets/"+url.PathEscape(as.ID)+"/"+side.String()+"/thumbnail", v.l.Now)
	case as.ContentType == "image/svg+xml":
		return v.contentURL(as)
	}
	return ""
}

// forever is Cache-Control of what never changes under its address.
const forever = "private, max-age=31536000, immutable"

func (a *Admin) assetContent(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	as, err := readAsset(r, c)
	if err != nil {
		return err
	}
	return a.opt.Uploads.Send(w, r, c.Lease, as, forever)
}

func (a *Admin) assetThumbnail(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	side, ok := upload.ParseSide(web.Param(r, "side"))
	if !ok {
		return store.ErrNotFound
	}
	as, err := readAsset(r, c)
	if err != nil {
		return err
	}
	p, err := a.opt.Uploads.Picture(r.Context(), c.Lease, as, side)
	if err != nil {
		return err
	}
	return sendImage(w, r, p.ContentType, "default-src 'none'; sandbox", forever, p.Bytes)
}

func readAsset(r *http.Request, c *web.Caller) (as store.Asset, err error) {
	err = c.Lease.Read(r.Context(), "read asset", func(s *store.View) (err error) {
		as, err = s.Asset(web.Param(r, "id"))
		return err
	})
	return as, err
}

// sendImage answers with a picture, which nothing in it can make more of.
func sendImage(w http.ResponseWriter, r *http.Request, contentType, policy, cache string, body []byte) error {
	if !hasImage(w, r, policy, cache, body) {
		web.WriteBytes(w, r, http.StatusOK, contentType, body)
	}
	return nil
}

// sendText is sendImage of what can be compressed.
func (a *Admin) sendText(w http.ResponseWriter, r *http.Request, contentType, policy, cache string, body []byte) error {
	if hasImage(w, r, policy, cache, body) {
		return nil
	}
	body, err := a.opt.Site.Compressed(w, r, body)
	if err == nil {
		web.WriteBytes(w, r, http.StatusOK, contentType, body)
	}
	return err
}

// hasImage sets the headers, and says whether the browser has this body already:
// then it is answered.
func hasImage(w http.ResponseWriter, r *http.Request, policy, cache string, body []byte) bool {
	sum := sha256.Sum256(body)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", cache)
	h.Set("ETag", etag)
	if !web.NotModified(r, etag) {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}
