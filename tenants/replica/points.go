package replica

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// ErrNoBackup says that nothing of a database was replicated yet, or nothing of
// the point that was asked for.
var ErrNoBackup = errors.New("there is no backup")

var noTime time.Time

// The levels that are kept: see Policy for how long. Litestream's others stay
// empty.
const (
	levelExact    = 0
	levelMinute   = 1
	levelHour     = 2
	levelSnapshot = litestream.SnapshotLevel
)

// Point is a moment to which a database can be restored: the state right after
// the last commit at or before At.
type Point struct {
	ID uint64    `json:"id"` // Litestream's transaction number
	At time.Time `json:"at"`
}

// BeforeFirstError says that nothing as old as the wished moment is kept.
type BeforeFirstError struct {
	Wish   time.Time
	Oldest Point
}

func (e *BeforeFirstError) Error() string {
	return fmt.Sprintf("there is no backup as old as %s; the oldest is of %s", stamp(e.Wish), stamp(e.Oldest.At))
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// Find returns the newest point at or before the wished moment, and the first
// one after it, whose ID is 0 where there is none. It is *BeforeFirstError where
// all are later, and ErrNoBackup where there are none. It costs four listings,
// each of little more than what lies around the moment, and a few times.
func (s *Set) Find(ctx context.Context, name string, wish time.Time) (at, next Point, err error) {
	f := finder{client: s.client(name), wish: wish}
	for _, level := range []int{levelSnapshot, levelHour, levelMinute, levelExact} {
		if err := f.look(ctx, level); err != nil {
			return at, next, err
		}
	}
	if at, err = f.point(ctx, f.at); err != nil {
		return at, next, err
	}
	if next, err = f.point(ctx, f.next); err != nil {
		return at, next, err
	}
	switch {
	case at.ID == 0 && next.ID == 0:
		err = ErrNoBackup
	case at.ID == 0:
		err = &BeforeFirstError{Wish: wish, Oldest: next}
	}
	return at, next, err
}

// finder closes in on a moment, from the coarsest level to the finest.
type finder struct {
	*client
	wish     time.Time
	at, next *ltx.FileInfo // the files that end nearest to it, on either side
}

func (f *finder) look(ctx context.Context, level int) error {
	var from, to ltx.TXID
	if f.at != nil && (level == levelMinute || level == levelExact) {
		from = f.at.MaxTXID + 1
	}
	if f.next != nil {
		to = f.next.MaxTXID
	}
	files, err := f.files(ctx, level, from, to)
	if err != nil {
		return err
	}
	files = reachable(files, f.at)
	i, err := f.searchTime(ctx, files, f.wish)
	if err != nil {
		return err
	}
	if i > 0 {
		f.at = files[i-1]
	}
	if i < len(files) && (f.next == nil || files[i].MaxTXID < f.next.MaxTXID) {
		f.next = files[i]
	}
	return nil
}

func (c *client) point(ctx context.Context, f *ltx.FileInfo) (Point, error) {
	if f == nil {
		return Point{}, nil
	}
	at, err := c.time(ctx, f)
	return Point{ID: uint64(f.MaxTXID), At: at}, err
}

// reachable returns the files that continue from base (nil: from nothing)
// without a gap. Pruning that was cut off in the middle can leave others.
func reachable(files []*ltx.FileInfo, base *ltx.FileInfo) []*ltx.FileInfo {
	var end ltx.TXID
	if base != nil {
		end = base.MaxTXID
	}
	for len(files) > 0 && files[0].MaxTXID <= end {
		files = files[1:]
	}
	for i, f := range files {
		if f.MinTXID > end+1 {
			return files[:i]
		}
		end = max(end, f.MaxTXID)
	}
	return files
}

// searchTime returns how many of the files, ordered by transaction and so by
// time, are of the wished moment or before. It asks for few exact times.
func (c *client) searchTime(ctx context.Context, files []*ltx.FileInfo, wish time.Time) (int, error) {
	var failed error
	n := sort.Search(len(files), func(i int) bool {
		if failed != nil {
			return true
		}
		at, err := c.time(ctx, files[i])
		failed = err
		return at.After(wish)
	})
	return n, failed
}

// Newest is the ID of the newest point; ErrNoBackup where there is none.
func (s *Set) Newest(ctx context.Context, name string) (uint64, error) {
	f, err := s.client(name).newest(ctx, 0)
	if err == nil && f.MaxTXID == 0 {
		err = ErrNoBackup
	}
	return uint64(f.MaxTXID), err
}

// First is the oldest point that can be restored: the oldest file that holds the
// whole database. ErrNoBackup where there is none.
func (s *Set) First(ctx context.Context, name string) (Point, error) {
	c := s.client(name)
	var oldest *ltx.FileInfo
	for _, level := range []int{levelSnapshot, levelHour, levelMinute, levelExact} {
		files, err := c.files(ctx, level, 0, 1)
		if err != nil {
			return Point{}, err
		}
		if len(files) > 0 && (oldest == nil || files[0].MaxTXID < oldest.MaxTXID) {
			oldest = files[0]
		}
	}
	if oldest == nil {
		return Point{}, ErrNoBackup
	}
	return c.point(ctx, oldest)
}
