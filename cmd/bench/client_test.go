package main

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestCaller reads the answers of a real server, one after the other on one
// connection.
func TestCaller(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Length", "5")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("hello"))
	}))
	defer server.Close()
	c, err := dial(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	c.keep = true
	for range 2 {
		if status, err := c.do(post("/x", "secret", []byte("{}"))); err != nil || status != http.StatusCreated || string(c.body) != "hello" {
			t.Fatalf("do = %d, %v, body %q; want 201 and hello", status, err, c.body)
		}
		if status, err := c.do(get("/x", "")); err != nil || status != http.StatusUnauthorized {
			t.Fatalf("do without a key = %d, %v; want 401", status, err)
		}
	}
}

func TestCallerRefusesWhatItCannotMeasure(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "", "\n",
	} {
		c := &caller{r: bufio.NewReader(strings.NewReader(answer))}
		if status, length, err := c.header(); err == nil {
			t.Errorf("header(%q) = %d, %d; want an error", answer, status, length)
		}
	}
}

// TestLoadStopsAtAWrongAnswer keeps failures from being counted as requests.
func TestLoadStopsAtAWrongAnswer(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	l := load{addr: server.Listener.Addr().(*net.TCPAddr).String(), callers: 2, want: http.StatusOK, next: lists("", []seeded{{"s", "k"}})}
	if _, err := l.run(t.Context(), time.Minute); err == nil {
		t.Error("a load of 404s is no error")
	}
}

func TestQuantile(t *testing.T) {
	var sorted []time.Duration
	for i := range 100 {
		sorted = append(sorted, time.Duration(i))
	}
	for q, want := range map[float64]time.Duration{0: 0, 0.5: 50, 0.99: 99, 1: 99} {
		if got := quantile(sorted, q); got != want {
			t.Errorf("quantile(%g) = %d; want %d", q, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("quantile of nothing = %d; want 0", got)
	}
}

func TestDesignsAreOfTheSizeThatIsClaimed(t *testing.T) {
	for i, body := range bodies(8) {
		if len(body) < 8_000 || len(body) > 12_000 {
			t.Errorf("body %d has %d bytes; want about 10 KB", i, len(body))
		}
	}
}
