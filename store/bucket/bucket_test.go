package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
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

func testOverwrite(t *testing.T, b bucket.Bucket) {
	put(t, b, "k", "first, and longer")
	body, _, err := b.Get(t.Context(), "k", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, body)
	put(t, b, "k", "second")
	// A reader that has begun sees one whole, not a mixture.
	if got, err := io.ReadAll(body); err != nil || string(got) != "first, and longer" {
		t.Errorf("the open reader got %q, %v", got, err)
	}
	if got, info := get(t, b, "k", 0, 0); got != "second" || info.Size != 6 {
		t.Errorf("got %q, %+v", got, info)
	}
}

func testIfAbsent(t *testing.T, b bucket.Bucket) {
	opt := bucket.PutOptions{IfAbsent: true}
	if _, err := b.Put(t.Context(), "k", strings.NewReader("one"), 3, opt); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{3, -1} {
		_, err := b.Put(t.Context(), "k", strings.NewReader("two"), size, opt)
		wantError(t, err, bucket.ErrExists)
	}
	if got, _ := get(t, b, "k", 0, 0); got != "one" {
		t.Errorf("got %q", got)
	}
	wantError(t, b.Delete(t.Context(), "k"), nil)
	if _, err := b.Put(t.Context(), "k", strings.NewReader("three"), -1, opt); err != nil {
		t.Errorf("after the delete: %v", err)
	}
}

// Large bodies go in parts to S3, where the condition belongs to the last step.
func testIfAbsentLarge(t *testing.T, b bucket.Bucket) {
	const size = 9 << 20
	for _, size := range []int64{size, -1} {
		put(t, b, "large", "small")
		_, err := b.Put(t.Context(), "large", io.LimitReader(endless(), 9<<20), size, bucket.PutOptions{IfAbsent: true})
		wantError(t, err, bucket.ErrExists)
		if got, _ := get(t, b, "large", 0, 0); got != "small" {
			t.Errorf("the key has been overwritten with %d bytes", len(got))
		}
	}
	mod := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	opt := bucket.PutOptions{IfAbsent: true, ModTime: mod}
	want, err := b.Put(t.Context(), "free", io.LimitReader(endless(), size), size, opt)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Stat(t.Context(), "free"); err != nil || got != want || got.Size != size || !got.ModTime.Equal(mod) {
		t.Errorf("stat %+v, %v; want %+v", got, err, want)
	}
}

func testOneWinner(t *testing.T, b bucket.Bucket) {
	for round := range 5 {
		key := fmt.Sprintf("deep/%d/er/key", round)
		var wg sync.WaitGroup
		errs := make([]error, 32)
		start := make(chan struct{})
		for i := range errs {
			wg.Go(func() {
				<-start
				text := fmt.Sprint(i)
				_, errs[i] = b.Put(t.Context(), key, strings.NewReader(text), -1, bucket.PutOptions{IfAbsent: true})
			})
		}
		close(start)
		wg.Wait()
		var winners []string
		for i, err := range errs {
			if err == nil {
				winners = append(winners, fmt.Sprint(i))
			} else {
				wantError(t, err, bucket.ErrExists)
			}
		}
		if got, _ := get(t, b, key, 0, 0); len(winners) != 1 || winners[0] != got {
			t.Errorf("winners %v, stored %q", winners, got)
		}
	}
}

func testModTime(t *testing.T, b bucket.Bucket) {
	for _, mod := range []time.Time{
		time.Date(2026, 7, 8, 9, 10, 11, 123456789, time.UTC),
		time.Date(2026, 7, 8, 9, 10, 11, 1, time.FixedZone("east", 7*3600)),
		time.Unix(0, 1),
		time.Date(2099, 12, 31, 23, 59, 59, 999999999, time.UTC),
	} {
		info, err := b.Put(t.Context(), "k", strings.NewReader("x"), 1, bucket.PutOptions{ModTime: mod})
		if err != nil {
			t.Fatal(err)
		}
		stat, err := b.Stat(t.Context(), "k")
		if err != nil || !stat.ModTime.Equal(mod) || stat != info || stat.ModTime.Location() != time.UTC {
			t.Errorf("stat %+v, %v; put %+v; want %v", stat, err, info, mod)
		}
	}
}

func testFailingReader(t *testing.T, b bucket.Bucket) {
	broken := errors.New("the source broke")
	for _, n := range []int64{0, 100, 9 << 20, 17 << 20} {
		for _, size := range []int64{-1, n + 100} {
			r := io.MultiReader(io.LimitReader(endless(), n), iotest.ErrReader(broken))
			_, err := b.Put(t.Context(), "some/key", r, size, bucket.PutOptions{})
			wantError(t, err, broken)
		}
	}
	wantKeys(t, b)
	put(t, b, "some/key", "good")
	_, err := b.Put(t.Context(), "some/key", iotest.ErrReader(broken), -1, bucket.PutOptions{})
	wantError(t, err, broken)
	if got, _ := get(t, b, "some/key", 0, 0); got != "good" {
		t.Errorf("got %q", got)
	}
}

func testWrongSize(t *testing.T, b bucket.Bucket) {
	for _, c := range []struct{ real, announced int64 }{
		{3, 2}, {3, 4}, {0, 1}, {1, 0}, {9 << 20, 9<<20 - 1}, {9 << 20, 9<<20 + 1}, {8 << 20, 9 << 20}, {9 << 20, 8 << 20},
	} {
		_, err := b.Put(t.Context(), "k", io.LimitReader(endless(), c.real), c.announced, bucket.PutOptions{})
		wantError(t, err, bucket.ErrSize)
	}
	if _, err := b.Put(t.Context(), "k", endless(), -2, bucket.PutOptions{}); err == nil {
		t.Error("size -2 was accepted")
	}
	wantKeys(t, b)
}

func testCancelled(t *testing.T, b bucket.Bucket) {
	put(t, b, "a/k", "x")
	put(t, b, "b/k", "x")
	ctx, cancel := context.WithCancel(t.Context())
	body, _, err := b.Get(ctx, "a/k", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, body)
	cancel()
	if _, err := io.ReadAll(body); err == nil {
		// S3's single byte may have come with the header.
		if _, folder := b.(*bucket.Folder); folder {
			t.Error("the body was readable after the context's end")
		}
	}
	_, err = b.Put(ctx, "new", strings.NewReader("x"), 1, bucket.PutOptions{})
	wantError(t, err, context.Canceled)
	_, _, err = b.Get(ctx, "a/k", 0, 0)
	wantError(t, err, context.Canceled)
	_, err = b.Stat(ctx, "a/k")
	wantError(t, err, context.Canceled)
	wantError(t, b.List(ctx, "", "", func(bucket.Info) error { return nil }), context.Canceled)
	_, err = b.Folders(ctx, "")
	wantError(t, err, context.Canceled)
	wantError(t, b.Delete(ctx, "a/k"), context.Canceled)
	wantError(t, b.Delete(ctx, "a/k", "b/k"), context.Canceled)

	// In the middle of the stream, too, with parts uploaded already.
	ctx, cancel = context.WithCancel(t.Context())
	r := io.MultiReader(io.LimitReader(endless(), 17<<20), readerFunc(func([]byte) (int, error) {
		cancel()
		return 0, nil
	}))
	_, err = b.Put(ctx, "new", r, -1, bucket.PutOptions{})
	wantError(t, err, context.Canceled)
	wantKeys(t, b, "a/k", "b/k")
}

var oddKeys = []string{
	" ", " lead and trail ", "!#$%&'()*+,-.:;<=>?@[]^_`{|}~", "%2F", "%252e", "+", "..a", ".hidden", "...", "a b/c d", "a%b", "a&b",
	"a+b/c+d", "a?b=c", "a\"b", "emoji/🦊.png", "kebab-case.tar.gz", "nama/é/日本", "x/.tmp", strings.Repeat("s", 255),
}

func testOddKeys(t *testing.T, b bucket.Bucket) {
	for _, key := range oddKeys {
		if err := bucket.CheckKey(key); err != nil {
			t.Fatal(err)
		}
		put(t, b, key, "text of "+key)
	}
	slices.Sort(oddKeys)
	wantKeys(t, b, oddKeys...)
	for _, key := range oddKeys {
		if got, info := get(t, b, key, 0, 0); got != "text of "+key || info.Key != key {
			t.Errorf("%q: got %q, %+v", key, got, info)
		}
	}
	wantError(t, b.Delete(t.Context(), oddKeys...), nil)
	wantKeys(t, b)
}

func testBadKeys(t *testing.T, b bucket.Bucket) {
	ctx, none := t.Context(), strings.NewReader("")
	for _, key := range badKeys {
		_, err := b.Put(ctx, key, none, 0, bucket.PutOptions{})
		wantError(t, err, bucket.ErrBadKey)
		_, _, err = b.Get(ctx, key, 0, 0)
		wantError(t, err, bucket.ErrBadKey)
		_, err = b.Stat(ctx, key)
		wantError(t, err, bucket.ErrBadKey)
		_, err = b.Sign(ctx, key, time.Minute)
		wantError(t, err, bucket.ErrBadKey)
		wantError(t, b.Delete(ctx, "good", key), bucket.ErrBadKey)
	}
	for _, prefix := range []string{"/", "../", "a/../b", "./", "a//", "a\\", "a\x00", ".tmp/", strings.Repeat("p", 2000)} {
		wantError(t, b.List(ctx, prefix, "", func(bucket.Info) error { return nil }), bucket.ErrBadKey)
	}
	for _, folder := range []string{"//", "..", "../", "a//", "a\x00", ".tmp"} {
		_, err := b.Folders(ctx, folder)
		wantError(t, err, bucket.ErrBadKey)
	}
	wantKeys(t, b)
}

func testListOrder(t *testing.T, b bucket.Bucket) {
	all := []string{"a!", "a-b", "a.b", "a/b", "a/b-", "a/c/d", "a0", "aa/x", "b", "b-/z", "c/d/e/f"}
	for _, key := range all {
		put(t, b, key, key)
	}
	prefixes := []string{"", "a", "a/", "a/b", "a/c/", "a/c/d", "b", "b-", "c/d", "z", "a/b/"}
	afters := append([]string{"", "a", "a/", "a/b/c", "a/zzz", "b-/", "zz"}, all...)
	for _, prefix := range prefixes {
		for _, after := range afters {
			want := slices.DeleteFunc(slices.Clone(all), func(k string) bool {
				return !strings.HasPrefix(k, prefix) || k <= after
			})
			if got := keys(t, b, prefix, after); !slices.Equal(got, want) {
				t.Errorf("list %q after %q: %q, want %q", prefix, after, got, want)
			}
		}
	}
	err := b.List(t.Context(), "c/", "", func(i bucket.Info) error {
		if i.Size != 7 || time.Since(i.ModTime) > time.Hour {
			t.Errorf("listed %+v", i)
		}
		return nil
	})
	wantError(t, err, nil)
}

func testListPages(t *testing.T, b bucket.Bucket) {
	var all []string
	for i := range 1205 {
		all = append(all, fmt.Sprintf("page/%05d", i))
	}
	var wg sync.WaitGroup
	for part := range slices.Chunk(all, 200) {
		wg.Go(func() {
			for _, key := range part {
				if _, err := b.Put(t.Context(), key, strings.NewReader(key), -1, bucket.PutOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	wantKeys(t, b, all...)
	if got := keys(t, b, "page/", all[100]); !slices.Equal(got, all[101:]) {
		t.Errorf("after %s: %d keys", all[100], len(got))
	}
	// fn may delete what it is shown, and a delete may take more than a page.
	err := b.List(t.Context(), "page/000", "", func(i bucket.Info) error { return b.Delete(t.Context(), i.Key) })
	wantError(t, err, nil)
	wantError(t, b.Delete(t.Context(), all...), nil)
	wantKeys(t, b)
}

func testListStops(t *testing.T, b bucket.Bucket) {
	put(t, b, "a", "")
	put(t, b, "b", "")
	enough, n := errors.New("enough"), 0
	err := b.List(t.Context(), "", "", func(bucket.Info) error {
		n++
		return enough
	})
	if err != enough || n != 1 {
		t.Errorf("%d calls, %v", n, err)
	}
}

func testFolders(t *testing.T, b bucket.Bucket) {
	for _, key := range []string{"a/b/c", "a/b/d", "a/b-c/d", "a/x", "a/é d/e/f/g", "b/c", "top"} {
		put(t, b, key, "")
	}
	for folder, want := range map[string][]string{
		"": {"a", "b"}, "a": {"b", "b-c", "é d"}, "a/": {"b", "b-c", "é d"}, "a/é d": {"e"}, "a/b": nil, "a/x": nil, "none": nil, "to": nil,
	} {
		if got, err := b.Folders(t.Context(), folder); err != nil || !slices.Equal(got, want) {
			t.Errorf("folders of %q: %q, %v, want %q", folder, got, err, want)
		}
	}
}

func testDelete(t *testing.T, b bucket.Bucket) {
	for _, key := range []string{"a/b/c", "a/b/d", "e", "f/g"} {
		put(t, b, key, "x")
	}
	wantError(t, b.Delete(t.Context()), nil)
	wantError(t, b.Delete(t.Context(), "a/b", "a", "none", "none/x"), nil)
	wantKeys(t, b, "a/b/c", "a/b/d", "e", "f/g")
	wantError(t, b.Delete(t.Context(), "a/b/c", "none", "e", "e"), nil)
	wantKeys(t, b, "a/b/d", "f/g")
	wantError(t, b.Delete(t.Context(), "a/b/d"), nil)
	if got, err := b.Folders(t.Context(), ""); err != nil || !slices.Equal(got, []string{"f"}) {
		t.Errorf("folders %q, %v", got, err)
	}
	put(t, b, "a", "a key where a folder was")
}

// A folder that becomes empty is removed while others put keys into it.
func testPutAmongDeletes(t *testing.T, b bucket.Bucket) {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 25 {
				key := fmt.Sprintf("x/y/%d", i)
				opt := bucket.PutOptions{IfAbsent: n%2 == 0}
				if _, err := b.Put(t.Context(), key, strings.NewReader("x"), 1, opt); err != nil {
					t.Error(err)
				}
				if _, err := b.Stat(t.Context(), key); err != nil {
					t.Error(err)
				}
				if err := b.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	wantKeys(t, b)
}

func testLargeStream(t *testing.T, b bucket.Bucket) {
	const size = 80 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	info, err := b.Put(t.Context(), "large", io.LimitReader(endless(), size), -1, bucket.PutOptions{})
	runtime.ReadMemStats(&after)
	if err != nil || info.Size != size {
		t.Fatalf("put %+v, %v", info, err)
	}
	// Everything allocated in that time, freed or not: it cannot have been more at once.
	if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
		t.Errorf("%d MiB were allocated", used>>20)
	}
	body, _, err := b.Get(t.Context(), "large", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, body)
	if err := same(body, io.LimitReader(endless(), size)); err != nil {
		t.Error(err)
	}
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
