package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lapak/tenants/replica"
)

const (
	// mark begins every canary; two digits follow, the number of its shop.
	mark = "cnry"
	// colorMark begins every shop's colours, likewise.
	colorMark = "#c0"
	// keyMark begins every API key. No answer and no log line may hold one.
	keyMark = "lapak_"
	// anyones is the owner of what all shops may see.
	anyones = -1
)

// token is something in a text that belongs to somebody.
type token struct {
	text  string
	owner int
}

// tokens finds the canaries and the known ids in a text, fast. Unknown is called
// with what looks like an id or a hash that nobody had before, and says whose it
// is; nil means nobody's.
func (w *world) tokens(text []byte, unknown func(id string) int) (found []token) {
	for _, m := range []string{mark, colorMark} {
		for at := 0; ; at += len(m) {
			next := bytes.Index(text[at:], []byte(m))
			if next < 0 {
				break
			}
			at += next
			if n, ok := number(text[at+len(m):]); ok && (m != colorMark || wholeColor(text[at:])) {
				found = append(found, token{string(text[at:min(len(text), at+len(m)+10)]), n})
			}
		}
	}
	for _, id := range hexIDs(text) {
		owner, ok := w.ids.Load(id)
		if !ok && unknown != nil {
			owner, _ = w.ids.LoadOrStore(id, unknown(id))
		}
		if owner != nil {
			found = append(found, token{id, owner.(int)})
		}
	}
	return found
}

// wholeColor says that b begins with a colour of six digits, as every shop's is.
// In the free space of a database page two old texts can meet in the middle.
func wholeColor(b []byte) bool {
	const size = len("#c00000")
	for i := 1; i < size; i++ {
		if i >= len(b) || b[i] == '-' || !isHex(b[i]) {
			return false
		}
	}
	return len(b) == size || b[size] == '-' || !isHex(b[size])
}

func number(b []byte) (n int, ok bool) {
	if len(b) < 2 || b[0] < '0' || b[0] > '9' || b[1] < '0' || b[1] > '9' {
		return 0, false
	}
	n = int(b[0]-'0')*10 + int(b[1]-'0')
	return n, n < leakShops
}

// hexIDs are the UUIDs in a text, and what has the length of a SHA-256 or of the
// half of one that is a public answer's tag. In a file ids touch their neighbours,
// so UUIDs are looked for anywhere in a run.
func hexIDs(text []byte) (ids []string) {
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && isHex(text[end]) {
			end++
		}
		if run := text[start:end]; len(run) >= 32 {
			ids = append(ids, inRun(run)...)
		}
		start = end + 1
	}
	return ids
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || c == '-' }

func inRun(run []byte) (ids []string) {
	for at := 0; at+36 <= len(run); at++ {
		if id := run[at : at+36]; id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' && bytes.Count(id, []byte("-")) == 4 {
			ids = append(ids, string(id))
		}
	}
	if !bytes.Contains(run, []byte("-")) && (len(run) == 32 || len(run) == 64) {
		ids = append(ids, string(run))
	}
	return ids
}

// foreign are the tokens in a text that are not the shop's of this number.
func (w *world) foreign(text []byte, own int, unknown func(string) int) (found []string) {
	for _, t := range w.tokens(text, unknown) {
		if t.owner != own && t.owner != anyones && !slices.Contains(found, t.text) {
			found = append(found, t.text)
		}
	}
	return found
}

// asked is what was asked, for the log line that is about it.
type asked struct {
	merchant *merchant // nil: nobody's
	what     string
	sent     string // what the log may repeat
	status   int
}

// line is what matters of a line of the log.
type line struct{ Msg, Request, Shop, Path string }

// checkLog wants every line to name the shop that it is about, and to hold
// nothing of another, except the path that a caller made up.
func (w *world) checkLog() {
	lines := 0
	for raw := range strings.Lines(w.log.String()) {
		var l line
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
			w.fault("log line %q: %v", raw, err)
			continue
		}
		lines++
		if strings.Contains(raw, keyMark) {
			w.fault("a key in the log: %s", raw)
		}
		if a, ok := w.asked.Load(l.Request); ok {
			w.checkRequestLine(raw, l, a.(*asked))
			continue
		}
		m := w.named(l.Shop)
		if m == nil && l.Shop != "" {
			w.fault("log line of an unknown shop: %s", raw)
		} else if found := w.foreign([]byte(raw), m.number(), nil); found != nil {
			w.fault("log line of %q holds %q: %s", l.Shop, found, raw)
		}
	}
	if lines < 100 {
		w.fault("the log has %d lines only", lines)
	}
}

func (w *world) checkRequestLine(raw string, l line, a *asked) {
	want := ""
	if a.merchant != nil {
		want = a.merchant.name
	}
	// A request that was refused before its proof was looked at names no shop.
	unproven := a.status >= 400 && (l.Shop == "" || a.merchant == nil && l.Shop == nobodysName)
	if l.Shop != want && !unproven {
		w.fault("%s of shop %q is logged for shop %q: %s", a.what, want, l.Shop, raw)
	}
	for _, found := range w.foreign([]byte(raw), a.merchant.number(), nil) {
		if !strings.Contains(a.sent, found) {
			w.fault("%s: the log line holds %q of another shop: %s", a.what, found, raw)
		}
	}
}

// sentPath is the path of a request as the log writes it.
func sentPath(raw string) string {
	path, _, _ := strings.Cut(raw, "?")
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

func (w *world) named(shop string) *merchant {
	for _, m := range w.merchants {
		if m.name == shop {
			return m
		}
	}
	return nil
}

// checkBackups searches what a restore would bring back, of now and of earlier.
func (w *world) checkBackups(rnd *rand.Rand) {
	dir := w.t.TempDir()
	for _, m := range w.merchants {
		for i := range 2 {
			at := time.Now()
			if i > 0 {
				at = m.born.Add(time.Duration(rnd.Int64N(int64(time.Since(m.born)))))
			}
			file := filepath.Join(dir, fmt.Sprintf("%d-%d.db", m.n, i))
			var early *replica.BeforeFirstError
			_, err := w.pool.CopyAt(w.t.Context(), m.shop, at, file)
			if errors.As(err, &early) {
				_, err = w.pool.CopyAt(w.t.Context(), m.shop, early.Oldest.At, file)
			}
			if err != nil {
				w.fault("copy of %s at %s: %v", m.name, at, err)
				continue
			}
			w.searchFile(file, m)
		}
	}
}

// checkFiles closes the pool and searches every file that it leaves.
func (w *world) checkFiles() {
	if left, err := os.ReadDir(w.spool); err != nil || len(left) > 0 {
		w.fault("left in the spool: %v %v", left, err)
	}
	if err := w.pool.Close(w.t.Context()); err != nil {
		w.fault("close: %v", err)
	}
	owned := map[string]int{}
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(w.dir, path)
		if err != nil || strings.HasPrefix(strings.TrimPrefix(rel, "."), "catalog.db") || strings.HasPrefix(rel, filepath.Join("replica", "catalog.db")) {
			return err
		}
		m := w.owner(rel)
		if found := w.foreign([]byte(rel), m.number(), nil); found != nil {
			w.fault("the file %s of %q has %q in its name", rel, m, found)
		}
		w.searchFile(path, m)
		owned[strings.SplitN(rel, string(filepath.Separator), 2)[0]]++
		return nil
	})
	if err != nil {
		w.fault("walk: %v", err)
	}
	for _, folder := range []string{"tenants", "replica", "assets"} {
		if owned[folder] < leakShops/4 {
			w.fault("%d files in %s were searched", owned[folder], folder)
		}
	}
}

// owner is the shop that a path names, nil if none.
func (w *world) owner(path string) *merchant {
	for _, part := range strings.Split(path, string(filepath.Separator)) {
		if m := w.named(part); m != nil {
			return m
		}
	}
	return nil
}

func (w *world) searchFile(path string, m *merchant) {
	raw, err := os.ReadFile(path)
	if err != nil {
		w.fault("%v", err)
		return
	}
	if found := w.foreign(raw, m.number(), nil); found != nil {
		w.fault("%s of shop %q holds %q of other shops", path, m, found)
	}
}
