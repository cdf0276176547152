package replica

import (
	"context"
	"time"

	"github.com/superfly/ltx"
)

// Stretch is a time in which points are kept about equally far apart.
type Stretch struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Points int       `json:"points"`
	// Granularity is how much older than the wished moment a restored state may
	// be at the most, in seconds: changes closer together may share a point.
	Granularity float64 `json:"granularitySeconds"`
}

// Timeline is what can be restored of one database; Stretches are in order of
// time and empty where there is no backup.
type Timeline struct {
	Oldest    time.Time `json:"oldest"`
	Newest    time.Time `json:"newest"`
	Stretches []Stretch `json:"stretches"`
}

// Timeline reads what is kept. It costs a listing per level.
func (s *Set) Timeline(ctx context.Context, name string) (Timeline, error) {
	c := s.client(name)
	var t Timeline
	until := noTime // where the next finer stretch begins
	for _, l := range []struct {
		level       int
		granularity time.Duration
	}{{levelExact, Debounce}, {levelMinute, time.Minute}, {levelHour, time.Hour}} {
		files, err := c.files(ctx, l.level, 0)
		if err != nil {
			return t, err
		}
		st, err := c.stretch(ctx, files, until)
		if err != nil {
			return t, err
		}
		if st.Points > 0 {
			st.Granularity = l.granularity.Seconds()
			t.Stretches = append([]Stretch{st}, t.Stretches...)
			until = st.From
		}
	}
	return t.bounds(ctx, s, name)
}

func (t Timeline) bounds(ctx context.Context, s *Set, name string) (Timeline, error) {
	if len(t.Stretches) == 0 {
		return t, nil
	}
	t.Newest = t.Stretches[len(t.Stretches)-1].To
	first, err := s.First(ctx, name)
	t.Oldest = first.At
	return t, err
}

// stretch is what files, in order, add before the moment until.
func (c *client) stretch(ctx context.Context, files []*ltx.FileInfo, until time.Time) (Stretch, error) {
	n := len(files)
	if !until.IsZero() {
		var err error
		if n, err = c.searchTime(ctx, files, until.Add(-1)); err != nil {
			return Stretch{}, err
		}
	}
	if n == 0 {
		return Stretch{}, nil
	}
	from, err := c.time(ctx, files[0])
	if err != nil {
		return Stretch{}, err
	}
	to, err := c.time(ctx, files[n-1])
	if !until.IsZero() {
		to = until
	}
	return Stretch{From: from, To: to, Points: n}, err
}

// First is the oldest point that can be restored: the oldest file that holds the
// whole database. ErrNoBackup where there is none.
func (s *Set) First(ctx context.Context, name string) (Point, error) {
	c := s.client(name)
	var first Point
	for _, level := range levels() {
		files, err := c.files(ctx, level, 0)
		if err != nil {
			return first, err
		}
		if len(files) == 0 || files[0].MinTXID != 1 {
			continue
		}
		at, err := c.time(ctx, files[0])
		if err != nil {
			return first, err
		}
		if first.ID == 0 || uint64(files[0].MaxTXID) < first.ID {
			first = Point{ID: uint64(files[0].MaxTXID), At: at}
		}
	}
	if first.ID == 0 {
		return first, ErrNoBackup
	}
	return first, nil
}
