package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants/tenanttest"
)

// part is one part of a form; a filename makes it a file.
type part struct{ name, filename, value string }

func (r *request) form(parts ...part) *request {
	r.s.t.Helper()
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := `form-data; name="` + p.name + `"`
		if p.filename != "" {
			disposition += `; filename="` + p.filename + `"`
			h.Set("Content-Type", "image/png") // what a sender says does not count
		}
		h.Set("Content-Disposition", disposition)
		w, err := form.CreatePart(h)
		if err == nil {
			_, err = w.Write([]byte(p.value))
		}
		if err != nil {
			r.s.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		r.s.t.Fatal(err)
	}
	r.body = &buf
	return r.set("Content-Type", form.FormDataContentType())
}

func picture(n int) image.Image {
	m := image.NewPaletted(image.Rect(0, 0, 2, 3), color.Palette{color.Black, color.RGBA{byte(n), byte(n >> 8), 1, 255}})
	m.Pix[0] = 1
	return m
}

// tinyPNG is an image of 2 by 3 pixels; another for each n.
func tinyPNG(n int) string {
	var buf bytes.Buffer
	if err := png.Encode(&buf, picture(n)); err != nil {
		panic(err)
	}
	return buf.String()
}

// pngOfSize is the header of a PNG that claims a size.
func pngOfSize(width, height uint32) string {
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, height), 8, 2, 0, 0, 0)
	raw := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(ihdr)-4))
	raw = append(raw, ihdr...)
	return string(binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(ihdr)))
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestAsset(t *testing.T) {
	s := newSite(t)
	file := tinyPNG(1)
	// The file comes first: its type is known only after.
	made := s.as(s.write, "POST", "/assets").form(part{"file", "x/Logo Kita.png", file}, part{"shop", "", s.shop.String()}, part{"type", "", "gallery"}).do().want(201)
	as := decode[store.Asset](made)
	if as.Type != "gallery" || as.Name != "Logo Kita.png" || as.ContentType != "image/png" || as.Size != int64(len(file)) || *as.Width != 2 || *as.Height != 3 {
		t.Errorf("made %s", made.body)
	}
	path := "/assets/" + as.ID
	if made.header.Get("Location") != "/imcst_api"+path {
		t.Errorf("Location %q", made.header.Get("Location"))
	}
	if got, want := s.objects(s.shop), []string{"gallery/" + hash(file) + ".png"}; !slices.Equal(got, want) {
		t.Errorf("objects %v, want %v", got, want)
	}
	if got := s.as(s.read, "GET", path).do().want(200); got.body != made.body {
		t.Errorf("read %s", got.body)
	}
	if n := len(decode[[]store.Asset](s.as(s.read, "GET", "/assets?type=gallery").do().want(200))); n != 1 {
		t.Errorf("%d assets", n)
	}
	content := s.as(s.read, "GET", path+"/content").do().want(200)
	if content.body != file {
		t.Error("the content is not what was uploaded")
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "ETag": `"` + hash(file) + `"`, "Cache-Control": "private, max-age=31536000, immutable",
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
		"Content-Disposition": `inline; filename="Logo Kita.png.png"`,
	} {
		if got := content.header.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	s.as(s.read, "GET", path+"/content").set("If-None-Match", content.header.Get("ETag")).do().want(304)
	if head := s.as(s.read, "HEAD", path+"/content").do().want(200); head.body != "" || head.header.Get("Content-Length") != content.header.Get("Content-Length") {
		t.Errorf("HEAD %v", head.header)
	}
	s.as(s.write, "DELETE", path).do().want(204)
	s.as(s.read, "GET", path+"/content").do().fails(404, "not_found", "Not found")
	if len(s.objects(s.shop)) != 1 || dead(s) != 1 {
		t.Errorf("objects %v, %d dead: the bytes must wait", s.objects(s.shop), dead(s))
	}
}

// dead is how many objects wait to be deleted.
func dead(s *site) int {
	s.t.Helper()
	all, err := s.pool.Catalog().DeadBefore(s.t.Context(), time.Now().Add(time.Minute), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(all)
}

func TestRange(t *testing.T) {
	s := newSite(t)
	file := tinyPNG(1)
	as := decode[store.Asset](s.as(s.write, "POST", "/assets").form(part{"file", "a", file}, part{"type", "", "gallery"}).do().want(201))
	n := len(file)
	for _, c := range []struct {
		header, ifRange string
		status          int
		body            string
	}{
		{"bytes=0-3", "", 206, file[:4]}, {"bytes=4-", "", 206, file[4:]}, {"bytes=-5", "", 206, file[n-5:]},
		{"bytes=2-99999", "", 206, file[2:]}, {"bytes=99999-", "", 416, ""}, {"bytes=-0", "", 416, ""},
		{"bytes=0-0,2-3", "", 200, file}, {"bytes=x", "", 200, file}, {"lines=1-2", "", 200, file}, {"bytes=3-1", "", 200, file},
		{"bytes=-99999", "", 200, file}, {"bytes=0-3", `"old"`, 200, file}, {"bytes=0-3", `"` + hash(file) + `"`, 206, file[:4]},
	} {
		r := s.as(s.read, "GET", "/assets/"+as.ID+"/content").set("Range", c.header)
		if c.ifRange != "" {
			r.set("If-Range", c.ifRange)
		}
		if a := r.do().want(c.status); a.body != c.body {
			t.Errorf("%s: %q, want %q", c.header, a.body, c.body)
		}
	}
}

// The same bytes twice are one object, and take storage once.
func TestSameBytesTwice(t *testing.T) {
	s := newSite(t)
	tenanttest.Set(t, s.pool, s.shop, "storageLimit", "150")
	file := tinyPNG(1)
	if len(file) <= 75 || len(file) > 150 {
		t.Fatalf("the test's image has %d bytes", len(file))
	}
	upload := func(file string) answer {
		return s.as(s.write, "POST", "/assets").form(part{"type", "", "gallery"}, part{"name", "", "x"}, part{"file", "a", file}).do()
	}
	one, two := decode[store.Asset](upload(file).want(201)), decode[store.Asset](upload(file).want(201))
	if one.ID == two.ID || len(s.objects(s.shop)) != 1 {
		t.Errorf("objects %v", s.objects(s.shop))
	}
	upload(tinyPNG(2)).fails(403, "limit_reached", "Storage limit reached for your plan")
	if len(s.objects(s.shop)) != 1 {
		t.Errorf("objects %v: a refused upload left its bytes", s.objects(s.shop))
	}
	s.as(s.write, "DELETE", "/assets/"+one.ID).do().want(204)
	if dead(s) != 0 {
		t.Error("an object in use waits to be deleted")
	}
	s.as(s.write, "DELETE", "/assets/"+two.ID).do().want(204)
	if dead(s) != 1 {
		t.Error("an object of nobody does not wait to be deleted")
	}
	upload(file).want(201)
	if dead(s) != 0 {
		t.Error("an object that is in use again waits to be deleted")
	}
	if err := s.pool.SweepObjects(t.Context(), time.Now().Add(10*365*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if len(s.objects(s.shop)) != 1 {
		t.Error("the sweep took bytes that are in use")
	}
}

func TestKinds(t *testing.T) {
	s := newSite(t)
	encoded := func(encode func(*bytes.Buffer) error) string {
		var buf bytes.Buffer
		if err := encode(&buf); err != nil {
			t.Fatal(err)
		}
		return buf.String()
	}
	svg := `<?xml version="1.0"?><!-- x --><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	jpg := encoded(func(b *bytes.Buffer) error { return jpeg.Encode(b, picture(1), nil) })
	webp := "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00" // 1 by 1
	const kinds = "file must be a PNG, JPEG, GIF, WebP or SVG image or a WOFF, WOFF2, TTF or OTF font"
	for _, c := range []struct{ name, kind, file, contentType, refused string }{
		{"png", "base-images", tinyPNG(1), "image/png", ""},
		{"jpeg", "designs", jpg, "image/jpeg", ""},
		{"gif", "gallery", encoded(func(b *bytes.Buffer) error { return gif.Encode(b, picture(1), nil) }), "image/gif", ""},
		{"webp", "gallery", webp, "image/webp", ""},
		{"svg", "gallery", svg, "image/svg+xml", ""},
		{"prefixed svg", "gallery", `<s:svg xmlns:s="http://www.w3.org/2000/svg"/>`, "image/svg+xml", ""},
		{"woff2", "fonts", "wOF2 and more", "font/woff2", ""},
		{"woff", "fonts", "wOFF and more", "font/woff", ""},
		{"ttf", "fonts", "\x00\x01\x00\x00 and more", "font/ttf", ""},
		{"otf", "fonts", "OTTO and more", "font/otf", ""},
		{"html", "gallery", "<!DOCTYPE html><script>alert(1)</script>", "", kinds},
		{"html with svg", "gallery", `<html><svg xmlns="http://www.w3.org/2000/svg"/></html>`, "", kinds},
		{"xhtml", "gallery", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>`, "", kinds},
		{"svg of no namespace", "gallery", `<svg></svg>`, "", kinds},
		{"not well-formed svg", "gallery", `<svg xmlns="http://www.w3.org/2000/svg"><a b=></svg>`, "", kinds},
		{"text", "gallery", "hello", "", kinds},
		{"pdf", "gallery", "%PDF-1.4", "", kinds},
		{"program", "gallery", "\x7fELF\x02\x01", "", kinds},
		{"font as image", "gallery", "wOF2 and more", "", "file must be a font for the type fonts, and an image for every other"},
		{"image as font", "fonts", tinyPNG(1), "", "file must be a font for the type fonts, and an image for every other"},
		{"cut png", "gallery", tinyPNG(1)[:12], "", "file is damaged: its size cannot be read"},
		{"bomb", "gallery", pngOfSize(50_000, 50_000), "", "file must have at most 100 megapixels"},
		{"overflowing bomb", "gallery", pngOfSize(1<<31-1, 1<<31-1), "", "file"},
		{"empty", "gallery", "", "", "file must not be empty"},
		{"wrong type", "movies", tinyPNG(1), "", "type must be one of gallery, base-images, fonts, designs"},
		{"path as type", "../gallery", tinyPNG(1), "", "type must be one of gallery, base-images, fonts, designs"},
	} {
		a := s.as(s.write, "POST", "/assets").form(part{"type", "", c.kind}, part{"file", "../../evil.html", c.file}).do()
		if c.refused != "" {
			if a.want(400); !strings.Contains(a.body, `{"error":"`+c.refused) || !strings.Contains(a.body, `"code":"invalid"`) {
				t.Errorf("%s: %s", c.name, a.body)
			}
			continue
		}
		as := decode[store.Asset](a.want(201))
		content := s.as(s.read, "GET", "/assets/"+as.ID+"/content").do().want(200)
		if got := content.header.Get("Content-Type"); got != c.contentType || content.body != c.file {
			t.Errorf("%s: Content-Type %q, want %q", c.name, got, c.contentType)
		}
		isSVG := c.contentType == "image/svg+xml"
		if attached := strings.HasPrefix(content.header.Get("Content-Disposition"), "attachment"); attached != isSVG {
			t.Errorf("%s: Content-Disposition %q", c.name, content.header.Get("Content-Disposition"))
		}
	}
	if left := s.spooled(); left != nil {
		t.Errorf("left in the spool: %v", left)
	}
}

func TestBadForms(t *testing.T) {
	s := newSite(t)
	file, kind := part{"file", "a", tinyPNG(1)}, part{"type", "", "gallery"}
	for _, c := range []struct {
		parts  []part
		status int
		code   string
		text   string
	}{
		{[]part{kind}, 400, "invalid", "file must be there"},
		{[]part{file}, 400, "invalid", "type must be one of gallery, base-images, fonts, designs"},
		{[]part{file, file, kind}, 400, "invalid", "file is there twice"},
		{[]part{file, kind, {"owner", "", "x"}}, 400, "invalid", "owner is not expected here"},
		{[]part{file, kind, {"name", "", strings.Repeat("x", 201)}}, 400, "invalid", "name must be at most 200 characters"},
		{[]part{kind, {"name", "", strings.Repeat("x", 5000)}, file}, 413, "too_large", "name must be at most 4 KiB"},
		{[]part{kind, {"file", "a", strings.Repeat("x", 20<<20+1)}}, 413, "too_large", "file must be at most 20 MiB"},
	} {
		s.as(s.write, "POST", "/assets").form(c.parts...).do().fails(c.status, c.code, c.text)
	}
	s.as(s.write, "POST", "/assets").json(`{"type":"gallery"}`).do().fails(400, "invalid", "body must be multipart/form-data")
	s.as(s.operator, "POST", "/assets?shop="+s.shop.String()).form(file, kind).do().want(201)
	if left := s.spooled(); left != nil {
		t.Errorf("left in the spool: %v", left)
	}
	if got := s.objects(s.shop); len(got) != 1 {
		t.Errorf("objects %v", got)
	}
}
