package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/web/control"
)

// testServer is a lapak serve of its own process.
type testServer struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	logs logBuffer
	url  string
	ctl  *control.Client
}

// startServer runs lapak serve on a folder until the test ends.
func startServer(t *testing.T, data string, args ...string) *testServer {
	t.Helper()
	return startServerAs(t, nil, data, args...)
}

func startServerAs(t *testing.T, attr *syscall.SysProcAttr, data string, args ...string) *testServer {
	t.Helper()
	s := &testServer{cmd: exec.Command("lapak", append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, args...)...)}
	s.cmd.Dir = t.TempDir() // where no litestream.yml is
	s.cmd.Stderr, s.cmd.SysProcAttr = &s.logs, attr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.end(t, syscall.SIGKILL) })
	s.ctl = control.NewClient(data)
	t.Cleanup(s.ctl.Close)
	s.readGreeting(t, out)
	return s
}

// readGreeting reads the start text up to its end, and the rest beside the test.
func (s *testServer) readGreeting(t *testing.T, out io.Reader) {
	t.Helper()
	buf := make([]byte, 4<<10)
	for !strings.Contains(s.out.String(), "  stop ") {
		n, err := out.Read(buf)
		s.out.Write(buf[:n])
		if err != nil {
			_ = s.cmd.Wait()
			t.Fatalf("the server did not start: %s%s", s.out.String(), s.logs.String())
		}
	}
	_, url, _ := strings.Cut(s.out.String(), "Lapak serves ")
	s.url, _, _ = strings.Cut(url, "\n")
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
}

// end stops the server with a signal and returns its exit code; -1 if it was
// killed, or has ended before.
func (s *testServer) end(t *testing.T, sig syscall.Signal) int {
	t.Helper()
	if s.cmd.ProcessState != nil {
		return -1
	}
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Error(err)
	}
	limit := time.AfterFunc(time.Minute, func() { _ = s.cmd.Process.Kill() })
	defer limit.Stop()
	_ = s.cmd.Wait() // the code says it
	return s.cmd.ProcessState.ExitCode()
}

// lapak runs a command in this process and returns what it prints; it must
// succeed.
func lapak(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(args, &out, &errs); code != exitOK {
		t.Fatalf("lapak %v: exit code %d: %s", args, code, errs.String())
	}
	return out.String()
}

// call makes a request with a key and reads its JSON answer into v, which may be
// nil.
func (s *testServer) call(t *testing.T, key, method, path, body string, want int, v any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		t.Fatalf("%s %s: %s (%v), want %d: %s", method, path, resp.Status, err, want, raw)
	}
	if v != nil {
		if err := json.Unmarshal(raw, v); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
}

type savedDesign struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
}

func (s *testServer) saveDesign(t *testing.T, key, name string) savedDesign {
	t.Helper()
	var d savedDesign
	s.call(t, key, "POST", "/imcst_api/design", `{"shopifyProductId":"1","name":"`+name+`","designJson":{"a":1}}`, 201, &d)
	return d
}

// settle waits until the bucket has all of a shop's changes.
func (s *testServer) settle(t *testing.T, shop store.Shop) {
	t.Helper()
	err := waitFor("changes are not replicated", func(ctx context.Context) (bool, error) {
		b, err := s.ctl.Backups(ctx, shop)
		return err == nil && b.Lag == 0 && !b.Newest.IsZero(), err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStopShipsTheTail deletes everything but the replica after a SIGTERM: the
// last write before it is there.
func TestStopShipsTheTail(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data)
	lapak(t, "shops", "create", "kopi.myshopify.com", "--data", data)
	key := strings.TrimSpace(lapak(t, "keys", "create", "kopi.myshopify.com", "--data", data))
	d := s.saveDesign(t, key, "last")
	if code := s.end(t, syscall.SIGTERM); code != 0 {
		t.Fatalf("exit code %d: %s", code, s.logs.String())
	}
	replica := t.TempDir() + "/replica"
	if err := os.Rename(data+"/replica", replica); err != nil {
		t.Fatal(err)
	}
	fresh := t.TempDir()
	if err := os.Rename(replica, fresh+"/replica"); err != nil {
		t.Fatal(err)
	}
	lapak(t, "recover", "--data", fresh)
	s = startServer(t, fresh)
	s.call(t, key, "GET", "/imcst_api/design/"+d.ID, "", 200, &d)
	if d.Name != "last" {
		t.Errorf("got the design %q", d.Name)
	}
}

// TestKilledServer kills the server right after an acknowledged write.
func TestKilledServer(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data)
	lapak(t, "shops", "create", "kopi.myshopify.com", "--data", data)
	key := strings.TrimSpace(lapak(t, "keys", "create", "kopi.myshopify.com", "--data", data))
	d := s.saveDesign(t, key, "kept")
	s.end(t, syscall.SIGKILL)
	if _, err := os.Lstat(data + "/lapak.sock"); err != nil {
		t.Fatalf("a killed server leaves its socket: %v", err)
	}
	// Over the dead socket, first a command, then a server.
	if got := lapak(t, "shops", "list", "--data", data); !strings.Contains(got, "kopi.myshopify.com") {
		t.Errorf("shops list: %s", got)
	}
	s = startServer(t, data)
	s.call(t, key, "GET", "/imcst_api/design/"+d.ID, "", 200, nil)
	s.settle(t, parseShop(t, "kopi.myshopify.com"))
}

// TestSecondSignal stops a server that cannot replicate what is left: the first
// signal lets it try, the second one ends it.
func TestSecondSignal(t *testing.T) {
	data := t.TempDir()
	lapak(t, "shops", "create", "kopi.myshopify.com", "--data", data)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	s3 := bucket.S3Config{Bucket: "silent", Endpoint: "http://" + silent.Addr().String(), Region: "us-east-1"}
	s := startServer(t, data, "--litestream", s3Settings(t, s3))
	lapak(t, "shops", "suspend", "kopi.myshopify.com", "--data", data)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err = waitFor("the server does not begin to stop", func(ctx context.Context) (bool, error) {
		_, err := s.ctl.Status(ctx)
		return errors.Is(err, control.ErrNobody), err
	})
	if err != nil {
		t.Fatal(err)
	}
	if code := s.end(t, syscall.SIGTERM); code != exitFailed || !strings.Contains(s.logs.String(), "lapak: stopped at once") {
		t.Errorf("exit code %d: %s", code, s.logs.String())
	}
	// What could not be replicated is on the disk.
	if got := lapak(t, "shops", "show", "kopi.myshopify.com", "--data", data); !strings.Contains(got, "suspended") {
		t.Errorf("after that: %s", got)
	}
}

// TestDemoRestore does what the start text of --demo invites to.
func TestDemoRestore(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data, "--demo")
	key := demoKeyOf(t, data)
	d := s.saveDesign(t, key, "mug")
	s.settle(t, parseShop(t, "kopi-senja.myshopify.com"))
	at := time.Now().UTC().Format(time.RFC3339Nano)
	s.call(t, key, "DELETE", "/imcst_api/design/"+d.ID, "", 204, nil)
	s.call(t, key, "GET", "/imcst_api/design/"+d.ID, "", 404, nil)
	var job catalog.Job
	s.call(t, key, "POST", "/imcst_api/restore", `{"at":"`+at+`"}`, 202, &job)
	err := waitFor("the restore does not end", func(context.Context) (bool, error) {
		s.call(t, key, "GET", "/imcst_api/jobs/"+job.ID, "", 200, &job)
		return job.State == catalog.Done || job.State == catalog.Failed, nil
	})
	if err != nil || job.State != catalog.Done {
		t.Fatalf("%v: %+v", err, job)
	}
	s.call(t, key, "GET", "/imcst_api/design/"+d.ID, "", 200, nil)
}

// demoKeyOf makes another key like the one in the start text.
func demoKeyOf(t *testing.T, data string) string {
	t.Helper()
	return strings.TrimSpace(lapak(t, "keys", "create", "kopi-senja.myshopify.com", "--data", data))
}

// TestFrontPage looks at what a browser and the machines around get.
func TestFrontPage(t *testing.T) {
	s := startServer(t, t.TempDir())
	for path, want := range map[string]string{"/": `action="/signin"`, "/healthz": "ok", "/readyz": "ok", "/metrics": "lapak_shops_open "} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "GET", s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != 200 || !strings.Contains(string(raw), want) {
			t.Errorf("%s: %s, %v: %s", path, resp.Status, err, raw)
		}
	}
}
