package bucket_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lapak/store/bucket"
)

var badKeys = []string{
	"", "/", "/a", "a/", "a//b", "//a", ".", "..", "../a", "a/..", "a/../b", "a/../../b", "./a", "a/./b", "a/.", "a\\b", "..\\a",
	"a\x00b", "\x00", "a\nb", "a\r", "a\x7f", "a\u0085", "a\ufffe", "a\uffff", "\xff", "a/\xc0\xae\xc0\xae/b",
	strings.Repeat("s", 256), "a/" + strings.Repeat("s", 256), strings.Repeat("seg/", 256) + "s", ".tmp", ".tmp/a",
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
	wantKeys(t, b, slices.Sorted(slices.Values(oddKeys))...)
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

// A key that passes the check never leaves the folder, and is listed as itself.
func FuzzKey(f *testing.F) {
	for _, key := range append(badKeys, oddKeys...) {
		f.Add(key)
	}
	outer := f.TempDir()
	b, err := bucket.NewFolder(filepath.Join(outer, "in", "side"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { closed(f, b) })
	f.Fuzz(func(t *testing.T, key string) {
		_, err := b.Put(t.Context(), key, strings.NewReader(key), int64(len(key)), bucket.PutOptions{})
		if (err == nil) != (bucket.CheckKey(key) == nil) {
			t.Fatalf("%q: put %v, check %v", key, err, bucket.CheckKey(key))
		}
		if err != nil {
			wantError(t, err, bucket.ErrBadKey)
			return
		}
		wantKeys(t, b, key)
		if got, _ := get(t, b, key, 0, 0); got != key {
			t.Errorf("%q: got %q", key, got)
		}
		if got, err := os.ReadFile(filepath.Join(outer, "in", "side", filepath.FromSlash(key))); err != nil || string(got) != key {
			t.Errorf("%q on the disk: %q, %v", key, got, err)
		}
		if err := b.Delete(t.Context(), key); err != nil {
			t.Error(err)
		}
		for dir, want := range map[string]string{outer: "in", filepath.Join(outer, "in"): "side", filepath.Join(outer, "in", "side"): ".tmp"} {
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 1 || entries[0].Name() != want {
				t.Errorf("%q left %v in %s (%v)", key, entries, dir, err)
			}
		}
	})
}

// FuzzOpen is for crashes, and for secrets in messages.
func FuzzOpen(f *testing.F) {
	for _, c := range badAddresses {
		f.Add(c.address)
	}
	f.Add("s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=x&path-style=true")
	getenv := func(string) string { return "TOP-SECRET" }
	f.Fuzz(func(t *testing.T, address string) {
		if strings.HasPrefix(address, "file:") {
			return // would make folders anywhere
		}
		b, err := bucket.Open(t.Context(), address, getenv)
		if err != nil {
			if strings.Contains(err.Error(), "TOP-SECRET") && !strings.Contains(address, "TOP-SECRET") {
				t.Errorf("the error tells the secret: %v", err)
			}
			return
		}
		defer closed(t, b)
		if strings.Contains(b.String(), "TOP-SECRET") && !strings.Contains(address, "TOP-SECRET") {
			t.Errorf("the name tells the secret: %s", b)
		}
		if _, err := b.Stat(t.Context(), ""); err == nil {
			t.Error("an empty key was accepted")
		}
		var _ io.Closer = b
	})
}
