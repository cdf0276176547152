package replica

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/superfly/ltx"
)

// span is the level-0 files on disk: transactions first to last, one a file.
// Zero is none.
type span struct{ first, last ltx.TXID }

func localSpan(path string) (s span, err error) {
	entries, err := os.ReadDir(localDir(path))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return s, fmt.Errorf("read local backup files: %w", err)
	}
	for _, e := range entries {
		min, max, err := ltx.ParseFilename(e.Name())
		if err != nil {
			continue
		}
		if s.first == 0 || min < s.first {
			s.first = min
		}
		s.last = maxTXID(s.last, max)
	}
	return s, nil
}

func maxTXID(a, b ltx.TXID) ltx.TXID { return max(a, b) }

// newest is the replica's newest level-0 file. With known, the oldest one on
// disk, it lists from there; else it comes down the levels, each from where the
// coarser one ends. Where level 0 is lost, it is the newest file of all.
func (c *client) newest(ctx context.Context, known ltx.TXID) (ltx.FileInfo, error) {
	if known > 0 {
		if f, err := c.last(ctx, levelExact, known); err != nil || f.MaxTXID > 0 {
			return f, err
		}
	}
	var top ltx.FileInfo
	for _, level := range []int{levelSnapshot, levelHour, levelMinute, levelExact} {
		f, err := c.last(ctx, level, seekAfter(level, top.MaxTXID))
		if err != nil {
			return top, err
		}
		if f.MaxTXID >= top.MaxTXID && f.MaxTXID > 0 {
			top = f
		}
	}
	return top, nil
}

// seekAfter is where the files of a level that reach beyond a coarser level's
// end begin. Level 0 has the same end again, as its newest file always stays;
// a snapshot or an hour may have begun long before.
func seekAfter(level int, end ltx.TXID) ltx.TXID {
	switch level {
	case levelExact:
		return end
	case levelMinute:
		return end + 1
	}
	return 0
}

func (c *client) last(ctx context.Context, level int, from ltx.TXID) (ltx.FileInfo, error) {
	files, err := c.files(ctx, level, from, 0)
	if err != nil || len(files) == 0 {
		return ltx.FileInfo{}, err
	}
	return *files[len(files)-1], nil
}

// errBehind says that the replica ends before the files on disk begin: it has
// lost its newest files, or is another, empty one.
var errBehind = errors.New("the backups are older than what was uploaded")

// check refuses to go on where the replica and the files on disk are not one
// history. Litestream compares transaction numbers alone, and would put its
// pages on top of another server's. It never uploads what is not on disk yet, so
// a replica that is ahead was continued from elsewhere.
func (u *uplink) check(ctx context.Context, path string, local span, newest ltx.FileInfo) error {
	switch {
	case newest.MaxTXID+1 < local.first:
		return errBehind
	case newest.MaxTXID > local.last:
		return u.fence(newest.MaxTXID)
	case newest.Level != levelExact || newest.MaxTXID < local.first:
		return nil // nothing in common to compare
	}
	return u.checkSame(ctx, path, newest)
}

// checkSame compares the ends of the replica's newest file and of ours of the
// same number; a checksum of the whole file is in it.
func (u *uplink) checkSame(ctx context.Context, path string, newest ltx.FileInfo) error {
	mine, err := os.ReadFile(filepath.Join(localDir(path), ltx.FormatFilename(newest.MinTXID, newest.MaxTXID)))
	if errors.Is(err, os.ErrNotExist) || err == nil && int64(len(mine)) != newest.Size {
		return u.fence(newest.MaxTXID)
	} else if err != nil {
		return fmt.Errorf("compare backup file: %w", err)
	}
	theirs, err := u.part(ctx, newest, newest.Size-ltx.TrailerSize, ltx.TrailerSize)
	if err != nil {
		return err
	}
	if !bytes.Equal(mine[len(mine)-ltx.TrailerSize:], theirs) {
		return u.fence(newest.MaxTXID)
	}
	return nil
}

func (u *uplink) part(ctx context.Context, f ltx.FileInfo, offset, size int64) ([]byte, error) {
	if offset < 0 {
		return nil, fmt.Errorf("backup file %s: %d bytes are too few", ltx.FormatFilename(f.MinTXID, f.MaxTXID), f.Size)
	}
	r, err := u.OpenLTXFile(ctx, f.Level, f.MinTXID, f.MaxTXID, offset, size)
	if err != nil {
		return nil, fmt.Errorf("compare backup file: %w", err)
	}
	defer r.Close()
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("compare backup file: %w", err)
	}
	return b, nil
}
