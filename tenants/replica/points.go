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

// ErrNoBackup says that nothing of a database was replicated yet.
var ErrNoBackup = errors.New("there is no backup")

var noTime time.Time

func noBackup(err error) error {
	if err == nil || errors.Is(err, litestream.ErrTxNotAvailable) || errors.Is(err, litestream.ErrNoSnapshots) {
		return ErrNoBackup
	}
	return err
}

// The levels that are kept, finest first: see Policy for how long.
const (
	levelExact    = 0
	levelMinute   = 1
	levelHour     = 2
	levelSnapshot = litestream.SnapshotLevel
)

func levels() []int { return []int{levelExact, levelMinute, levelHour, levelSnapshot} }

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
// all are later, and ErrNoBackup where there are none.
func (s *Set) Find(ctx context.Context, name string, wish time.Time) (at, next Point, err error) {
	c := s.client(name)
	var candidates []*ltx.FileInfo
	for _, level := range levels() {
		files, err := c.files(ctx, level, 0)
		if err != nil {
			return at, next, err
		}
		i, err := c.searchTime(ctx, files, wish)
		if err != nil {
			return at, next, err
		}
		candidates = append(candidates, files[:i]...)
		if i < len(files) {
			if next, err = c.earlier(ctx, next, files[i]); err != nil {
				return at, next, err
			}
		}
	}
	at, err = c.reachable(ctx, candidates)
	if errors.Is(err, ErrNoBackup) && next.ID != 0 {
		oldest, firstErr := s.First(ctx, name)
		if firstErr != nil {
			return at, next, firstErr
		}
		return at, next, &BeforeFirstError{Wish: wish, Oldest: oldest}
	}
	return at, next, err
}

// searchTime returns how many of the files, ordered by transaction and so by
// time, are of the wished moment or before. It asks for few exact times.
func (c *client) searchTime(ctx context.Context, files []*ltx.FileInfo, wish time.Time) (int, error) {
	var failed error
	n := sort.Search(len(files), func(i int) bool {
		at, err := c.time(ctx, files[i])
		if err != nil {
			failed = err
		}
		return at.After(wish)
	})
	return n, failed
}

func (c *client) earlier(ctx context.Context, p Point, f *ltx.FileInfo) (Point, error) {
	if p.ID != 0 && p.ID <= uint64(f.MaxTXID) {
		return p, nil
	}
	at, err := c.time(ctx, f)
	return Point{ID: uint64(f.MaxTXID), At: at}, err
}

// reachable returns the newest of the files up to whose end a whole chain from
// a full copy is kept.
func (c *client) reachable(ctx context.Context, files []*ltx.FileInfo) (Point, error) {
	sort.Slice(files, func(i, j int) bool { return files[i].MaxTXID > files[j].MaxTXID })
	var last ltx.TXID
	for _, f := range files {
		if f.MaxTXID == last {
			continue
		}
		last = f.MaxTXID
		_, err := litestream.CalcRestorePlan(ctx, c, f.MaxTXID, noTime, quiet())
		if err == nil {
			at, err := c.time(ctx, f)
			return Point{ID: uint64(f.MaxTXID), At: at}, err
		}
		if err = noBackup(err); !errors.Is(err, ErrNoBackup) {
			return Point{}, err
		}
	}
	return Point{}, ErrNoBackup
}
