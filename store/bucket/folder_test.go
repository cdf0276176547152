package bucket_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"lapak/store/bucket"
)

func TestFolderStaysInside(t *testing.T) {
	dir := t.TempDir()
	inside, outside := filepath.Join(dir, "inside"), filepath.Join(dir, "outside")
	b := newFolder(t, inside)
	mustDo(t, os.Mkdir(outside, 0o700), os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600))
	mustDo(t, os.Symlink(outside, filepath.Join(inside, "out")), os.Symlink("../outside", filepath.Join(inside, "rel")),
		os.Symlink(filepath.Join(outside, "secret"), filepath.Join(inside, "file")))

	for _, key := range []string{"out/secret", "rel/secret", "file", "out/new", "rel/a/b"} {
		if body, _, err := b.Get(t.Context(), key, 0, 0); err == nil {
			closed(t, body)
			t.Errorf("%s was readable", key)
		}
		if _, err := b.Stat(t.Context(), key); err == nil {
			t.Errorf("%s has a stat", key)
		}
		_ = b.Delete(t.Context(), key) // what matters is what is left outside
		for _, ifAbsent := range []bool{true, false} {
			_, err := b.Put(t.Context(), key, strings.NewReader("x"), 1, bucket.PutOptions{IfAbsent: ifAbsent})
			if err == nil && key != "file" { // the link itself may be replaced
				t.Errorf("%s was writable", key)
			}
		}
	}
	wantKeys(t, b, "file")
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("outside: %v, %v", entries, err)
	}
	if text, err := os.ReadFile(filepath.Join(outside, "secret")); err != nil || string(text) != "secret" {
		t.Errorf("the file outside: %q, %v", text, err)
	}
}

func mustDo(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestFolderSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	b := newFolder(t, dir)
	mustDo(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600), os.MkdirAll(filepath.Join(dir, "empty", "er"), 0o700),
		os.WriteFile(filepath.Join(dir, "bad\nname"), nil, 0o600))
	for _, key := range []string{"pipe", "empty", "empty/er"} {
		_, _, err := b.Get(t.Context(), key, 0, 0)
		wantError(t, err, bucket.ErrNotFound)
		_, err = b.Stat(t.Context(), key)
		wantError(t, err, bucket.ErrNotFound)
	}
	wantKeys(t, b)
	if got, err := b.Folders(t.Context(), ""); err != nil || len(got) != 0 {
		t.Errorf("folders without keys: %q, %v", got, err)
	}
	put(t, b, "empty/er/key", "x")
	wantError(t, b.Delete(t.Context(), "empty/er/key"), nil)
	if _, err := os.Lstat(filepath.Join(dir, "empty")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the empty folders stay: %v", err)
	}
}

func TestFolderKeyThroughKey(t *testing.T) {
	b := newFolder(t, t.TempDir())
	put(t, b, "a/b", "x")
	for _, key := range []string{"a", "a/b/c", "a/b/c/d"} {
		for _, ifAbsent := range []bool{true, false} {
			_, err := b.Put(t.Context(), key, strings.NewReader("y"), 1, bucket.PutOptions{IfAbsent: ifAbsent})
			if !errors.Is(err, bucket.ErrBadKey) || errors.Is(err, bucket.ErrExists) {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
	wantKeys(t, b, "a/b")
	wantTemps(t, b)
}

// wantTemps fails when unfinished files are left.
func wantTemps(t *testing.T, b *bucket.Folder, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(strings.TrimPrefix(b.String(), "file:"), ".tmp"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("unfinished files %q, want %q", names, want)
	}
}

func TestFolderLeavesNoTemps(t *testing.T) {
	b := newFolder(t, t.TempDir())
	_, err := b.Put(t.Context(), "k", io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrClosedPipe)), -1, bucket.PutOptions{})
	wantError(t, err, io.ErrClosedPipe)
	put(t, b, "k", "x")
	_, err = b.Put(t.Context(), "k", strings.NewReader("y"), 1, bucket.PutOptions{IfAbsent: true})
	wantError(t, err, bucket.ErrExists)
	_, err = b.Put(t.Context(), "l", strings.NewReader("y"), 1, bucket.PutOptions{IfAbsent: true})
	wantError(t, err, nil)
	wantTemps(t, b)
}

func TestFolderHidesUnfinished(t *testing.T) {
	b := newFolder(t, t.TempDir())
	r := readerFunc(func(p []byte) (int, error) {
		wantKeys(t, b) // in the middle of the Put
		if got, err := b.Folders(t.Context(), ""); err != nil || len(got) != 0 {
			t.Errorf("folders %q, %v", got, err)
		}
		return copy(p, "x"), io.EOF
	})
	if _, err := b.Put(t.Context(), "k", r, -1, bucket.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, b, "k")
}

func TestFolderSweepsOldTemps(t *testing.T) {
	dir := t.TempDir()
	temp := filepath.Join(dir, ".tmp")
	young := "99999999999-YOUNG"
	mustDo(t, os.Mkdir(temp, 0o700))
	for _, name := range []string{"1700000000-OLD", young, "not-ours"} {
		mustDo(t, os.WriteFile(filepath.Join(temp, name), nil, 0o600))
		mustDo(t, os.Chtimes(filepath.Join(temp, name), time.Unix(0, 0), time.Unix(0, 0)))
	}
	wantTemps(t, newFolder(t, dir), young, "not-ours")
}

func TestNewFolderRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	mustDo(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if b, err := bucket.NewFolder(dir); err == nil {
			t.Errorf("%q was opened as %s", dir, b)
		}
	}
}

func TestFolderSignsNothing(t *testing.T) {
	if url, err := newFolder(t, t.TempDir()).Sign(t.Context(), "k", time.Minute); url != "" || err != nil {
		t.Errorf("%q, %v", url, err)
	}
}
