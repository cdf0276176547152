package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lapak/store/bucket"
	"lapak/store/bucket/buckettest"
	"lapak/tenants"
)

// gate stands before a storage and can be shut.
type gate struct {
	*httptest.Server
	mu   sync.Mutex
	shut func(w http.ResponseWriter, r *http.Request) // nil: open
	held chan struct{}                                // gets one for each request that a hanging gate holds
	free chan struct{}                                // closed when those are let go, without an answer
}

func newGate(t *testing.T, cfg *bucket.S3Config) *gate {
	t.Helper()
	to, err := url.Parse(cfg.Endpoint)
	must(t, err)
	g := &gate{held: make(chan struct{}, 10_000), free: make(chan struct{})}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		shut := g.shut
		g.mu.Unlock()
		if shut != nil {
			shut(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { g.reopen(); g.CloseClientConnections(); g.Close() })
	cfg.Endpoint = g.URL
	return g
}

func (g *gate) set(shut func(http.ResponseWriter, *http.Request)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
}

// hang never answers.
func (g *gate) hang(_ http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	free := g.free
	g.mu.Unlock()
	g.held <- struct{}{}
	select {
	case <-free:
	case <-r.Context().Done():
	}
	panic(http.ErrAbortHandler)
}

func (g *gate) reopen() {
	g.set(nil)
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.free)
	g.free = make(chan struct{})
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// bucketArgs are a server's settings for replica and images in a bucket.
func bucketArgs(t *testing.T, cfg bucket.S3Config) []string {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", cfg.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", cfg.SecretKey)
	query := url.Values{"endpoint": {cfg.Endpoint}, "region": {cfg.Region}, "path-style": {"true"}}
	return []string{"--litestream", s3Settings(t, cfg), "--assets", "s3://" + cfg.Bucket + "/images?" + query.Encode()}
}

func (s *testServer) backups(t *testing.T, data, shop string, args ...string) (b tenants.Backups) {
	t.Helper()
	out := lapak(t, append([]string{"backups", shop, "--json", "--data", data}, args...)...)
	must(t, json.Unmarshal([]byte(out), &b))
	return b
}

// TestBucketOutage: while the storage hangs or breaks off, shops are served as if
// nothing was, everybody can see it, and afterwards all is shipped.
func TestBucketOutage(t *testing.T) {
	for _, how := range []string{"hangs", "breaks off"} {
		t.Run(how, func(t *testing.T) {
			const name = "kopi.myshopify.com"
			cfg := buckettest.S3(t)
			g := newGate(t, &cfg)
			args, data := bucketArgs(t, cfg), t.TempDir()
			s := startServer(t, data, args...)
			key := newShop(t, data, name)
			s.saveDesign(t, key, "before")
			s.settle(t, parseShop(t, name))

			if how == "hangs" {
				g.set(g.hang)
			} else {
				g.set(cut)
			}
			want := []string{"before"}
			for i := range 200 { // all of them while not one request comes through
				s.saveDesign(t, key, fmt.Sprint(i))
				want = slices.Insert(want, 0, fmt.Sprint(i))
			}
			same(t, "during", s.names(t, key), want)
			if how == "hangs" {
				<-g.held // it did ask
			} else {
				s.logged(t, "level=WARN", "replication failed; it will be tried again", "shop="+name)
			}
			if how != "hangs" { // there, the client would have to be patient
				if a := s.upload(t, key); a.status != 503 || a.code() != "storage_unreachable" {
					t.Errorf("upload: %v", a)
				}
			}
			metrics := s.get(t, "", "/metrics").body
			if strings.Contains(metrics, "\nlapak_replication_max_lag_seconds 0\n") || !strings.Contains(metrics, `lapak_replication_lag_seconds{shop="`+name+`"}`) {
				t.Errorf("metrics: %s", metrics)
			}
			b := s.backups(t, data, name)
			if b.Lag == 0 || b.Problem == "" || how != "hangs" && (b.Failures == 0 || b.LastError == "") {
				t.Errorf("backups: %+v", b)
			}
			if out, _ := lapakFails(t, "doctor", "--data", data); !strings.Contains(out, "WRONG  replica of the shops") {
				t.Errorf("doctor: %s", out)
			}

			g.reopen()
			s.settle(t, parseShop(t, name))
			if a := s.upload(t, key); a.status != 201 {
				t.Errorf("upload afterwards: %v", a)
			}
			s.settle(t, parseShop(t, name))
			s.end(t, syscall.SIGKILL)
			fresh := t.TempDir()
			lapak(t, append([]string{"recover", "--data", fresh}, args...)...)
			s = startServer(t, fresh, args...)
			same(t, "recovered", s.names(t, key), want)
		})
	}
}

// TestBucketWrongAtStart: a folder that is in use is served whatever its bucket
// says, loudly; doctor names the setting.
func TestBucketWrongAtStart(t *testing.T) {
	const name = "kopi.myshopify.com"
	good := buckettest.S3(t)
	data := t.TempDir()
	s := startServer(t, data, bucketArgs(t, good)...)
	key := newShop(t, data, name)
	s.saveDesign(t, key, "0")
	if code := s.end(t, syscall.SIGTERM); code != 0 {
		t.Fatal(code)
	}
	n := 1
	for what, c := range map[string]struct {
		change func(t *testing.T, cfg *bucket.S3Config)
		want   string
	}{
		"secret key":   {func(_ *testing.T, cfg *bucket.S3Config) { cfg.SecretKey = "wrong" }, "check AWS_SECRET_ACCESS_KEY"},
		"access key":   {func(_ *testing.T, cfg *bucket.S3Config) { cfg.AccessKey = "wrong" }, "check AWS_ACCESS_KEY_ID"},
		"bucket":       {func(_ *testing.T, cfg *bucket.S3Config) { cfg.Bucket = "another-bucket" }, "check the bucket's name, or create it"},
		"no listener":  {func(_ *testing.T, cfg *bucket.S3Config) { cfg.Endpoint = "http://127.0.0.1:1" }, "connection refused"},
		"never answer": {func(t *testing.T, cfg *bucket.S3Config) { g := newGate(t, cfg); g.set(g.hang) }, "deadline exceeded"},
	} {
		t.Run(what, func(t *testing.T) {
			cfg := good
			c.change(t, &cfg)
			s := startServer(t, data, bucketArgs(t, cfg)...)
			s.saveDesign(t, key, fmt.Sprint(n))
			n++
			s.logged(t, "level=ERROR", "NO BACKUPS", c.want)
			s.logged(t, "level=ERROR", "NO IMAGES", c.want)
			out, line := lapakFails(t, "doctor", "--data", data)
			if strings.Count(out, c.want) < 3 {
				t.Errorf("doctor: %s%s", out, line)
			}
			s.end(t, syscall.SIGKILL)
		})
	}
	s = startServer(t, data, bucketArgs(t, good)...)
	s.settle(t, parseShop(t, name))
	if names := s.names(t, key); len(names) != n {
		t.Errorf("%d designs, want %d", len(names), n)
	}
}

// TestBucketWrongAtFirstStart: with a new folder nobody knows whether the bucket
// holds the shops of a dead machine, so nothing is begun.
func TestBucketWrongAtFirstStart(t *testing.T) {
	cfg := buckettest.S3(t)
	cfg.SecretKey = "wrong"
	data := t.TempDir()
	_, line := lapakFails(t, append([]string{"shops", "list", "--data", data}, bucketArgs(t, cfg)...)...)
	if !strings.Contains(line, "look for a catalog in the replica") || !strings.Contains(line, "check AWS_SECRET_ACCESS_KEY") {
		t.Error(line)
	}
}

// TestStopWhileBucketHangs ends by itself, keeps what could not be shipped, and
// ships it after the next start.
func TestStopWhileBucketHangs(t *testing.T) {
	cfg := buckettest.S3(t)
	g := newGate(t, &cfg)
	data := t.TempDir()
	args := bucketArgs(t, cfg)
	s := startServer(t, data, args...)
	key := newShop(t, data, "kopi.myshopify.com")
	s.saveDesign(t, key, "before")
	s.settle(t, parseShop(t, "kopi.myshopify.com"))
	g.set(g.hang)
	s.saveDesign(t, key, "during")
	<-g.held
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if code := s.end(t, syscall.SIGTERM); code == -1 || ctx.Err() != nil {
		t.Fatalf("it did not end by itself: %d", code)
	}
	s.logged(t, "not replicated yet")
	g.reopen()
	s = startServer(t, data, args...)
	s.settle(t, parseShop(t, "kopi.myshopify.com"))
	same(t, "after", s.names(t, key), []string{"during", "before"})
}
