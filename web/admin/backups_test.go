package admin_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

// replicated is after everything so far is in the backup.
func (p *shopPages) replicated() time.Time {
	p.t.Helper()
	l, err := p.pool.Acquire(p.t.Context(), p.shop)
	if err != nil {
		p.t.Fatal(err)
	}
	defer l.Release()
	if err := l.Replicate(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	return time.Now()
}

// stream reads the events of a restore until they end.
func (p *shopPages) stream(page answer) string {
	p.t.Helper()
	server := httptest.NewServer(p.handler)
	defer server.Close()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+address(p.t, page, "/backups/progress/"), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := server.Client().Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || kind != "text/event-stream" {
		p.t.Fatalf("%d %s", res.StatusCode, kind)
	}
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := res.Body.Read(buf)
		text.Write(buf[:n])
		if err != nil {
			return text.String()
		}
	}
}

// settled follows a restore's form to the page after it.
func (p *shopPages) settled(a answer) answer {
	p.t.Helper()
	page := p.follow(a)
	if page.StatusCode == http.StatusSeeOther { // it was faster than we
		return p.follow(page)
	}
	events := p.stream(page)
	if !strings.Contains(events, "event: ended") {
		p.t.Fatalf("events: %s", events)
	}
	return p.get(address(p.t, answer{body: events}, p.base+"/backups?"))
}

func TestRestore(t *testing.T) {
	p := openPages(t)
	p.saveDesign("Before", "", "")
	at := p.replicated()
	time.Sleep(2 * time.Millisecond) // the clock's next millisecond
	gone := p.saveDesign("After", "", "")
	p.replicated()

	raw := at.UTC().Format(time.RFC3339Nano)
	page := p.get("/backups?at=" + url.QueryEscape(raw))
	p.wants(page, http.StatusOK, "Your shop will look as it did on", "1 design that was made since then goes away.", "Every single change", "Plan, settings and API keys stay")
	done := p.settled(p.post("/backups", url.Values{"at": {raw}}))
	p.wants(done, http.StatusOK, "Your shop is back at that moment.", "Undo the restore")
	p.wants(p.get("/designs"), http.StatusOK, "Before")
	p.wants(p.get("/designs/"+gone.ID), http.StatusNotFound)

	back := p.settled(p.post("/backups/undo", nil))
	p.wants(back, http.StatusOK, "The restore is undone.")
	p.wants(p.get("/designs"), http.StatusOK, "After")
}

// TestPagesWhileRestoring: each shows calmly how far it is, and all is there
// after it.
func TestPagesWhileRestoring(t *testing.T) {
	hold, begun := make(chan struct{}), make(chan struct{})
	p := openPages(t, func(opt *tenants.Options) {
		opt.FailPoint = func(step string) {
			if step == "frozen" {
				close(begun)
				<-hold
			}
		}
	})
	p.saveDesign("Mug", "", "")
	at := p.replicated()
	if a := p.post("/backups", url.Values{"at": {at.UTC().Format(time.RFC3339Nano)}}); a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.StatusCode, a.body)
	}
	<-begun
	for path, status := range map[string]int{"/designs": 503, "/assets": 503, "": 503, "/backups": 200, "/backups?at=-1m": 200} {
		a := p.get(path)
		p.wants(a, status, "Your shop is going back in time", "hx-sse:connect", `http-equiv="refresh"`)
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s says not when to come again", path)
		}
	}
	p.wants(p.follow(p.post("/backups", url.Values{"at": {"-1s"}})), http.StatusOK, "Your shop is going back in time")
	page := p.get("/backups")
	close(hold)
	if events := p.stream(page); !strings.Contains(events, "Done.") || !strings.Contains(events, "done=restored") {
		t.Errorf("events: %s", events)
	}
	p.wants(p.get("/designs"), http.StatusOK, "Mug")
}

func TestBackupsRefuse(t *testing.T) {
	p := openPages(t)
	p.saveDesign("Mug", "", "")
	p.replicated()
	for _, c := range []struct{ at, why string }{
		{"nonsense", "This is not a moment"},
		{"2001-01-01 10:00", "Nothing as old as that is kept"},
		{time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "still to come"},
	} {
		p.wants(p.get("/backups?at="+url.QueryEscape(c.at)), http.StatusUnprocessableEntity, c.why, "Choose a moment")
		p.wants(p.post("/backups", url.Values{"at": {c.at}}), http.StatusUnprocessableEntity, c.why, "Choose a moment")
	}
	p.wants(p.post("/backups/undo", nil), http.StatusUnprocessableEntity, "There is no restore to undo")
	p.wants(p.get("/backups?job=none"), http.StatusNotFound)
	p.wants(p.get("/backups/progress/none"), http.StatusNotFound)
	p.role = catalog.RoleWrite
	p.wants(p.get("/backups"), http.StatusForbidden)
	p.wants(p.post("/backups", url.Values{"at": {"-1s"}}), http.StatusForbidden)
}

func TestBackupsSayWhenTheyWereProven(t *testing.T) {
	p := openPages(t)
	p.saveDesign("Mug", "", "")
	p.replicated()
	p.wants(p.get("/backups"), http.StatusOK, "It will be proven by itself soon", "Every single change of this time is kept.")
}

func BenchmarkBackups(b *testing.B) {
	p := openPages(b)
	for range 50 {
		p.saveDesign("Mug", store.CustomerOwner("1"), "")
		p.replicated()
	}
	for _, path := range []string{"/backups", "/backups?at=-1s"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				p.get(path)
			}
		})
	}
}
