package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// caller is one keep-alive connection. It sends requests that were written
// before and reads no more of an answer than HTTP/1.1 asks for, so that the
// callers leave the cores to the servers.
type caller struct {
	conn net.Conn
	r    *bufio.Reader
	keep bool // the body, for the next look at it
	body []byte
}

const callTimeout = 60 * time.Second

func dial(addr string) (*caller, error) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return &caller{conn: conn, r: bufio.NewReaderSize(conn, 32<<10)}, nil
}

func (c *caller) close() error { return c.conn.Close() }

// do sends a request and returns its status when the answer is read.
func (c *caller) do(request []byte) (status int, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(callTimeout)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	status, length, err := c.header()
	if err != nil {
		return status, fmt.Errorf("read answer: %w", err)
	}
	if !c.keep {
		_, err = c.r.Discard(length)
		return status, err
	}
	c.body = make([]byte, length)
	_, err = io.ReadFull(c.r, c.body)
	return status, err
}

// header reads the status line and the header fields (RFC 9112).
func (c *caller) header() (status, length int, err error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, 0, fmt.Errorf("not HTTP/1.1: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, err
	}
	length = -1
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return status, 0, err
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok && bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return status, 0, err
			}
		}
	}
	if length < 0 {
		return status, 0, fmt.Errorf("status %d without a Content-Length", status)
	}
	return status, length, nil
}

// get and post write requests. Key may be empty.
func get(path, key string) []byte { return request("GET", path, key, nil) }

func post(path, key string, body []byte) []byte { return request("POST", path, key, body) }

func request(method, path, key string, body []byte) []byte {
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: bench\r\n", method, path)
	if key != "" {
		b = fmt.Appendf(b, "Authorization: Bearer %s\r\n", key)
	}
	if body != nil {
		b = fmt.Appendf(b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return append(append(b, "\r\n"...), body...)
}
