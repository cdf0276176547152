package bucket_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/signer"

	"lapak/store/bucket"
	"lapak/store/bucket/buckettest"
)

// tryAll does one of each request, and hands its error to each.
func tryAll(t *testing.T, b bucket.Bucket, each func(what string, err error)) {
	t.Helper()
	ctx := t.Context()
	_, err := b.Stat(ctx, "k")
	each("stat", err)
	_, _, err = b.Get(ctx, "k", 0, 0)
	each("get", err)
	_, _, err = b.Get(ctx, "k", 1, 1)
	each("get a part", err)
	_, err = b.Put(ctx, "k", strings.NewReader("x"), 1, bucket.PutOptions{})
	each("put", err)
	_, err = b.Put(ctx, "k", strings.NewReader("x"), 1, bucket.PutOptions{IfAbsent: true})
	each("put if absent", err)
	_, err = b.Put(ctx, "k", io.LimitReader(endless(), 9<<20), -1, bucket.PutOptions{})
	each("put in parts", err)
	each("list", b.List(ctx, "", "", func(bucket.Info) error { return nil }))
	_, err = b.Folders(ctx, "")
	each("folders", err)
	each("delete", b.Delete(ctx, "k"))
	each("delete many", b.Delete(ctx, "k", "l"))
	each("check", bucket.Check(ctx, b))
}

func TestS3Denied(t *testing.T) {
	right := buckettest.S3(t)
	wrongSecret, wrongKey := right, right
	wrongSecret.SecretKey = "not-the-secret"
	wrongKey.AccessKey = "nobody"
	for _, c := range []struct {
		cfg  bucket.S3Config
		says string
	}{{wrongSecret, "AWS_SECRET_ACCESS_KEY"}, {wrongKey, "AWS_ACCESS_KEY_ID"}} {
		tryAll(t, newS3(t, c.cfg), func(what string, err error) {
			if !errors.Is(err, bucket.ErrDenied) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want ErrDenied that names %s", what, err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), c.cfg.SecretKey) {
				t.Errorf("%s: the error tells the secret: %v", what, err)
			}
		})
	}
}

func TestS3UnknownBucket(t *testing.T) {
	cfg := buckettest.S3(t)
	cfg.Bucket = "elsewhere"
	tryAll(t, newS3(t, cfg), func(what string, err error) {
		if !errors.Is(err, bucket.ErrNoBucket) || !strings.Contains(err.Error(), `"elsewhere"`) {
			t.Errorf("%s: %v, want ErrNoBucket that names it", what, err)
		}
	})
}

// countedS3 counts the requests and can change their answers.
func countedS3(t *testing.T, cfg bucket.S3Config, change func(n int64, r *http.Request, next http.RoundTripper) (*http.Response, error)) (*bucket.S3, *atomic.Int64) {
	t.Helper()
	transport := bucket.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	n := new(atomic.Int64)
	cfg.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		return change(n.Add(1), r, transport)
	})
	return newS3(t, cfg), n
}

func unchanged(_ int64, r *http.Request, next http.RoundTripper) (*http.Response, error) {
	return next.RoundTrip(r)
}

func TestS3Requests(t *testing.T) {
	b, n := countedS3(t, buckettest.S3(t), unchanged)
	small := func(size, announced int64, opt bucket.PutOptions) func() error {
		return func() error {
			_, err := b.Put(t.Context(), "k", io.LimitReader(endless(), size), announced, opt)
			return err
		}
	}
	for _, c := range []struct {
		name string
		want int64
		do   func() error
	}{
		{"put", 1, small(1000, 1000, bucket.PutOptions{})},
		{"put nothing", 1, small(0, -1, bucket.PutOptions{})},
		{"put of unknown size", 1, small(100_000, -1, bucket.PutOptions{})},
		{"put of the most that goes at once", 1, small(8<<20, -1, bucket.PutOptions{})},
		{"put in two parts", 4, small(8<<20+1, 8<<20+1, bucket.PutOptions{})},
		{"stat", 1, func() error { _, err := b.Stat(t.Context(), "k"); return err }},
		{"get", 1, func() error {
			body, _, err := b.Get(t.Context(), "k", 5, 5)
			if err != nil {
				return err
			}
			return body.Close()
		}},
		{"list", 1, func() error { return b.List(t.Context(), "", "", func(bucket.Info) error { return nil }) }},
		{"sign", 0, func() error { _, err := b.Sign(t.Context(), "k", time.Minute); return err }},
		{"delete many", 1, func() error { return b.Delete(t.Context(), "k", "l", "m") }},
		{"put if absent", 1, small(10, 10, bucket.PutOptions{IfAbsent: true})},
	} {
		before := n.Load()
		if err := c.do(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := n.Load() - before; got != c.want {
			t.Errorf("%s: %d requests, want %d", c.name, got, c.want)
		}
	}
}

// The storage keeps the object, and its answer is lost: the repeated request
// finds the key taken, by ourselves.
func TestS3LostAnswer(t *testing.T) {
	cfg := buckettest.S3(t)
	for _, size := range []int64{10, 9 << 20} {
		lost := false
		b, _ := countedS3(t, cfg, func(_ int64, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err != nil || lost || r.Header.Get("If-None-Match") == "" {
				return resp, err
			}
			lost = true
			_, _ = io.Copy(io.Discard, resp.Body)
			return nil, errors.Join(io.ErrUnexpectedEOF, resp.Body.Close())
		})
		opt := bucket.PutOptions{IfAbsent: true}
		if _, err := b.Put(t.Context(), "lost/answer", io.LimitReader(endless(), size), -1, opt); err != nil || !lost {
			t.Errorf("%d bytes: %v (lost: %v)", size, err, lost)
		}
		lost = false // somebody else's object stays somebody else's
		_, err := b.Put(t.Context(), "lost/answer", io.LimitReader(endless(), size), -1, opt)
		wantError(t, err, bucket.ErrExists)
		if stat, err := b.Stat(t.Context(), "lost/answer"); err != nil || stat.Size != size {
			t.Errorf("stat %+v, %v", stat, err)
		}
		wantError(t, b.Delete(t.Context(), "lost/answer"), nil)
	}
}

// Amazon answers 409 when conditional writes meet, and wants them sent again.
func TestS3Conflict(t *testing.T) {
	b, n := countedS3(t, buckettest.S3(t), func(n int64, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if n > 1 {
			return next.RoundTrip(r)
		}
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		const body = `<Error><Code>ConditionalRequestConflict</Code><Message>busy</Message></Error>`
		return &http.Response{StatusCode: http.StatusConflict, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})
	if _, err := b.Put(t.Context(), "k", strings.NewReader("x"), 1, bucket.PutOptions{IfAbsent: true}); err != nil {
		t.Error(err)
	}
	if n.Load() != 3 { // the put, the look who won, the put again
		t.Errorf("%d requests", n.Load())
	}
}

// deaf is a storage that never gets to see one header of the requests.
func deaf(t *testing.T, header string) *bucket.S3 {
	t.Helper()
	cfg := buckettest.S3(t)
	b, _ := countedS3(t, cfg, func(_ int64, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Del(header)
		r.Header.Del("Authorization") // it was computed with the header
		return next.RoundTrip(signer.SignV4(*r, cfg.AccessKey, cfg.SecretKey, "", cfg.Region))
	})
	return b
}

func TestCheckFindsIgnoredConditions(t *testing.T) {
	b := deaf(t, "If-None-Match")
	err := bucket.Check(t.Context(), b)
	if err == nil || !strings.Contains(err.Error(), "conditional write: this storage ignores If-None-Match") {
		t.Errorf("check: %v", err)
	}
	wantKeys(t, b)
}

func TestS3IgnoredRange(t *testing.T) {
	b := deaf(t, "Range")
	put(t, b, "k", "0123456789")
	body, _, err := b.Get(t.Context(), "k", 5, 2)
	if err == nil {
		closed(t, body)
	}
	if err == nil || !strings.Contains(err.Error(), "from byte 5") {
		t.Errorf("the first bytes were taken for later ones: %v", err)
	}
}

func TestS3LeavesNoParts(t *testing.T) {
	cfg := buckettest.S3(t)
	b, client := newS3(t, cfg), buckettest.Client(t, cfg)
	broken := errors.New("the source broke")
	r := io.MultiReader(io.LimitReader(endless(), 20<<20), iotest.ErrReader(broken))
	_, err := b.Put(t.Context(), "k", r, -1, bucket.PutOptions{})
	wantError(t, err, broken)

	ctx, cancel := context.WithCancel(t.Context())
	r = io.MultiReader(io.LimitReader(endless(), 20<<20), readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, nil
	}))
	_, err = b.Put(ctx, "k", r, -1, bucket.PutOptions{})
	wantError(t, err, context.Canceled)

	put(t, b, "k", "x")
	_, err = b.Put(t.Context(), "k", io.LimitReader(endless(), 20<<20), -1, bucket.PutOptions{IfAbsent: true})
	wantError(t, err, bucket.ErrExists)

	for upload := range client.ListIncompleteUploads(t.Context(), cfg.Bucket, "", true) {
		t.Errorf("left: %+v", upload)
	}
}

func TestS3Sign(t *testing.T) {
	cfg := buckettest.S3(t)
	cfg.Prefix = "shops"
	b := newS3(t, cfg)
	_, err := b.Put(t.Context(), "a b/ü.txt", strings.NewReader("hello"), 5, bucket.PutOptions{ContentType: "text/plain"})
	wantError(t, err, nil)
	url, err := b.Sign(t.Context(), "a b/ü.txt", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(url, cfg.SecretKey) {
		t.Errorf("the URL holds the secret: %s", url)
	}
	if status, kind, text := fetch(t, url); status != http.StatusOK || kind != "text/plain" || text != "hello" {
		t.Errorf("%s: %d %s %q", url, status, kind, text)
	}
	if status, _, _ := fetch(t, strings.Replace(url, "X-Amz-Expires=60", "X-Amz-Expires=6000", 1)); status != http.StatusForbidden {
		t.Errorf("a URL with a longer life was answered with %d", status)
	}
	if _, err := b.Sign(t.Context(), "k", 8*24*time.Hour); err == nil {
		t.Error("eight days were accepted")
	}
}

func fetch(t *testing.T, url string) (status int, contentType, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, resp.Body)
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(text)
}

// The time is in the object's metadata, where other programs find it.
func TestS3ModTimeKey(t *testing.T) {
	cfg := buckettest.S3(t)
	cfg.ModTimeKey = "litestream-timestamp"
	b := newS3(t, cfg)
	mod := time.Date(2026, 5, 4, 3, 2, 1, 987654321, time.UTC)
	_, err := b.Put(t.Context(), "k", strings.NewReader("x"), 1, bucket.PutOptions{ModTime: mod})
	wantError(t, err, nil)
	o, err := buckettest.Client(t, cfg).StatObject(t.Context(), cfg.Bucket, "k", minio.StatObjectOptions{})
	if err != nil || o.UserMetadata["Litestream-Timestamp"] != "2026-05-04T03:02:01.987654321Z" {
		t.Errorf("metadata %v, %v", o.UserMetadata, err)
	}
	// An object that another program made has the time of its upload.
	_, err = buckettest.Client(t, cfg).PutObject(t.Context(), cfg.Bucket, "other", strings.NewReader("x"), 1, minio.PutObjectOptions{})
	wantError(t, err, nil)
	if stat, err := b.Stat(t.Context(), "other"); err != nil || time.Since(stat.ModTime).Abs() > time.Hour {
		t.Errorf("stat %+v, %v", stat, err)
	}
}

func TestS3SkipsForeignNames(t *testing.T) {
	cfg := buckettest.S3(t)
	_, err := buckettest.Client(t, cfg).PutObject(t.Context(), cfg.Bucket, "marker/", strings.NewReader(""), 0, minio.PutObjectOptions{})
	wantError(t, err, nil)
	b := newS3(t, cfg)
	put(t, b, "k", "x")
	wantKeys(t, b, "k")
}

// An endpoint that accepts and never answers ends at the context's deadline.
func TestS3Hangs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, l)
	b := newS3(t, bucket.S3Config{Endpoint: "http://" + l.Addr().String(), Bucket: "bucket", AccessKey: "k", SecretKey: "s"})
	for _, try := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := b.Stat(ctx, "k"); return err },
		func(ctx context.Context) error { _, _, err := b.Get(ctx, "k", 0, 0); return err },
		func(ctx context.Context) error {
			_, err := b.Put(ctx, "k", strings.NewReader("x"), 1, bucket.PutOptions{IfAbsent: true})
			return err
		},
		func(ctx context.Context) error {
			return b.List(ctx, "", "", func(bucket.Info) error { return nil })
		},
		func(ctx context.Context) error { _, err := b.Folders(ctx, ""); return err },
		func(ctx context.Context) error { return b.Delete(ctx, "k") },
		func(ctx context.Context) error { return b.Delete(ctx, "k", "l") },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		wantError(t, try(ctx), context.DeadlineExceeded)
		cancel()
	}
}

// A storage may answer with another range than the one asked for.
func TestS3OtherRange(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Range", "bytes 0-1/10")
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = io.WriteString(w, "01")
	}))
	defer server.Close()
	b := newS3(t, bucket.S3Config{Endpoint: server.URL, Bucket: "bucket", AccessKey: "k", SecretKey: "s"})
	body, _, err := b.Get(t.Context(), "k", 5, 2)
	if err == nil {
		closed(t, body)
	}
	if err == nil || !strings.Contains(err.Error(), "from byte 5") {
		t.Errorf("bytes 0-1 were taken for 5-6: %v", err)
	}
}

func TestS3ListOutOfOrder(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `<ListBucketResult><Contents><Key>b</Key></Contents><Contents><Key>a</Key></Contents></ListBucketResult>`)
	}))
	defer server.Close()
	b := newS3(t, bucket.S3Config{Endpoint: server.URL, Bucket: "bucket", AccessKey: "k", SecretKey: "s"})
	err := b.List(t.Context(), "", "", func(bucket.Info) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "byte order") {
		t.Errorf("list: %v", err)
	}
}

// A connection that breaks in the body is an error, not a short object.
func TestS3ShortBody(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		_, _ = io.WriteString(w, "only this")
	}))
	defer server.Close()
	b := newS3(t, bucket.S3Config{Endpoint: server.URL, Bucket: "bucket", AccessKey: "k", SecretKey: "s"})
	body, _, err := b.Get(t.Context(), "k", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, body)
	if text, err := io.ReadAll(body); err == nil {
		t.Errorf("read %q without an error", text)
	}
}

// AWS_CA_BUNDLE is other programs' setting: a wrong one harms nothing.
func TestS3IgnoresCABundle(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
	put(t, newS3(t, buckettest.S3(t)), "k", "x")
}

func TestNewS3Refuses(t *testing.T) {
	good := bucket.S3Config{Endpoint: "http://127.0.0.1:1", Bucket: "bucket", AccessKey: "k", SecretKey: "s"}
	for name, change := range map[string]func(*bucket.S3Config){
		"no access key": func(c *bucket.S3Config) { c.AccessKey = "" },
		"no secret":     func(c *bucket.S3Config) { c.SecretKey = "" },
		"no bucket":     func(c *bucket.S3Config) { c.Bucket = "" },
		"bad prefix":    func(c *bucket.S3Config) { c.Prefix = "/a" },
		"bad metadata":  func(c *bucket.S3Config) { c.ModTimeKey = "Mod Time" },
		"bad endpoint":  func(c *bucket.S3Config) { c.Endpoint = "http://a b" },
	} {
		cfg := good
		change(&cfg)
		if b, err := bucket.NewS3(cfg); err == nil {
			t.Errorf("%s: opened as %s", name, b)
		}
	}
}
