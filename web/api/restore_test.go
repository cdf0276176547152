package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
)

// job is a catalog.Job as a client reads it.
type job struct {
	ID, Kind, Shop, State, Error string
	Result                       json.RawMessage
}

// finish asks for a job until it has ended.
func (s *site) finish(a answer) job {
	s.t.Helper()
	j := decode[job](a.want(202))
	if a.header.Get("Location") != "/imcst_api/jobs/"+j.ID || j.Kind != "restore" || j.Shop != s.shop.String() {
		s.t.Errorf("job %s at %q", a.body, a.header.Get("Location"))
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		j = decode[job](s.as(s.admin, "GET", "/jobs/"+j.ID).do().want(200))
		if j.State == string(catalog.Done) || j.State == string(catalog.Failed) {
			return j
		}
	}
	s.t.Fatalf("job %+v did not end", j)
	return j
}

func (s *site) names() string {
	s.t.Helper()
	var names []string
	for _, d := range decode[[]store.Design](s.as(s.read, "GET", "/designs").do().want(200)) {
		names = append(names, d.Name)
	}
	return strings.Join(names, " ")
}

func TestRestoreAndUndo(t *testing.T) {
	s := newSite(t)
	named := func(name string) string { return `{"shopifyProductId":"1","name":"` + name + `","designJson":{}}` }
	s.design(s.write, named("one"))
	lease := tenanttest.Lease(t, s.pool, s.shop)
	if err := lease.Replicate(t.Context()); err != nil { // else both changes may share a point
		t.Fatal(err)
	}
	lease.Release()
	at := time.Now().UTC().Format(time.RFC3339Nano)
	s.design(s.write, named("two"))
	s.public("1").want(404)
	j := s.finish(s.as(s.admin, "POST", "/restore").json(fmt.Sprintf(`{"at":%q}`, at)).do())
	if j.State != "done" || s.names() != "one" {
		t.Fatalf("restored: %s %s %s: %s", j.State, j.Error, j.Result, s.names())
	}
	if e := s.audit(s.admin); e.Action != "RESTORE" || e.UserID == nil || !strings.HasPrefix(*e.UserID, "key:") {
		t.Errorf("audit %+v", e)
	}
	backups := decode[struct {
		CanUndo   bool
		Stretches []json.RawMessage
		Shop      string
	}](s.as(s.admin, "GET", "/backups").do().want(200))
	if !backups.CanUndo || len(backups.Stretches) == 0 || backups.Shop != s.shop.String() {
		t.Errorf("backups %+v", backups)
	}
	j = s.finish(s.as(s.operator, "POST", "/restore").json(`{"undo":true,"shop":"` + s.shop.String() + `"}`).do())
	if j.State != "done" || s.names() != "two one" {
		t.Fatalf("undone: %s %s %s: %s", j.State, j.Error, j.Result, s.names())
	}
	s.as(s.otherAdmin, "GET", "/jobs/"+j.ID).do().fails(404, "not_found", "Not found")
	a := s.as(s.admin, "POST", "/restore").json(`{"at":"2000-01-01T00:00:00Z"}`).do().want(400)
	if !strings.HasPrefix(a.body, `{"error":"at: there is no backup as old as 2000-01-01`) {
		t.Errorf("too old: %s", a.body)
	}
	a = s.as(s.admin, "POST", "/restore").json(`{"at":"soon"}`).do().want(400)
	if !strings.HasPrefix(a.body, `{"error":"at: `) || !strings.Contains(a.body, `"code":"invalid"`) {
		t.Errorf("no moment: %s", a.body)
	}
}
