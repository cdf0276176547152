package operator

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	troublesKept = 200
	detailMost   = 600 // bytes
)

// Trouble is a warning or an error of the log.
type Trouble struct {
	At     time.Time
	Level  slog.Level
	Text   string
	Detail string // its attributes
	Times  int    // how often it came in a row
}

// Troubles remembers the newest warnings and errors of a log. Its zero value is
// ready; it is safe for concurrent use.
type Troubles struct {
	mu   sync.Mutex
	ring [troublesKept]Trouble
	n    int // how many there ever were
}

// Handler is next, and remembers what is a warning or worse.
func (t *Troubles) Handler(next slog.Handler) slog.Handler {
	return &watcher{Handler: next, troubles: t}
}

// watcher is a slog.Handler on its way to another.
type watcher struct {
	slog.Handler
	troubles *Troubles
	prefix   string // of the groups that were opened
	attrs    string // those that were given before
}

// Enabled is of slog.Handler.
func (h *watcher) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || h.Handler.Enabled(ctx, level)
}

// Handle is of slog.Handler.
func (h *watcher) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		var b strings.Builder
		b.WriteString(h.attrs)
		r.Attrs(func(a slog.Attr) bool {
			write(&b, h.prefix, a)
			return b.Len() < detailMost
		})
		h.troubles.add(Trouble{At: r.Time, Level: r.Level, Text: r.Message, Detail: clip(b.String()), Times: 1})
	}
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs is of slog.Handler.
func (h *watcher) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	b.WriteString(h.attrs)
	for _, a := range attrs {
		write(&b, h.prefix, a)
	}
	return &watcher{Handler: h.Handler.WithAttrs(attrs), troubles: h.troubles, prefix: h.prefix, attrs: b.String()}
}

// WithGroup is of slog.Handler.
func (h *watcher) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return &watcher{Handler: h.Handler.WithGroup(name), troubles: h.troubles, prefix: h.prefix + name + ".", attrs: h.attrs}
}

// write appends an attribute as name=value. A panic's stack is for the log itself.
func write(b *strings.Builder, prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range v.Group() {
			write(b, prefix, member)
		}
		return
	}
	if text := v.String(); a.Key != "" && a.Key != "stack" && text != "" {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(b, "%s%s=%s", prefix, a.Key, text)
	}
}

func clip(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	if len(text) <= detailMost {
		return text
	}
	return strings.ToValidUTF8(text[:detailMost], "") + "…"
}

func (t *Troubles) add(trouble Trouble) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n > 0 {
		last := &t.ring[(t.n-1)%troublesKept]
		if last.Text == trouble.Text && last.Detail == trouble.Detail && last.Level == trouble.Level {
			last.At, last.Times = trouble.At, last.Times+1
			return
		}
	}
	t.ring[t.n%troublesKept] = trouble
	t.n++
}

// Recent returns at most limit of them, the newest first.
func (t *Troubles) Recent(limit int) (recent []Trouble) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := t.n - 1; i >= 0 && i >= t.n-troublesKept && len(recent) < limit; i-- {
		recent = append(recent, t.ring[i%troublesKept])
	}
	return recent
}
