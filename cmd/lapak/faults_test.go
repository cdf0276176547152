package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// logBuffer is what a server logs, to be read while it runs.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// logged waits until the log has a line with all of the texts, and returns it.
func (s *testServer) logged(t *testing.T, texts ...string) (line string) {
	t.Helper()
	err := waitFor(fmt.Sprintf("the log has no line with %q", texts), func(context.Context) (bool, error) {
		for l := range strings.Lines(s.logs.String()) {
			if containsAll(l, texts) {
				line = l
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		t.Fatalf("%v:\n%s", err, s.logs.String())
	}
	return line
}

func containsAll(s string, texts []string) bool {
	for _, text := range texts {
		if !strings.Contains(s, text) {
			return false
		}
	}
	return true
}

// answer is a response that was read whole.
type answer struct {
	status int
	body   string
	header http.Header
}

// code is the word of an error, "" of a success.
func (a answer) code() string {
	var e struct {
		Code string `json:"code"`
	}
	_ = json.Unmarshal([]byte(a.body), &e)
	return e.Code
}

func (a answer) String() string { return fmt.Sprintf("%d %s", a.status, strings.TrimSpace(a.body)) }

// try makes a request, whatever the answer.
func (s *testServer) try(t *testing.T, key, method, path, contentType string, body io.Reader) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, s.logs.String())
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{resp.StatusCode, string(raw), resp.Header}
}

func (s *testServer) get(t *testing.T, key, path string) answer {
	t.Helper()
	return s.try(t, key, "GET", path, "", nil)
}

// save saves a design with so many bytes in it.
func (s *testServer) save(t *testing.T, key, name string, size int) answer {
	t.Helper()
	body := fmt.Sprintf(`{"shopifyProductId":"1","name":%q,"designJson":{"a":%q}}`, name, strings.Repeat("x", size))
	return s.try(t, key, "POST", "/imcst_api/design", "application/json", strings.NewReader(body))
}

// names are the designs' names, the newest first.
func (s *testServer) names(t *testing.T, key string) (names []string) {
	t.Helper()
	for path := "/imcst_api/designs?limit=100"; path != ""; {
		a := s.get(t, key, path)
		var page []savedDesign
		if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != 200 {
			t.Fatalf("list designs: %v: %v", err, a)
		}
		for _, d := range page {
			names = append(names, d.Name)
		}
		path = nextPage(a.header.Get("Link"))
	}
	return names
}

// nextPage is the path in a Link header; "" without one.
func nextPage(link string) string {
	_, rest, _ := strings.Cut(link, "<")
	url, _, _ := strings.Cut(rest, ">")
	if i := strings.Index(url, "/imcst_api/"); i >= 0 {
		return url[i:]
	}
	return ""
}

// newShop makes a shop without limits and returns an admin key of it.
func newShop(t *testing.T, data, name string) (key string) {
	t.Helper()
	lapak(t, "shops", "create", name, "--plan", "enterprise", "--data", data)
	return strings.TrimSpace(lapak(t, "keys", "create", name, "--data", data))
}

// lapakFails runs a command that must fail with exit code 1 and one line, and
// returns both outputs.
func lapakFails(t *testing.T, args ...string) (out, line string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(args, &stdout, &stderr); code != exitFailed {
		t.Fatalf("lapak %v: exit code %d: %s%s", args, code, stdout.String(), stderr.String())
	}
	oneLine(t, stderr.String())
	return stdout.String(), stderr.String()
}

func oneLine(t *testing.T, text string) {
	t.Helper()
	if !strings.HasPrefix(text, "lapak: ") || strings.Count(text, "\n") != 1 {
		t.Errorf("not one line of an error: %q", text)
	}
}

func shopFile(data, shop string) string { return filepath.Join(data, "tenants", shop, "0001.db") }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	must(t, err)
	return raw
}

// same fails unless both lists have the same members in the same order.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s: got %d %v, want %d %v", what, len(got), got, len(want), want)
	}
}
