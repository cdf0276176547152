package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lapak/tenants/replica"
)

// TestSettingsFile holds the litestream.yml at the top to what it says of itself:
// with it or without it, the same happens.
func TestSettingsFile(t *testing.T) {
	s := settings{Data: t.TempDir()}
	got, err := replica.Load("../../litestream.yml", s.Data, s.getenv)
	if err != nil {
		t.Fatal(err)
	}
	want := replica.Default(s.Data)
	if want.Source = got.Source; got != want {
		t.Errorf("litestream.yml says %+v, the default is %+v", got, want)
	}
}

func TestOpenShops(t *testing.T) {
	for _, c := range []struct {
		want, descriptors int
		open              int
		err               string
	}{
		{0, 1024, 64, ""},
		{0, 1 << 20, 2000, ""},
		{64, 1024, 64, ""},
		{5000, 1 << 20, 5000, ""},
		{65, 1024, 0, "65 shops need about 1036 open files, but only 1024 are allowed (ulimit -n), which is enough for 64 shops"},
		{0, 260, 0, "only 260 files may be open"},
	} {
		got, err := openShops(c.want, c.descriptors)
		if got != c.open || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("openShops(%d, %d): %d, %v", c.want, c.descriptors, got, err)
		}
	}
}

// TestSecretKey starts many at once: they must agree on one key.
func TestSecretKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	keys := make([]string, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, _, err := secretKey(path)
			if err != nil && !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
			keys[i] = string(key)
		})
	}
	wg.Wait()
	want, made, err := secretKey(path)
	if err != nil || made || len(want) != secretLength {
		t.Fatalf("%d bytes, made again: %v, %v", len(want), made, err)
	}
	for _, k := range keys {
		if k != "" && k != string(want) {
			t.Error("two keys were made")
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left beside the key: %v, %v", entries, err)
	}
}

func TestWriteNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	boom := errors.New("boom")
	err := writeNew(path, func(f *os.File) error { _, _ = f.WriteString("half"); return boom })
	if entries, dirErr := os.ReadDir(filepath.Dir(path)); !errors.Is(err, boom) || dirErr != nil || len(entries) != 0 {
		t.Errorf("after a failure: %v, %v", err, entries)
	}
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err = writeNew(path, func(f *os.File) error { _, err := f.WriteString("new"); return err })
	if raw, _ := os.ReadFile(path); !errors.Is(err, fs.ErrExist) || string(raw) != "old" {
		t.Errorf("over a file: %v, %q", err, raw)
	}
	// One that appears while the file is written is not overwritten either.
	late := path + "2"
	err = writeNew(late, func(f *os.File) error { return os.WriteFile(late, []byte("old"), 0o600) })
	if raw, _ := os.ReadFile(late); !errors.Is(err, fs.ErrExist) || string(raw) != "old" {
		t.Errorf("over a late file: %v, %q", err, raw)
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 1 << 30: "1 GiB", 5 << 60: "5120 PiB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}
