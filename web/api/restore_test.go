package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
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
	d := s.design(s.write, named("one"))
	at := d.CreatedAt.Format("2006-01-02T15:04:05.000Z07:00")
	for !time.Now().After(d.CreatedAt.Add(2 * time.Millisecond)) {
		continue // the next change must be of a later millisecond
	}
	s.design(s.write, named("two"))
	s.public("1").want(404)
	j := s.finish(s.as(s.admin, "POST", "/restore").json(fmt.Sprintf(`{"at":%q}`, at)).do())
	if j.State != "done" || s.names() != "one" {
		t.Fatalf("restored: %+v: %s", j, s.names())
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
		t.Fatalf("undone: %+v: %s", j, s.names())
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
