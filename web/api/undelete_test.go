package api_test

import (
	"net/http"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants/tenanttest"
)

func (s *site) upload(key string, n int) store.Asset {
	s.t.Helper()
	return decode[store.Asset](s.as(key, "POST", "/assets").form(part{"type", "", "gallery"}, part{"file", "a", tinyPNG(n)}).do().want(201))
}

// What comes back is what was deleted, byte by byte, under the same id and tag.
func TestUndelete(t *testing.T) {
	s := newSite(t)
	d := s.design(s.write, `{"shopifyProductId":"1","name":"n","isTemplate":true,"designJson":{ "a": "<\u00e9>" }}`)
	cfg := decode[store.Config](s.as(s.write, "PUT", "/config/1").json(`{"config":{ "v":1 },"title":"Kaos"}`).do().want(201))
	as := s.upload(s.write, 1)
	for _, c := range []struct{ read, undelete string }{
		{"/design/" + d.ID, "/design/" + d.ID}, {"/config/1", "/config/" + cfg.ID}, {"/assets/" + as.ID, "/assets/" + as.ID},
	} {
		before := s.as(s.read, "GET", c.read).do().want(200)
		s.as(s.write, "POST", c.undelete+"/undelete").do().fails(404, "not_found", "Not found") // it is there
		s.as(s.write, "DELETE", c.read).do().want(204)
		s.as(s.read, "POST", c.undelete+"/undelete").do().fails(403, "forbidden", "Your role does not allow this")
		s.as("", "POST", c.undelete+"/undelete").do().want(401)
		s.as(s.otherAdmin, "POST", c.undelete+"/undelete").do().fails(404, "not_found", "Not found")
		for _, kind := range []string{"/design/", "/config/", "/assets/"} {
			id := c.undelete[len("/design/"):]
			if kind != c.undelete[:len(kind)] {
				s.as(s.write, "POST", kind+id+"/undelete").do().fails(404, "not_found", "Not found")
			}
		}
		back := s.as(s.write, "POST", c.undelete+"/undelete").do().want(200)
		after := s.as(s.read, "GET", c.read).do().want(200)
		if after.body != before.body || back.body != before.body || after.header.Get("ETag") != before.header.Get("ETag") {
			t.Errorf("came back as %s, was %s", after.body, before.body)
		}
		if e := s.audit(s.admin); e.Action != "RESTORE" || e.UserID == nil {
			t.Errorf("audit %+v", e)
		}
		s.as(s.write, "POST", c.undelete+"/undelete").do().fails(404, "not_found", "Not found")
	}
	s.as(s.read, "GET", "/assets/"+as.ID+"/content").do().want(200)
	if a := s.public("1").want(200); len(decode[publicAnswer](a).Templates) != 1 {
		t.Errorf("public %s", a.body)
	}
}

func TestUndeleteRefused(t *testing.T) {
	s := newSite(t)
	old := decode[store.Config](s.as(s.write, "PUT", "/config/1").json(`{"config":{}}`).do().want(201))
	s.as(s.write, "DELETE", "/config/1").do().want(204)
	s.as(s.write, "PUT", "/config/1").json(`{"config":{"new":true}}`).do().want(201)
	s.as(s.write, "POST", "/config/"+old.ID+"/undelete").do().fails(http.StatusConflict, "exists", "This product has a new config; delete that first")
	d := s.design(s.write, plainDesign)
	s.as(s.write, "DELETE", "/design/"+d.ID).do().want(204)
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "0")
	s.as(s.write, "POST", "/design/"+d.ID+"/undelete").do().fails(403, "limit_reached", "Design limit reached for your plan")
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "1")
	s.as(s.write, "POST", "/design/"+d.ID+"/undelete").json(`{"x":1}`).do().fails(400, "invalid", "x is not expected here")
	s.as(s.write, "POST", "/design/"+d.ID+"/undelete").json(`{"shop":"` + s.shop.String() + `"}`).do().want(200)
}

// An asset's bytes wait for it, also where others share them, and are deleted no
// more once it is back.
func TestUndeleteBytes(t *testing.T) {
	s := newSite(t)
	one, two := s.upload(s.write, 1), s.upload(s.write, 1)
	for _, as := range []store.Asset{one, two} {
		s.as(s.write, "DELETE", "/assets/"+as.ID).do().want(204)
	}
	if dead(s) != 1 {
		t.Errorf("%d objects wait to be deleted, want 1", dead(s))
	}
	s.as(s.write, "POST", "/assets/"+one.ID+"/undelete").do().want(200)
	if dead(s) != 0 {
		t.Error("the bytes of an asset that came back wait to be deleted")
	}
	if err := s.pool.SweepObjects(t.Context(), time.Now().Add(365*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if a := s.as(s.read, "GET", "/assets/"+one.ID+"/content").do().want(200); a.body != tinyPNG(1) {
		t.Error("the bytes are not what they were")
	}
	s.as(s.write, "POST", "/assets/"+two.ID+"/undelete").do().want(200)
	if u := s.as(s.read, "GET", "/usage").do().want(200); decode[struct{ Usage store.Usage }](u).Usage != (store.Usage{Assets: 2, StorageBytes: one.Size}) {
		t.Errorf("usage %s", u.body)
	}
}
