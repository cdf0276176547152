package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
)

// TempFile is a file in a folder without a name: it is gone when it is closed, or
// the program ends. "" is the system's folder.
func TempFile(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "spool-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("make a temporary file: %w", err), f.Close())
	}
	return f, nil
}

// SendJSONFile answers with the JSON that was written to f, for the browser to
// save under a name. What is large goes through a file, so that a slow receiver
// keeps neither a reader nor the shop, and a failure is an answer and not half a
// file.
func SendJSONFile(w http.ResponseWriter, r *http.Request, f *os.File, name string) error {
	size, err := f.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read a temporary file: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.FormatInt(size, 10))
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("send a file: %w", err)
	}
	return nil
}
