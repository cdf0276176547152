package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"lapak/web/control"
)

// TestManyCommands runs commands at once on a folder that no server has: each
// has it for a moment, or is answered by another that has.
func TestManyCommands(t *testing.T) {
	data := t.TempDir()
	const n = 8
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			cmd := exec.Command("lapak", "shops", "create", fmt.Sprintf("s%d.myshopify.com", i), "--data", data)
			cmd.Dir = t.TempDir()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	if got := strings.Count(lapak(t, "shops", "list", "--data", data), "active"); got != n {
		t.Errorf("%d shops, want %d", got, n)
	}
}

// TestSilentOwner is about a process that has the folder and says nothing.
func TestSilentOwner(t *testing.T) {
	t.Run("lock", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		f, err := os.Create(filepath.Join(data, "lock"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			t.Fatal(err)
		}
		fails(t, "another lapak is using this data folder", "shops", "list", "--data", data)
	})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		l, err := control.Listen(context.Background(), data)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // nobody accepts
		fails(t, "is in use, but its owner does not answer", "shops", "list", "--data", data)
	})
	t.Run("timeout", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		l, err := control.Listen(context.Background(), data)
		if err != nil {
			t.Fatal(err)
		}
		var all []net.Conn
		done := make(chan struct{})
		go func() { // accepts, and hangs
			defer close(done)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				all = append(all, c)
			}
		}()
		fails(t, "", "shops", "list", "--data", data, "--timeout", "50ms")
		_ = l.Close()
		<-done
		for _, c := range all {
			_ = c.Close()
		}
	})
}

// fails runs a command that must end with code 1 and one line with want.
func fails(t *testing.T, want string, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(args, &out, &errs)
	if code != exitFailed || out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), want) {
		t.Errorf("lapak %v: exit code %d, stdout %q, stderr %q, want %q", args, code, out.String(), errs.String(), want)
	}
}
