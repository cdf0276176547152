package api_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/webp"

	"lapak/store"
	"lapak/tenants/tenanttest"
)

// browser is what an <img> accepts.
const browser = "image/avif,image/webp,image/apng,image/*,*/*;q=0.8"

// photo is an image as cameras make them: smooth, with a little noise.
func photo(w, h int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range w * h {
		x, y := i%w, i/w
		m.Set(x, y, color.NRGBA{uint8(x * 255 / w), uint8(y * 255 / h), uint8(128 + r.IntN(9)), 255})
	}
	return m
}

func noise(side int) image.Image {
	m := image.NewGray(image.Rect(0, 0, side, side))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = uint8(r.IntN(256))
	}
	return m
}

func encoded(t *testing.T, encode func(*bytes.Buffer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func (s *site) sendAsset(kind, name, file string) store.Asset {
	s.t.Helper()
	form := []part{{"file", name, file}, {"type", "", kind}}
	return decode[store.Asset](s.as(s.write, "POST", "/assets").form(form...).do().want(201))
}

func (s *site) content(as store.Asset, accept string) *request {
	return s.as(s.read, "GET", "/assets/"+as.ID+"/content").set("Accept", accept)
}

func TestWebP(t *testing.T) {
	s := newSite(t)
	file := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, photo(300, 200)) })
	as := s.sendAsset("gallery", "Senja.png", file)
	tenanttest.Set(t, s.pool, s.shop, "enableWebP", "false")
	if a := s.content(as, browser).do().want(200); a.body != file || a.header.Get("Vary") != "" {
		t.Errorf("without the plan: %v", a.header)
	}
	tenanttest.Set(t, s.pool, s.shop, "enableWebP", "true")
	used := s.as(s.read, "GET", "/usage").do().want(200).body
	a := s.content(as, browser).do().want(200)
	got, err := webp.Decode(strings.NewReader(a.body))
	if err != nil || got.Bounds() != image.Rect(0, 0, 300, 200) || len(a.body) > len(file)*9/10 {
		t.Fatalf("%d bytes of %d: %v", len(a.body), len(file), err)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/webp", "Vary": "Accept", "Content-Disposition": `inline; filename=Senja.png.webp`, "Cache-Control": "private, max-age=31536000, immutable",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	// Who opens the address, fetches the file, or cannot show it, gets what was uploaded.
	var original string
	for _, accept := range []string{"", "*/*", "image/*", "text/html,image/webp,*/*;q=0.8", "image/webp;q=0", "image/webpx"} {
		b := s.content(as, accept).do().want(200)
		if original = b.header.Get("ETag"); b.body != file || b.header.Get("Content-Type") != "image/png" || b.header.Get("Vary") != "Accept" {
			t.Errorf("%q: %v", accept, b.header)
		}
	}
	etag := a.header.Get("ETag")
	if etag == original {
		t.Errorf("one tag for both: %s", etag)
	}
	s.content(as, browser).set("If-None-Match", etag).do().want(304)
	s.content(as, browser).set("If-None-Match", original).do().want(200)
	if b := s.content(as, browser).set("Range", "bytes=5-9").do().want(206); b.body != a.body[5:10] || !strings.HasPrefix(b.header.Get("Content-Range"), "bytes 5-9/") {
		t.Errorf("range %q %v", b.body, b.header)
	}
	if b := s.content(as, browser).set("Range", "bytes=5-9").set("If-Range", original).do().want(200); b.body != a.body {
		t.Error("a range of another rendition")
	}
	if b := s.as(s.read, "HEAD", "/assets/"+as.ID+"/content").set("Accept", browser).do().want(200); b.header.Get("ETag") != etag {
		t.Errorf("HEAD %v", b.header)
	}
	if after := s.as(s.read, "GET", "/usage").do().want(200).body; after != used {
		t.Errorf("it counts: %s, before %s", after, used)
	}
	// It goes with its image.
	s.as(s.write, "DELETE", "/assets/"+as.ID).do().want(204)
	if err := s.pool.SweepObjects(t.Context(), time.Now().AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if left := s.objects(s.shop); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWebPOfAPhotograph(t *testing.T) {
	s := newSite(t)
	tenanttest.Set(t, s.pool, s.shop, "enableWebP", "true")
	raw := encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, photo(400, 200), &jpeg.Options{Quality: 100}) })
	turned := raw[:2] + "\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00" + raw[2:]
	a := s.content(s.sendAsset("gallery", "foto.jpg", turned), browser).do().want(200)
	got, err := webp.Decode(strings.NewReader(a.body))
	if err != nil || got.Bounds() != image.Rect(0, 0, 200, 400) {
		t.Fatalf("%s: %v", a.header.Get("Content-Type"), err)
	}
	profile := raw[:2] + "\xff\xe2\x00\x1aICC_PROFILE\x00\x01\x01Adobe RGB!" + raw[2:]
	if a := s.content(s.sendAsset("gallery", "adobe.jpg", profile), browser).do().want(200); a.body != profile {
		t.Error("its colours need a profile")
	}
}

// TestNoWebP: what is not worth it, or would lose something, is sent as it came.
func TestNoWebP(t *testing.T) {
	s := newSite(t)
	tenanttest.Set(t, s.pool, s.shop, "enableWebP", "true")
	gif := "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	poor := encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, noise(200), &jpeg.Options{Quality: 5}) })
	rest := strings.Repeat("\x00", 3000)
	for _, c := range []struct{ kind, file, vary string }{
		{"gallery", poor, "Accept"},                       // it would grow
		{"gallery", pngOfSize(200, 100) + rest, "Accept"}, // damaged
		{"gallery", pngOfSize(9000, 9000) + rest, ""},     // too large
		{"gallery", tinyPNG(1), ""},
		{"gallery", gif, ""},
		{"gallery", `<svg xmlns="http://www.w3.org/2000/svg"/>`, ""},
		{"fonts", "wOF2" + strings.Repeat("\x00", 100), ""},
	} {
		as := s.sendAsset(c.kind, "a", c.file)
		for range 2 {
			if a := s.content(as, browser).do().want(200); a.body != c.file || a.header.Get("Content-Type") != as.ContentType || a.header.Get("Vary") != c.vary {
				t.Errorf("%s %.10q: %v", c.kind, c.file, a.header)
			}
		}
	}
	// That it is not worth it is known the next time, and after a restart.
	kept := slices.DeleteFunc(s.objects(s.shop), func(key string) bool { return !strings.HasSuffix(key, "/webp") })
	if len(kept) != 2 {
		t.Errorf("kept %v", kept)
	}
}
