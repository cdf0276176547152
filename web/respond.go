package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

const jsonType = "application/json; charset=utf-8"

// keptBuffer is how large a buffer may be that is kept for the next answer.
const keptBuffer = 256 << 10

// EncodeJSON appends v to buf as the API writes JSON: HTML's characters as they
// are, and a line feed at the end.
func EncodeJSON(buf *bytes.Buffer, v any) error {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	return nil
}

// WriteJSON answers with v as JSON.
func WriteJSON(w http.ResponseWriter, r *http.Request, status int, v any) error {
	buf, release := buffer(w)
	defer release()
	if err := EncodeJSON(buf, v); err != nil {
		return err
	}
	WriteBytes(w, r, status, jsonType, buf.Bytes())
	return nil
}

// WriteSpliced is WriteJSON of an object with one more member at its end, whose
// value is JSON already and stays as it is.
func WriteSpliced(w http.ResponseWriter, r *http.Request, status int, object any, name string, value []byte) error {
	buf, release := buffer(w)
	defer release()
	if err := EncodeJSON(buf, object); err != nil {
		return err
	}
	buf.Truncate(buf.Len() - len("}\n"))
	fmt.Fprintf(buf, ",%q:", name)
	buf.Write(value)
	buf.WriteString("}\n")
	WriteBytes(w, r, status, jsonType, buf.Bytes())
	return nil
}

// buffer lends the server's own where w is one of its answers.
func buffer(w http.ResponseWriter) (buf *bytes.Buffer, release func()) {
	x, ok := w.(*exchange)
	if !ok {
		return new(bytes.Buffer), func() {}
	}
	pool := &x.server.buffers
	if buf, ok = pool.Get().(*bytes.Buffer); !ok {
		buf = new(bytes.Buffer)
	}
	buf.Reset()
	return buf, func() {
		if buf.Cap() <= keptBuffer {
			pool.Put(buf)
		}
	}
}

// WriteBytes answers with a body that is complete. That the client went away
// meanwhile is nobody's error.
func WriteBytes(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
