package bucket_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"lapak/store/bucket"
	"lapak/store/bucket/buckettest"
)

// The conformance suite: what is said of Bucket holds for both kinds.
var suite = []struct {
	name string
	run  func(*testing.T, bucket.Bucket)
}{
	{"put and read back", testPutGet},
	{"ranges", testRanges},
	{"absent keys", testAbsent},
	{"overwrite", testOverwrite},
	{"put if absent", testIfAbsent},
	{"put if absent, large", testIfAbsentLarge},
	{"put if absent has one winner", testOneWinner},
	{"times are exact", testModTime},
	{"reader that fails", testFailingReader},
	{"wrong sizes", testWrongSize},
	{"cancelled context", testCancelled},
	{"keys with odd characters", testOddKeys},
	{"bad keys", testBadKeys},
	{"list in byte order", testListOrder},
	{"list over many pages", testListPages},
	{"list ends with fn", testListStops},
	{"folders", testFolders},
	{"delete", testDelete},
	{"purge", testPurge},
	{"puts among deletes", testPutAmongDeletes},
	{"large stream of unknown size", testLargeStream},
	{"check", testCheck},
}

func TestFolder(t *testing.T) {
	for _, c := range suite {
		t.Run(c.name, func(t *testing.T) { c.run(t, newFolder(t, t.TempDir())) })
	}
}

func TestS3(t *testing.T) {
	cfg := buckettest.S3(t)
	for i, c := range suite {
		t.Run(c.name, func(t *testing.T) {
			cfg := cfg
			cfg.Prefix = fmt.Sprintf("some where/%d", i) // each its own place in one bucket
			c.run(t, newS3(t, cfg))
		})
	}
}

func newFolder(t testing.TB, dir string) *bucket.Folder {
	t.Helper()
	b, err := bucket.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, b) })
	return b
}

func newS3(t testing.TB, cfg bucket.S3Config) *bucket.S3 {
	t.Helper()
	b, err := bucket.NewS3(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, b) })
	return b
}

func closed(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func put(t testing.TB, b bucket.Bucket, key, text string) {
	t.Helper()
	if _, err := b.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), bucket.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, b bucket.Bucket, key string, offset, length int64) (string, bucket.Info) {
	t.Helper()
	body, info, err := b.Get(t.Context(), key, offset, length)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, body)
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), info
}

func keys(t testing.TB, b bucket.Bucket, prefix, after string) []string {
	t.Helper()
	var keys []string
	err := b.List(t.Context(), prefix, after, func(i bucket.Info) error {
		keys = append(keys, i.Key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func wantKeys(t testing.TB, b bucket.Bucket, want ...string) {
	t.Helper()
	if got := keys(t, b, "", ""); !slices.Equal(got, want) {
		t.Errorf("keys %q, want %q", got, want)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func testPutGet(t *testing.T, b bucket.Bucket) {
	for _, text := range []string{"", "a", strings.Repeat("x", 100_000)} {
		for _, size := range []int64{int64(len(text)), -1} {
			before := time.Now()
			// One byte at a time and no knowledge of length: nothing but io.Reader.
			r := iotest.OneByteReader(strings.NewReader(text))
			info, err := b.Put(t.Context(), "a/b/c.txt", r, size, bucket.PutOptions{ContentType: "text/plain"})
			if err != nil {
				t.Fatal(err)
			}
			if info.Key != "a/b/c.txt" || info.Size != int64(len(text)) || info.ModTime.Before(before.Add(-time.Second)) {
				t.Errorf("put: %+v", info)
			}
			got, gotInfo := get(t, b, "a/b/c.txt", 0, 0)
			if got != text || gotInfo != info {
				t.Errorf("read %d bytes, %+v; want %d bytes, %+v", len(got), gotInfo, len(text), info)
			}
			stat, err := b.Stat(t.Context(), "a/b/c.txt")
			if err != nil || stat != info {
				t.Errorf("stat %+v, %v; want %+v", stat, err, info)
			}
		}
	}
	wantKeys(t, b, "a/b/c.txt")
}

func testRanges(t *testing.T, b bucket.Bucket) {
	put(t, b, "ten", "0123456789")
	put(t, b, "none", "")
	for _, c := range []struct {
		key            string
		offset, length int64
		want           string
	}{
		{"ten", 0, 0, "0123456789"},
		{"ten", 0, 1, "0"},
		{"ten", 3, 4, "3456"},
		{"ten", 3, 0, "3456789"},
		{"ten", 8, 100, "89"},
		{"ten", 9, 1, "9"},
		{"ten", 10, 0, ""},
		{"ten", 10, 5, ""},
		{"ten", 999, 0, ""},
		{"none", 0, 0, ""},
		{"none", 0, 5, ""},
		{"none", 5, 5, ""},
	} {
		got, info := get(t, b, c.key, c.offset, c.length)
		stat, err := b.Stat(t.Context(), c.key)
		if err != nil || got != c.want || info != stat {
			t.Errorf("%s from %d, %d bytes: %q, %+v (stat %+v, %v), want %q", c.key, c.offset, c.length, got, info, stat, err, c.want)
		}
	}
	for _, bad := range [][2]int64{{-1, 0}, {0, -1}, {math.MaxInt64, 1}} {
		if _, _, err := b.Get(t.Context(), "ten", bad[0], bad[1]); err == nil {
			t.Errorf("range %v was accepted", bad)
		}
	}
	_, _, err := b.Get(t.Context(), "absent", 5, 5)
	wantError(t, err, bucket.ErrNotFound)
}

func testAbsent(t *testing.T, b bucket.Bucket) {
	put(t, b, "a/b", "x")
	for _, key := range []string{"none", "a", "a/c", "a/b/c", "x/y/z"} {
		_, err := b.Stat(t.Context(), key)
		wantError(t, err, bucket.ErrNotFound)
		_, _, err = b.Get(t.Context(), key, 0, 0)
		wantError(t, err, bucket.ErrNotFound)
		wantError(t, b.Delete(t.Context(), key), nil)
	}
	wantKeys(t, b, "a/b")
}

func testCheck(t *testing.T, b bucket.Bucket) {
	if err := bucket.Check(t.Context(), b); err != nil {
		t.Error(err)
	}
	wantKeys(t, b)
}

// endless yields 0, 1, 2, … 250, again and again: no size of a part is a
// multiple of that, so parts that are lost or in the wrong order show.
func endless() io.Reader { return &pattern{} }

type pattern struct{ at int }

func (r *pattern) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte((r.at + i) % 251)
	}
	r.at += len(p)
	return len(p), nil
}

// same compares two streams.
func same(a, b io.Reader) error {
	x, y := make([]byte, 1<<16), make([]byte, 1<<16)
	for at := 0; ; {
		n, errX := io.ReadFull(a, x)
		m, errY := io.ReadFull(b, y)
		if n != m || !bytes.Equal(x[:n], y[:m]) || errX != errY {
			return fmt.Errorf("different after byte %d (%d, %v; %d, %v)", at, n, errX, m, errY)
		}
		if errX != nil {
			return nil
		}
		at += n
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
