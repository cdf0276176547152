package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"lapak/web"
)

// caller makes one request after another.
type caller struct {
	w   *world
	rnd *rand.Rand
}

// step is something that a caller does for a shop.
type step struct {
	name  string
	times int // in each round
	does  access
	do    func(*caller, *merchant)
}

// access is how a step holds the shop that it is about.
type access int

const (
	looks   access = iota // compares what is there
	changes               // alone
)

// rounds is how many times all steps are done at least, however long it takes.
const rounds = 2

// run does steps until then.
func (c *caller) run(until time.Time) {
	for {
		s, round := c.w.deal()
		if round >= rounds && time.Now().After(until) || c.w.faults.Load() > leakFaults {
			return
		}
		c.take(s)
		n, _ := c.w.begun.LoadOrStore(s.name, new(atomic.Int64))
		n.(*atomic.Int64).Add(1)
	}
}

// deal is the next step: all of them in a random order, then again in another.
func (w *world) deal() (s step, round int) {
	w.deck.Lock()
	defer w.deck.Unlock()
	if len(w.deck.left) == 0 {
		for _, s := range steps() {
			w.deck.left = append(w.deck.left, slices.Repeat([]step{s}, s.times)...)
		}
		rnd := rand.New(rand.NewPCG(w.seed, 1<<33+uint64(w.deck.round)))
		rnd.Shuffle(len(w.deck.left), func(i, j int) { w.deck.left[i], w.deck.left[j] = w.deck.left[j], w.deck.left[i] })
		w.deck.round++
	}
	s, w.deck.left = w.deck.left[0], w.deck.left[1:]
	return s, w.deck.round - 1
}

// take does a step with a shop that is free, or waits for the last one that it
// looked at.
func (c *caller) take(s step) {
	for tries := 0; ; tries++ {
		m := c.someone()
		lock, try, unlock := m.mu.Lock, m.mu.TryLock, m.mu.Unlock
		if s.does == looks {
			lock, try, unlock = m.mu.RLock, m.mu.TryRLock, m.mu.RUnlock
		}
		if tries < leakShops && !try() {
			continue
		} else if tries == leakShops {
			lock()
		}
		defer unlock()
		s.do(c, m)
		return
	}
}

// someone is any shop, or one of a few that are popular for a while: opening
// shops is not all that is to be tried.
func (c *caller) someone() *merchant {
	n := c.rnd.IntN(leakShops)
	if c.chance(2) {
		n = (c.w.round() + n%4) % leakShops
	}
	return c.w.merchants[n]
}

func (w *world) round() int {
	w.deck.Lock()
	defer w.deck.Unlock()
	return w.deck.round
}

// another is a shop that is not m.
func (c *caller) another(m *merchant) *merchant {
	for {
		if o := c.someone(); o != m {
			return o
		}
	}
}

func (c *caller) oneOf(texts ...string) string { return texts[c.rnd.IntN(len(texts))] }

func (c *caller) chance(one int) bool { return c.rnd.IntN(one) == 0 }

// ask is a request that is being put together.
type ask struct {
	c        *caller
	merchant *merchant // whose data the answer may hold; nil: nobody's
	method   string
	path     string // below the API's prefix; whole where it begins with "//"
	host     string // "" is the server's
	header   http.Header
	body     string
	metrics  bool // the answer is for the operator and may name shops in the label "shop"
}

// reply is an answer, whole.
type reply struct {
	ask    *ask
	status int
	header http.Header
	body   string
}

// plain is a request without any proof, whose answer may hold m's data.
func (c *caller) plain(m *merchant, method, path string) *ask {
	return &ask{c: c, merchant: m, method: method, path: path, header: http.Header{}}
}

// Indexes of merchant.keys.
const (
	reads = iota
	writes
	admins
)

// as is a request of m by some proof that has at least this role: a key, or the
// operator's with m named. Now and then m is named needlessly.
func (c *caller) as(m *merchant, role int, method, path string) *ask {
	a := c.plain(m, method, path)
	operator := c.chance(8)
	if operator {
		a.bearer(c.w.operator)
	} else {
		a.bearer(m.keys[role+c.rnd.IntN(len(m.keys)-role)])
	}
	if operator || c.chance(8) {
		if c.chance(2) {
			a.query("shop", m.name)
		} else {
			a.header.Set("X-Shop-Domain", m.name)
		}
	}
	return a
}

// with is a request with one of m's own keys and nothing else.
func (c *caller) with(m *merchant, role int, method, path string) *ask {
	return c.plain(m, method, path).bearer(m.keys[role])
}

func (a *ask) bearer(key string) *ask { return a.set("Authorization", "Bearer "+key) }

func (a *ask) set(name, value string) *ask { a.header.Set(name, value); return a }

func (a *ask) json(body string) *ask { a.body = body; return a.set("Content-Type", "application/json") }

func (a *ask) query(name, value string) *ask {
	sep := "?"
	if strings.Contains(a.path, "?") {
		sep = "&"
	}
	a.path += sep + url.QueryEscape(name) + "=" + url.QueryEscape(value)
	return a
}

func (a *ask) what() string {
	return fmt.Sprintf("%s %s by %s %v", a.method, a.path, a.merchant, a.header)
}

// target is the request's URL, and its path as the log has it.
func (a *ask) target() (string, string) {
	path, whole := strings.CutPrefix(a.path, "//")
	if whole {
		path = "/" + path
	} else {
		path = web.APIPrefix + path
	}
	return a.c.w.url + path, sentPath(path)
}

// send makes the request and searches the whole answer.
func (a *ask) send() (r *reply, ok bool) {
	target, sent := a.target()
	req, err := http.NewRequestWithContext(a.c.w.t.Context(), a.method, target, strings.NewReader(a.body))
	if err != nil {
		a.c.w.fault("%s: %v", a.what(), err)
		return nil, false
	}
	req.Header = a.header
	if req.Host = a.host; a.host == "" {
		req.Host = req.URL.Host
	}
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := a.c.w.client.Do(req)
	if err != nil {
		if len(a.body) <= 1<<20 { // a server that has read enough may close before the rest is sent
			a.c.w.fault("%s: %v", a.what(), err)
		}
		return nil, false
	}
	defer resp.Body.Close()
	body, err := unpacked(resp)
	if err != nil {
		a.c.w.fault("%s: read the answer: %v", a.what(), err)
		return nil, false
	}
	r = &reply{a, resp.StatusCode, resp.Header, string(body)}
	if id := resp.Header.Get("X-Request-Id"); id != "" {
		a.c.w.asked.Store(id, &asked{a.merchant, a.what(), sent, r.status})
	} else {
		a.c.w.fault("%s: the answer has no request id", a.what())
	}
	a.c.w.search(r, resp)
	return r, true
}

func unpacked(resp *http.Response) ([]byte, error) {
	var body io.Reader = resp.Body
	if resp.Header.Get("Content-Encoding") == "gzip" {
		zr, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = zr
	}
	return io.ReadAll(body)
}

var shopLabel = regexp.MustCompile(`shop="[a-z0-9.]*"`)

// search looks for what is another shop's in all that came back. Ids that nobody
// had seen become the shop's.
func (w *world) search(r *reply, resp *http.Response) {
	text := bytes.NewBufferString(resp.Status + "\n")
	_ = resp.Header.Write(text) // a Buffer never fails
	_ = resp.Trailer.Write(text)
	if r.ask.metrics {
		text.WriteString(shopLabel.ReplaceAllString(r.body, ""))
	} else {
		text.WriteString(r.body)
	}
	own := r.ask.merchant.number()
	for _, found := range w.foreign(text.Bytes(), own, func(string) int { return own }) {
		w.fault("%s: the answer holds %q of another shop: %s", r.ask.what(), found, around(text.String(), found))
	}
	if !r.ask.metrics && strings.Contains(text.String(), keyMark) {
		w.fault("%s: the answer holds a key: %s", r.ask.what(), around(text.String(), keyMark))
	}
}

// around is the part of a text in which something stands.
func around(text, what string) string {
	at := max(0, strings.Index(text, what))
	return fmt.Sprintf("%q", text[max(0, at-100):min(len(text), at+100)])
}

// want sends the request until the shop is not busy, and wants one of the
// statuses. Busy means that nothing was done.
func (a *ask) want(statuses ...int) (*reply, bool) {
	for range 20 {
		r, ok := a.send()
		if !ok {
			return nil, false
		}
		if r.status == http.StatusServiceUnavailable && (a.isRead() || strings.Contains(r.body, `"busy"`)) {
			continue
		}
		if !slices.Contains(statuses, r.status) {
			a.c.w.fault("%s: status %d, want %v: %s", a.what(), r.status, statuses, clipped(r.body))
			return r, false
		}
		return r, true
	}
	a.c.w.fault("%s: the shop stays busy", a.what())
	return nil, false
}

func (a *ask) isRead() bool { return a.method == "GET" || a.method == "HEAD" }

func clipped(s string) string { return s[:min(len(s), 300)] }

// refused wants the answer to be an error of one of these codes.
func (a *ask) refused(status int, codes ...string) {
	r, ok := a.want(status)
	if !ok {
		return
	}
	for _, code := range codes {
		if strings.HasSuffix(r.body, `"code":"`+code+"\"}\n") || a.method == "HEAD" && r.body == "" {
			return
		}
	}
	a.c.w.fault("%s: %s, want the code %v", a.what(), clipped(r.body), codes)
}

// same wants two answers to be alike in all but what every answer has anew.
func (c *caller) same(theirs, nobodys *ask) {
	a, ok := theirs.send()
	if !ok {
		return
	}
	b, ok := nobodys.send()
	if !ok || a.status == http.StatusServiceUnavailable || b.status == http.StatusServiceUnavailable {
		return
	}
	for _, r := range []*reply{a, b} {
		r.header.Del("X-Request-Id")
		r.header.Del("Date")
	}
	if a.status < 400 || a.status != b.status || a.body != b.body || fmt.Sprint(a.header) != fmt.Sprint(b.header) {
		c.w.fault("%s: what is another shop's answers %d %v %s, what is nobody's %d %v %s", theirs.what(),
			a.status, a.header, clipped(a.body), b.status, b.header, clipped(b.body))
	}
}

// pause waits a little between two looks at a job, which nothing announces.
func (c *caller) pause() {
	timer := time.NewTimer(5 * time.Millisecond)
	defer timer.Stop()
	<-timer.C
}
