package api_test

import (
	"testing"

	"lapak/store"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/api"
)

// named is where a product's answer says that its images are.
func (s *site) named(product string) map[string]string {
	s.t.Helper()
	return decode[struct{ Assets map[string]string }](s.public(product).want(200)).Assets
}

func TestPublicAsset(t *testing.T) {
	s := newSite(t)
	as := s.sendAsset("gallery", "senja.png", tinyPNG(1))
	path := "/public/asset/" + as.ID + "?shop="
	a := s.as("", "GET", path+s.shop.String()).do().want(200)
	for name, want := range map[string]string{
		"Cache-Control": "public, max-age=31536000, immutable", "Access-Control-Allow-Origin": "*", "Content-Type": "image/png",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	if a.body != tinyPNG(1) {
		t.Error("other bytes")
	}
	s.as("", "GET", path+s.shop.String()).set("If-None-Match", a.header.Get("ETag")).do().want(304)
	part := s.sendAsset("designs", "foto.png", tinyPNG(2))
	for _, path := range []string{path + s.other.String(), path, "/public/asset/" + part.ID + "?shop=" + s.shop.String(), "/public/asset/x?shop=" + s.shop.String()} {
		s.as("", "GET", path).do().fails(404, "not_found", "Not found")
	}
	if err := s.pool.Catalog().Suspend(t.Context(), s.shop); err != nil {
		t.Fatal(err)
	}
	s.as("", "GET", path+s.shop.String()).do().fails(404, "not_found", "Not found")
}

// TestNamedAssets: a product's answer says where the images are that it names.
func TestNamedAssets(t *testing.T) {
	s := newSite(t, func(o *web.Options) {
		o.Routes = api.New(api.Options{Pool: o.Pool, Spool: t.TempDir(), URL: "https://lapak.example", CDN: "https://cdn.example"}).Routes()
	})
	tenanttest.Set(t, s.pool, s.shop, "enableCDN", "false")
	s.as(s.write, "PUT", "/config/1").json(`{"config":{"gallery":["asset:senja.png","asset:gone.png","asset:foto.png"],"asset:key.png":1}}`).do().want(201)
	s.design(s.write, `{"shopifyProductId":"1","isTemplate":true,"designJson":{"layers":[{"src":"asset:daun.png"}]}}`)
	if got := s.named("1"); len(got) != 0 {
		t.Fatalf("%v", got)
	}
	senja, daun := s.sendAsset("gallery", "senja.png", tinyPNG(1)), s.sendAsset("base-images", "daun.png", tinyPNG(2))
	s.sendAsset("designs", "foto.png", tinyPNG(3))
	own := "/imcst_api/public/asset/"
	want := map[string]string{
		"asset:senja.png": own + senja.ID + "?shop=" + s.shop.String(), "asset:daun.png": own + daun.ID + "?shop=" + s.shop.String(),
	}
	check := func(origin string) {
		t.Helper()
		got := s.named("1")
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		for name, path := range want {
			if got[name] != origin+path {
				t.Errorf("%s at %s, want %s", name, got[name], origin+path)
			}
		}
	}
	check("https://lapak.example")
	tenanttest.Set(t, s.pool, s.shop, "enableCDN", "true")
	check("https://cdn.example")
	// A shopper's image of the same name takes nobody's place.
	l := tenanttest.Lease(t, s.pool, s.shop)
	err := l.Write(t.Context(), "test", func(tx *store.Tx) error {
		_, err := tx.CreateShopperAsset(store.By{}, l.Terms(), store.NewAsset{
			Type: "designs", Name: "senja.png", ContentType: "image/png", Object: "designs/" + hash("x") + ".png", Size: 1, Owner: store.CustomerOwner("1"),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.as(s.write, "DELETE", "/config/9").do().want(404)
	check("https://cdn.example")
	s.as(s.write, "DELETE", "/assets/"+daun.ID).do().want(204)
	delete(want, "asset:daun.png")
	check("https://cdn.example")
	s.as(s.write, "POST", "/assets/"+daun.ID+"/undelete").do().want(200)
	want["asset:daun.png"] = own + daun.ID + "?shop=" + s.shop.String()
	check("https://cdn.example")
}
