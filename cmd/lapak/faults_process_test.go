package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// writers save designs from several sides at once until the server is gone, and
// return the names of those that were acknowledged.
func (s *testServer) writers(t *testing.T, key string, started chan<- struct{}) (wait func() []string) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	var names []string
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{}}
	for side := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d-%d", side, i)
				body := `{"shopifyProductId":"1","name":"` + name + `","designJson":{}}`
				req, err := http.NewRequestWithContext(context.Background(), "POST", s.url+"/imcst_api/design", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "Bearer "+key)
				resp, err := client.Do(req)
				if err != nil {
					return // the server is gone
				}
				_ = resp.Body.Close()
				if resp.StatusCode != http.StatusCreated {
					return // it is stopping
				}
				mu.Lock()
				names = append(names, name)
				mu.Unlock()
				if i == 5 {
					started <- struct{}{}
				}
			}
		})
	}
	return func() []string { wg.Wait(); client.CloseIdleConnections(); return names }
}

// all fails unless every one of want is in got.
func all(t *testing.T, got, want []string) {
	t.Helper()
	have := map[string]bool{}
	for _, name := range got {
		have[name] = true
	}
	for _, name := range want {
		if !have[name] {
			t.Errorf("%q was acknowledged and is lost", name)
		}
	}
}

// TestKilledUnderLoad kills the server amid writes and starts it again over what
// it left, three times.
func TestKilledUnderLoad(t *testing.T) {
	const name = "kopi.myshopify.com"
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, name)
	lapak(t, "shops", "set", name, "maxDesigns=-1", "--data", data)
	var acknowledged []string
	for range 3 {
		started := make(chan struct{}, 8)
		wait := s.writers(t, key, started)
		<-started
		s.end(t, syscall.SIGKILL)
		acknowledged = append(acknowledged, wait()...)
		s = startServer(t, data)
		all(t, s.names(t, key), acknowledged)
	}
	s.settle(t, parseShop(t, name))
}

// TestStoppedUnderLoad: what is under way ends, what was acknowledged is in the
// replica, and the exit code says so.
func TestStoppedUnderLoad(t *testing.T) {
	const name = "kopi.myshopify.com"
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, name)
	slow := s.openRequest(t, key, "the last")
	started := make(chan struct{}, 8)
	wait := s.writers(t, key, started)
	<-started
	ended := make(chan int, 1)
	go func() { ended <- s.end(t, syscall.SIGTERM) }()
	s.logged(t, "stopping")
	if a := slow.finish(t); !strings.HasPrefix(a, "HTTP/1.1 201 ") {
		t.Errorf("a request that was under way: %q", a)
	}
	acknowledged := append(wait(), "the last")
	if code := <-ended; code != 0 {
		t.Fatalf("exit code %d: %s", code, s.logs.String())
	}
	fresh := t.TempDir()
	must(t, os.Rename(data+"/replica", fresh+"/replica"))
	lapak(t, "recover", "--data", fresh)
	s = startServer(t, fresh)
	all(t, s.names(t, key), acknowledged)
}

// TestSecondSignalCutsRequests ends a server at once that still waits for a request.
func TestSecondSignalCutsRequests(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, "kopi.myshopify.com")
	s.openRequest(t, key, "never")
	must(t, s.cmd.Process.Signal(syscall.SIGTERM))
	s.logged(t, "stopping")
	if code := s.end(t, syscall.SIGTERM); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	s.logged(t, "lapak: stopped at once; what is not replicated yet will be at the next start")
	s = startServer(t, data)
	same(t, "after", s.names(t, key), nil)
}

// halfRequest is a request whose body lacks its last byte.
type halfRequest struct{ conn net.Conn }

// openRequest returns when the server is waiting for the rest of the body.
func (s *testServer) openRequest(t *testing.T, key, name string) halfRequest {
	t.Helper()
	conn := s.dial(t)
	body := `{"shopifyProductId":"1","name":"` + name + `","designJson":{}}`
	_, err := fmt.Fprintf(conn, "POST /imcst_api/design HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", key, len(body), body[:len(body)-1])
	must(t, err)
	err = waitFor("the request does not begin", func(context.Context) (bool, error) {
		// One more than the request that asks.
		return strings.Contains(s.get(t, "", "/metrics").body, "\nlapak_http_in_flight_requests 2\n"), nil
	})
	must(t, err)
	return halfRequest{conn}
}

func (s *testServer) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(2*time.Minute)))
	return conn
}

func (h halfRequest) finish(t *testing.T) string {
	t.Helper()
	_, err := h.conn.Write([]byte("}"))
	must(t, err)
	buf := make([]byte, 4<<10)
	n, err := h.conn.Read(buf)
	must(t, err)
	return string(buf[:n])
}
