package admin_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
	"lapak/web/upload"
)

func TestUpload(t *testing.T) {
	p := openPages(t)
	p.wants(p.get("/assets"), http.StatusOK, "Nothing here yet", "Drop files here")
	a := p.upload("gallery", "senja.png", picture(t, 600, 300, whitish), "application/json")
	p.wants(a, http.StatusCreated, `"name":"senja.png"`)
	p.wants(p.follow(p.upload("base-images", "kaos.png", picture(t, 10, 10, whitish), "")), http.StatusOK, "Uploaded.", "kaos.png")
	list := p.get("/assets")
	p.wants(list, http.StatusOK, "senja.png", "kaos.png", "600 × 300")
	only := p.get("/assets?type=gallery")
	p.wants(only, http.StatusOK, "senja.png")
	p.lacks(only, "kaos.png")
	p.wants(p.get("/assets?q=SENJA"), http.StatusOK, "senja.png")
	p.wants(p.get("/assets?q=zzz"), http.StatusOK, "Nothing fits")
	p.wants(p.get("/assets?type=x"), http.StatusBadRequest)
}

// TestUploadsThatAreRefused: a script gets a sentence for the file, a plain form
// the page with it.
func TestUploadsThatAreRefused(t *testing.T) {
	p := openPages(t)
	for _, c := range []struct {
		name, kind string
		content    []byte
		status     int
		why        string
	}{
		{"text", "gallery", []byte("hello"), http.StatusBadRequest, "no image or font"},
		{"kind", "x", picture(t, 5, 5, whitish), http.StatusBadRequest, "no image or font"},
		{"empty", "gallery", nil, http.StatusBadRequest, "not empty"},
		{"large", "gallery", make([]byte, upload.MaxFile+1), http.StatusRequestEntityTooLarge, "too large: 20 MB at most"},
	} {
		p.wants(p.upload(c.kind, c.name, c.content, "application/json"), c.status, c.why)
		p.wants(p.upload(c.kind, c.name, c.content, ""), c.status, c.why, `id="upload-error"`, "Drop files here")
	}
	tenanttest.Set(t, p.pool, p.shop, "maxAssets", "0")
	p.wants(p.upload("gallery", "a.png", picture(t, 5, 5, whitish), "application/json"), http.StatusForbidden, "A limit of your plan is reached")
	p.role = catalog.RoleRead
	p.wants(p.upload("gallery", "a.png", picture(t, 5, 5, whitish), ""), http.StatusForbidden)
	p.lacks(p.get("/assets"), "data-upload")
}

func TestAssetPage(t *testing.T) {
	p := openPages(t)
	p.upload("gallery", "senja.png", picture(t, 600, 300, whitish), "")
	p.upload("gallery", "lain.png", picture(t, 60, 30, whitish), "")
	p.saveDesign("Mug senja", "", `{"layers":[{"type":"image","src":"asset:senja.png"}]}`)
	title := "Kaos"
	p.write(func(tx *store.Tx, terms store.Terms) error {
		_, _, err := tx.PutConfig(store.By{}, terms, "9", store.ConfigPatch{Config: json.RawMessage(`{"gallery":["asset:senja.png"]}`), Title: &title}, 0)
		return err
	})
	page := p.get(address(t, p.get("/assets?q=senja"), "/assets/"))
	ids := boxes(p.get("/assets?q=senja"))
	page = p.get("/assets/" + ids[0])
	p.wants(page, http.StatusOK, "senja.png", "image/png", "600 × 300", "See what uses it")
	p.lacks(page, "Mug senja")
	p.wants(p.get(address(t, page, "users=1")), http.StatusOK, "Mug senja", "Kaos")
	p.wants(p.get("/assets/"+boxes(p.get("/assets?q=lain"))[0]+"?users=1"), http.StatusOK, "Nothing uses it.")
	content := p.get(address(t, page, "/content"))
	p.wants(content, http.StatusOK)
	if !bytes.Equal([]byte(content.body), picture(t, 600, 300, whitish)) {
		t.Error("other bytes")
	}
	gone := p.follow(p.post("/assets/"+ids[0]+"/delete", nil))
	p.wants(gone, http.StatusOK, "The file is deleted.")
	p.wants(p.get("/assets/"+ids[0]), http.StatusNotFound)
	p.wants(p.undo(gone), http.StatusOK, "All is back.", "senja.png")
	p.wants(p.undo(gone), http.StatusOK, "All is back.")
}

func TestChosenAssets(t *testing.T) {
	p := openPages(t)
	for i := range 3 {
		p.upload("gallery", "a.png", picture(t, 5+i, 5, whitish), "")
	}
	ids := boxes(p.get("/assets"))
	gone := p.follow(p.post("/assets/chosen", url.Values{"do": {"delete"}, "id": append(ids, "not-there")}))
	p.wants(gone, http.StatusOK, "Nothing here yet", "The files are deleted.")
	p.undo(gone)
	if n := len(boxes(p.get("/assets"))); n != 3 {
		t.Errorf("%d came back", n)
	}
	p.wants(p.post("/assets/chosen", url.Values{"do": {"burn"}, "id": ids}), http.StatusBadRequest)
	other := p.otherShopsDesign() // no asset of this shop either
	p.wants(p.get("/assets/"+other), http.StatusNotFound)
	p.wants(p.post("/assets/"+other+"/delete", nil), http.StatusNotFound)
	p.wants(p.follow(p.post("/assets/undo", url.Values{"of": {other}})), http.StatusOK, "Not all of it could be brought back")
}

func TestThumbnail(t *testing.T) {
	p := openPages(t)
	large := picture(t, 1200, 600, whitish)
	p.upload("gallery", "large.png", large, "")
	at := address(t, p.get("/assets"), "/thumbnail")
	a := p.get(at)
	p.wants(a, http.StatusOK)
	img, kind, err := image.Decode(strings.NewReader(a.body))
	if err != nil || kind != "webp" && kind != "jpeg" || img.Bounds().Dx() != 160 || img.Bounds().Dy() != 80 {
		t.Fatalf("%s %v: %v", kind, img.Bounds(), err)
	}
	if again := p.get(at); again.body != a.body {
		t.Error("another picture the second time")
	}
	var object string
	err = tenanttest.Lease(t, p.pool, p.shop).Read(t.Context(), "test", func(s *store.View) error {
		as, err := s.AssetNamed("large.png")
		object = as.Object
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	key := p.shop.String() + "/" + store.Rendition(object, "160")
	if _, err := p.pool.Assets().Stat(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	// It goes with its image.
	p.post("/assets/chosen", url.Values{"do": {"delete"}, "id": boxes(p.get("/assets"))})
	if err := p.pool.SweepObjects(t.Context(), time.Now().AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.pool.Assets().Stat(t.Context(), key); err == nil {
		t.Error("the thumbnail of a deleted image is still there")
	}
}

// TestThumbnailIsTurned: a photograph that says how to hold it.
func TestThumbnailIsTurned(t *testing.T) {
	p := openPages(t)
	img := image.NewRGBA(image.Rect(0, 0, 800, 400))
	for i := range 800 * 400 {
		img.Set(i%800, i/800, color.RGBA{uint8(i % 800 / 4), uint8(i * 7919 >> 4), 0, 255})
	}
	var raw bytes.Buffer
	if err := jpeg.Encode(&raw, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), 0, 6, 0, 0, 0, 0, 0, 0)
	marker := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	turned := append(append(append([]byte{0xff, 0xd8}, marker...), exif...), raw.Bytes()[2:]...)
	p.wants(p.upload("gallery", "foto.jpg", turned, "application/json"), http.StatusCreated)
	a := p.get(address(t, p.get("/assets"), "/thumbnail"))
	small, _, err := image.Decode(strings.NewReader(a.body))
	if err != nil || small.Bounds().Dx() != 80 || small.Bounds().Dy() != 160 {
		t.Fatalf("%v %v", small.Bounds(), err)
	}
	// What was at the left is on top now.
	if top, _, _, _ := small.At(40, 2).RGBA(); top > 0x3000 {
		t.Errorf("red is %x on top", top)
	}
}

func TestFontsHaveNoThumbnail(t *testing.T) {
	p := openPages(t)
	font := append([]byte("wOF2"), make([]byte, 100)...)
	if a := p.upload("fonts", "a.woff2", font, "application/json"); a.StatusCode == http.StatusCreated {
		p.lacks(p.get("/assets"), "/thumbnail")
	}
}

func BenchmarkAssets(b *testing.B) {
	p := openPages(b)
	tenanttest.Set(b, p.pool, p.shop, "maxAssets", "-1")
	tenanttest.Set(b, p.pool, p.shop, "storageLimit", "-1")
	for done := 0; done < 10_000; {
		p.write(func(tx *store.Tx, terms store.Terms) error {
			for range 200 {
				kind := store.AssetTypes()[done%4]
				w := int64(500)
				in := store.NewAsset{Type: kind, Name: "senja", ContentType: "image/png", Size: 30_000, Width: &w, Height: &w, Object: kind + "/" + hash(done) + ".png"}
				if _, err := tx.CreateAsset(store.By{UserID: "7"}, terms, in); err != nil {
					return err
				}
				done++
			}
			return nil
		})
	}
	for _, path := range []string{"/assets", "/assets?type=fonts", "/assets?q=none"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				p.wants(p.get(path), http.StatusOK)
			}
		})
	}
}
