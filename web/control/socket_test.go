package control

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// folders are data folders whose sockets are reached by their name and, where
// that is too long, in another way.
func folders(t *testing.T) map[string]string {
	t.Helper()
	long := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(long, 0o700); err != nil {
		t.Fatal(err)
	}
	short, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	return map[string]string{"short": short, "long": long}
}

func TestSocket(t *testing.T) {
	for name, dir := range folders(t) {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			c := NewClient(dir)
			defer c.Close()
			if _, err := c.Status(ctx); !errors.Is(err, ErrNobody) {
				t.Fatalf("without a socket: %v", err)
			}
			stale(t, dir)
			if _, err := c.Status(ctx); !errors.Is(err, ErrNobody) {
				t.Fatalf("with a stale socket: %v", err)
			}
			serveStatus(t, dir)
			info, err := os.Lstat(filepath.Join(dir, socketName))
			if err != nil || info.Mode().Perm() != 0o600 || info.Mode()&fs.ModeSocket == 0 {
				t.Fatalf("the socket: %v, %v", info, err)
			}
			if got, err := c.Status(ctx); err != nil || got.Mode != "test" {
				t.Errorf("status: %+v, %v", got, err)
			}
		})
	}
}

// stale leaves a socket that nobody listens on, as a killed process does.
func stale(t *testing.T, dir string) {
	t.Helper()
	l, err := Listen(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, socketName)); err != nil {
		t.Fatalf("the stale socket: %v", err)
	}
}

func serveStatus(t *testing.T, dir string) {
	t.Helper()
	l, err := Listen(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, Status{Mode: "test"})
	})}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
		if _, err := os.Lstat(filepath.Join(dir, socketName)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a closed listener leaves its socket: %v", err)
		}
	})
}

// TestSocketIsNeverOpenToOthers looks at the mode that the socket has when it
// appears, before any chmod.
func TestSocketIsNeverOpenToOthers(t *testing.T) {
	dir := folders(t)["short"]
	path := filepath.Join(dir, "probe.sock")
	lc := net.ListenConfig{Control: private}
	l, err := lc.Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestClientErrors is about answers that are none of ours.
func TestClientErrors(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":"not so","code":"state"}`: "not so",
		`{"error":""}`:                      "it answers 500",
		`<html>`:                            "it answers 500",
		``:                                  "it answers 500",
	} {
		dir := folders(t)["short"]
		l, err := Listen(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(body))
		})}
		done := make(chan error, 1)
		go func() { done <- srv.Serve(l) }()
		c := NewClient(dir)
		if _, err := c.Shops(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
		c.Close()
		_ = srv.Close()
		<-done
	}
}
