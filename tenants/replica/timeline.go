package replica

import (
	"context"
	"slices"
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

// Timeline reads what is kept. It lists the four levels once each, whole.
func (s *Set) Timeline(ctx context.Context, name string) (Timeline, error) {
	c := s.client(name)
	var t Timeline
	var oldest *ltx.FileInfo
	until := noTime // where the next finer stretch begins
	for _, l := range []struct {
		level       int
		granularity time.Duration
	}{{levelExact, Granularity}, {levelMinute, time.Minute}, {levelHour, time.Hour}, {levelSnapshot, 0}} {
		files, err := c.files(ctx, l.level, 0, 0)
		if err != nil {
			return t, err
		}
		if len(files) > 0 && files[0].MinTXID == 1 && (oldest == nil || files[0].MaxTXID < oldest.MaxTXID) {
			oldest = files[0]
		}
		if l.level == levelSnapshot {
			break
		}
		st, err := c.stretch(ctx, files, until)
		if err != nil {
			return t, err
		}
		if st.Points > 0 {
			st.Granularity = l.granularity.Seconds()
			t.Stretches = append(t.Stretches, st)
			until = st.From
		}
	}
	slices.Reverse(t.Stretches)
	return c.bound(ctx, t, oldest)
}

func (c *client) bound(ctx context.Context, t Timeline, oldest *ltx.FileInfo) (Timeline, error) {
	if oldest == nil || len(t.Stretches) == 0 {
		return Timeline{}, nil // nothing holds the whole database
	}
	first, err := c.time(ctx, oldest)
	t.Oldest, t.Newest = first, t.Stretches[len(t.Stretches)-1].To
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
