package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"lapak/store/sqlite"
)

// TestSlowRequest sends the end of a body late: the log names the shop.
func TestSlowRequest(t *testing.T) {
	const name = "kopi.myshopify.com"
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, name)
	slow := s.openRequest(t, key, "late")
	<-time.After(1100 * time.Millisecond) // what is tested is the time itself
	if a := slow.finish(t); !strings.HasPrefix(a, "HTTP/1.1 201 ") {
		t.Error(a)
	}
	s.logged(t, "level=WARN", `msg="slow request"`, "shop="+name, "route=/imcst_api/design", "took=")
	s.saveDesign(t, key, "fast")
	if n := strings.Count(s.logs.String(), "slow request"); n != 1 {
		t.Errorf("%d slow requests in the log", n)
	}
}

// TestSlowQuery makes a table so big that a search takes a while: each of its two
// conditions is met by half of the rows, both by none.
func TestSlowQuery(t *testing.T) {
	const name = "kopi.myshopify.com"
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, name)
	s.saveDesign(t, key, "one")
	s.end(t, 15)
	db := sqlite.Open(shopFile(data, name), sqlite.Options{})
	must(t, db.Write(t.Context(), "test", func(c *sqlite.Conn) error {
		_, err := c.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
			INSERT INTO audit (id, action, resource, created_at)
			SELECT printf('%036d', i), iif(i % 2, 'A', 'B'), iif(i % 2, 'a', 'b'), 1790000000000 + i FROM n`)
		return err
	}))
	must(t, db.Close())
	s = startServer(t, data)
	must(t, waitFor("no query is slow", func(ctx context.Context) (bool, error) {
		a := s.get(t, key, "/imcst_api/audit?action=A&resource=b")
		return strings.Contains(s.logs.String(), "slow query"), fmt.Errorf("%v", a)
	}))
	s.logged(t, "level=WARN", `msg="slow query"`, "shop="+name, "query=", "took=")
}

// TestSlowClients: who sends a header or a body byte by byte is cut off.
func TestSlowClients(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, "kopi.myshopify.com")
	for what, start := range map[string]string{
		"header": "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"body":   "POST /imcst_api/design HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\nContent-Length: 100000\r\n\r\n{",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			conn := s.dial(t)
			_, err := io.WriteString(conn, start)
			must(t, err)
			done := make(chan struct{})
			go func() {
				defer close(done)
				for tick := time.NewTicker(time.Second); ; <-tick.C {
					if _, err := io.WriteString(conn, "a"); err != nil {
						tick.Stop()
						return
					}
				}
			}()
			got, err := io.ReadAll(conn)
			if timeout, ok := err.(interface{ Timeout() bool }); ok && timeout.Timeout() {
				t.Fatalf("it was not cut off: %q", got)
			}
			if strings.Contains(string(got), " 200 ") || strings.Contains(string(got), " 201 ") {
				t.Errorf("answered: %q", got)
			}
			_ = conn.Close()
			<-done
		})
	}
}

// TestLimits: too much of anything is refused, and the server goes on.
func TestLimits(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, "kopi.myshopify.com")
	if a := s.save(t, key, "big", 1<<20+1); a.status != 400 && a.status != 413 {
		t.Errorf("a design of more than 1 MiB: %v", a)
	}
	if a := s.save(t, key, "huge", 4<<20); a.status != 413 || a.code() != "too_large" {
		t.Errorf("a body of 4 MiB: %v", a)
	}
	if a := s.try(t, key+strings.Repeat("x", 64<<10), "GET", "/imcst_api/designs", "", nil); a.status != 431 {
		t.Errorf("headers of 64 KiB: %v", a)
	}
	if a := s.get(t, key, "/imcst_api/designs?"+strings.Repeat("x", 64<<10)); a.status != 431 {
		t.Errorf("a path of 64 KiB: %v", a)
	}
	s.saveDesign(t, key, "fine")
	same(t, "after", s.names(t, key), []string{"fine"})
}
