package bucket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"lapak/store/bucket"
)

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
