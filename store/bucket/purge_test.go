package bucket_test

import (
	"io"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"lapak/store/bucket"
	"lapak/store/bucket/buckettest"
)

func testPurge(t *testing.T, b bucket.Bucket) {
	for _, key := range []string{"a/b/c", "a/b/d/e", "a/b-", "a/bc/d", "e"} {
		put(t, b, key, "12345")
	}
	for _, c := range []struct {
		key  string
		want bucket.Holding
		left []string
	}{
		{"none", bucket.Holding{}, []string{"a/b-", "a/b/c", "a/b/d/e", "a/bc/d", "e"}},
		{"a/b", bucket.Holding{Objects: 2, Bytes: 10}, []string{"a/b-", "a/bc/d", "e"}},
		{"a/b", bucket.Holding{}, []string{"a/b-", "a/bc/d", "e"}},
		{"e", bucket.Holding{Objects: 1, Bytes: 5}, []string{"a/b-", "a/bc/d"}},
	} {
		if got, err := b.PurgeOld(t.Context(), c.key); err != nil || got != (bucket.Holding{}) {
			t.Errorf("purge old of %s: %+v, %v", c.key, got, err)
		}
		if got, err := b.Holds(t.Context(), c.key); err != nil || got != c.want {
			t.Errorf("%s holds %+v, %v; want %+v", c.key, got, err, c.want)
		}
		if got, err := b.Purge(t.Context(), c.key); err != nil || got != c.want {
			t.Errorf("purge of %s: %+v, %v; want %+v", c.key, got, err, c.want)
		}
		wantKeys(t, b, c.left...)
	}
	for _, bad := range []string{"", "a/", "/a", "../a"} {
		_, err := b.Purge(t.Context(), bad)
		wantError(t, err, bucket.ErrBadKey)
		_, err = b.Holds(t.Context(), bad)
		wantError(t, err, bucket.ErrBadKey)
		_, err = b.PurgeOld(t.Context(), bad)
		wantError(t, err, bucket.ErrBadKey)
	}
}

// TestPurgeVersions wants no version, mark of deletion or part of an upload to
// outlive a purge in a versioned bucket, and a neighbour's to stay.
func TestPurgeVersions(t *testing.T) {
	cfg := buckettest.S3(t)
	client := buckettest.Client(t, cfg)
	if err := client.EnableVersioning(t.Context(), cfg.Bucket); err != nil {
		t.Fatal(err)
	}
	cfg.Prefix = "some where"
	b := newS3(t, cfg)
	for _, text := range []string{"1", "22", "333"} { // 3 versions each
		for _, key := range []string{"a/x", "a/deep/y", "a/gone", "ab/x"} {
			put(t, b, key, text)
		}
	}
	wantError(t, b.Delete(t.Context(), "a/gone"), nil) // and a mark
	core := minio.Core{Client: client}
	upload, err := core.NewMultipartUpload(t.Context(), cfg.Bucket, "some where/a/large", minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Repeat("x", 5<<20)
	if _, err := core.PutObjectPart(t.Context(), cfg.Bucket, "some where/a/large", upload, 1,
		strings.NewReader(part), int64(len(part)), minio.PutObjectPartOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Holds(t.Context(), "a"); err != nil || got != (bucket.Holding{Objects: 11, Bytes: 18}) {
		t.Errorf("held before: %+v, %v", got, err)
	}
	wantPurgedOld(t, b)
	if got, err := b.Purge(t.Context(), "a"); err != nil || got != (bucket.Holding{Objects: 2, Bytes: 6}) {
		t.Errorf("purged: %+v, %v", got, err)
	}
	if got, err := b.Holds(t.Context(), "a"); err != nil || got != (bucket.Holding{}) {
		t.Errorf("held after: %+v, %v", got, err)
	}
	wantKeys(t, b, "ab/x")
	if got, err := b.Holds(t.Context(), "ab"); err != nil || got.Objects != 3 {
		t.Errorf("the neighbour's: %+v, %v", got, err)
	}
}

// wantPurgedOld wants what is current to stay: x and y in their last version.
func wantPurgedOld(t *testing.T, b bucket.Bucket) {
	t.Helper()
	if got, err := b.PurgeOld(t.Context(), "a"); err != nil || got.Objects != 9 {
		t.Errorf("purged of old: %+v, %v", got, err)
	}
	body, _, err := b.Get(t.Context(), "a/x", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, body)
	if text, err := io.ReadAll(body); err != nil || string(text) != "333" {
		t.Errorf("the current version is %q, %v", text, err)
	}
	wantKeys(t, b, "a/deep/y", "a/x", "ab/x")
}
