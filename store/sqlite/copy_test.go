package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestCopyInto copies what is committed, and what is only in the write-ahead log
// too, into a file that only its owner can read.
func TestCopyInto(t *testing.T) {
	db := newDB(t, Options{})
	for v := range 3 {
		mustWrite(t, db, insert(v))
	}
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := db.CopyInto(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, db, insert(9))
	if got := values(t, openFile(t, file, Options{})); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("the copy holds %v", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := db.CopyInto(t.Context(), file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	if got := values(t, openFile(t, file, Options{})); len(got) != 3 {
		t.Errorf("the other file holds %v", got)
	}
}

// TestCopyIntoFails leaves no file.
func TestCopyIntoFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "copy.db")
	missing := openFile(t, filepath.Join(t.TempDir(), "none.db"), Options{})
	if err := missing.CopyInto(t.Context(), file); !errors.Is(err, ErrMissing) {
		t.Errorf("of nothing: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newDB(t, Options{}).CopyInto(ended, file); !errors.Is(err, context.Canceled) {
		t.Errorf("too late: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file is left: %v", err)
	}
}
