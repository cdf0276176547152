package tenants

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/replica"
)

// Backups is what a shop can be restored to and how its replication stands.
type Backups struct {
	Shop store.Shop `json:"shop"`
	replica.Timeline
	// Lag is for how long the oldest change that is not in the bucket has
	// waited, in seconds; 0 when all is there.
	Lag       float64   `json:"lagSeconds"`
	Failures  int       `json:"failures"` // of replication, in a row
	LastError string    `json:"lastError,omitempty"`
	LastErrAt time.Time `json:"lastErrorAt,omitzero"`
	CanUndo   bool      `json:"canUndo"` // there is a restore to undo
	// Problem says why the rest is missing or incomplete; "" where it is not.
	Problem string `json:"problem,omitempty"`
}

// timelineTimeout bounds the wait for the bucket: how replication stands is known
// without it.
const timelineTimeout = 10 * time.Second

// Backups reads what is kept of a shop, over all its restores. That the bucket
// does not answer is no error but a Problem.
func (p *Pool) Backups(ctx context.Context, shop store.Shop) (Backups, error) {
	rec, err := p.known(ctx, shop)
	if err != nil {
		return Backups{}, err
	}
	b := Backups{
		Shop: shop, Lag: max(p.lag(rec), 0).Seconds(), // a clock may have been set back
		Failures:  rec.Replica.Failures,
		LastError: rec.Replica.LastError, LastErrAt: rec.Replica.LastErrorAt, CanUndo: rec.PreviousEpoch != 0,
	}
	b.Stretches = []replica.Stretch{}
	periods, err := p.catalog.Lineage(ctx, shop)
	if err != nil {
		return b, err
	}
	coarse, err := p.coarseOf(ctx, shop)
	if err != nil {
		return b, err
	}
	look, cancel := context.WithTimeout(ctx, timelineTimeout)
	defer cancel()
	for _, period := range periods {
		t, err := p.replicas.Timeline(look, replicaName(shop, period.Epoch))
		if err != nil {
			p.log.Warn("cannot list backups", "shop", shop.String(), "error", err)
			b.Problem = "the place of the backups cannot be read at the moment"
			break
		}
		b.add(t, period)
	}
	b.Stretches = roughen(b.Stretches, coarse)
	return b, nil
}

// coarseOf is when a shop's changes could not be kept apart, noted or not yet.
func (p *Pool) coarseOf(ctx context.Context, shop store.Shop) ([]catalog.Coarse, error) {
	spans, err := p.catalog.Coarse(ctx, shop)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.coarse {
		if c.Shop == shop {
			spans = append(spans, c)
		}
	}
	return spans, err
}

// roughen cuts the stretches at the coarse times and says for those how coarse
// they are.
func roughen(stretches []replica.Stretch, coarse []catalog.Coarse) []replica.Stretch {
	for _, c := range coarse {
		out := []replica.Stretch{}
		for _, s := range stretches {
			out = append(out, cut(s, c)...)
		}
		stretches = out
	}
	return stretches
}

func cut(s replica.Stretch, c catalog.Coarse) []replica.Stretch {
	if c.Span.Seconds() <= s.Granularity || !c.From.Before(s.To) || !c.To.After(s.From) {
		return []replica.Stretch{s}
	}
	before, within, after := s, s, s
	if c.From.After(s.From) {
		within.From = c.From
	}
	if c.To.Before(s.To) {
		within.To = c.To
	}
	before.To, after.From = within.From, within.To
	within.Granularity = c.Span.Seconds()
	before.Points, within.Points, after.Points = 0, 0, 0
	var out []replica.Stretch
	for _, part := range []replica.Stretch{before, within, after} {
		if part.From.Before(part.To) {
			out = append(out, part)
		}
	}
	return out
}

// add appends what an epoch's timeline says of the time in which it was live.
func (b *Backups) add(t replica.Timeline, period catalog.Period) {
	for _, s := range t.Stretches {
		if !period.To.IsZero() && s.To.After(period.To) {
			s.To = period.To
		}
		if s.From.Before(period.From) && len(b.Stretches) > 0 {
			s.From = period.From // a restored epoch is backed up just before it goes live
		}
		if s.To.Before(s.From) {
			s.To = s.From
		}
		b.Stretches = append(b.Stretches, s)
		b.Newest = s.To
	}
	if b.Oldest.IsZero() {
		b.Oldest = t.Oldest
	}
}

// lag is how long changes of a shop have waited for the bucket: of an open shop
// exactly, of a closed one since it was marked.
func (p *Pool) lag(rec catalog.Shop) time.Duration {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tenants[rec.Name]; t != nil && t.state == open {
		return t.ship.lag(now)
	}
	if rec.Replica.DirtySince.IsZero() {
		return 0
	}
	return now.Sub(rec.Replica.DirtySince)
}

// CopyAt writes the shop's state at a moment to a new file and touches nothing
// else. It is fs.ErrExist if the file is there.
func (p *Pool) CopyAt(ctx context.Context, shop store.Shop, wish time.Time, file string) (Restored, error) {
	done := Restored{Shop: shop, Wish: wish}
	if _, err := os.Lstat(file); err == nil {
		return done, fmt.Errorf("%s: %w", file, os.ErrExist)
	}
	if err := p.checkWish(ctx, shop, wish); err != nil {
		return done, err
	}
	rec, err := p.catalog.Shop(ctx, shop)
	if err != nil {
		return done, err
	}
	epoch, at, next, err := p.findPoint(ctx, shop, wish)
	if err != nil {
		return done, err
	}
	done.Point, done.Next, done.From, done.To = at.At, next.At, epoch, epoch
	start := time.Now()
	tmp := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".part")
	if err := p.materialize(ctx, store.Seal{Shop: shop, UUID: rec.UUID, Epoch: epoch}, at.ID, tmp); err != nil {
		return done, err
	}
	defer removeFile(tmp)
	if err := p.cleanseFile(ctx, tmp, rec, store.Seal{Shop: shop, UUID: rec.UUID, Epoch: epoch}); err != nil {
		return done, err
	}
	done.Took = time.Since(start).Seconds()
	return done, os.Rename(tmp, file)
}
