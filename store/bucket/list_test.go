package bucket_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store/bucket"
)

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
