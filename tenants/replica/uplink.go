package replica

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/superfly/ltx"

	"lapak/store/bucket"
)

// ErrFenced says that the replica holds what this file's history does not:
// another server wrote it, or this file is an older copy. Whoever meets it must
// stop, or neither history could be restored.
var ErrFenced = errors.New("another server continued the backups, or this file is an older copy")

// uplink is a Live's way to its replica. It knows the replica's newest level-0
// file, so that Litestream need not list the level, and refuses to go on where
// somebody else did. It is used under the Live's lock.
type uplink struct {
	*client
	newest ltx.FileInfo           // in the bucket; zero: the replica is empty
	asked  time.Time              // when newest was last confirmed by the bucket
	local  span                   // level-0 files on disk at the last look
	floor  time.Time              // time of newest: later files are not older
	times  map[ltx.TXID]time.Time // of what was cut and not yet uploaded
	fenced error                  // once set, nothing is written any more
}

func newUplink(c *client) *uplink {
	return &uplink{client: c, times: map[ltx.TXID]time.Time{}}
}

// stale says that the bucket has not been heard of for so long that another
// writer's files may have been merged and pruned meanwhile. Wall time, since the
// monotonic clock stands still while a machine sleeps.
func (u *uplink) stale(now time.Time) bool {
	idle := now.Round(0).Sub(u.asked.Round(0))
	return idle > trustFor || idle < 0
}

// LTXFiles answers Litestream's only question while it replicates: which is the
// newest level-0 file.
func (u *uplink) LTXFiles(ctx context.Context, level int, seek ltx.TXID, exact bool) (ltx.FileIterator, error) {
	if level != levelExact {
		return u.client.LTXFiles(ctx, level, seek, exact)
	}
	if u.newest.MaxTXID == 0 {
		return ltx.NewFileInfoSliceIterator(nil), nil
	}
	info := u.newest
	return ltx.NewFileInfoSliceIterator([]*ltx.FileInfo{&info}), nil
}

// OpenLTXFile is how a file without local state learns where its replica stands.
func (u *uplink) OpenLTXFile(ctx context.Context, level int, min, max ltx.TXID, offset, size int64) (io.ReadCloser, error) {
	r, o, err := u.get(ctx, level, min, max, offset, size)
	if err == nil && level == levelExact && o.ModTime.After(u.floor) {
		u.floor = o.ModTime
	}
	return r, err
}

// WriteLTXFile stores a level-0 file unless the key is taken: the fence.
func (u *uplink) WriteLTXFile(ctx context.Context, level int, min, max ltx.TXID, r io.Reader) (*ltx.FileInfo, error) {
	if u.fenced != nil {
		return nil, u.fenced
	}
	f, ok := r.(*os.File) // Litestream's own copy
	if !ok || level != levelExact {
		return nil, fmt.Errorf("store backup file: %T of level %d is not expected", r, level)
	}
	fi, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read backup file: %w", err)
	}
	at, err := u.stamp(f, max)
	if err != nil {
		return nil, err
	}
	info, err := u.put(ctx, level, min, max, io.NewSectionReader(f, 0, fi.Size()), fi.Size(), at)
	if errors.Is(err, bucket.ErrExists) {
		info, err = u.taken(ctx, min, max, f, fi.Size())
	}
	if err != nil {
		return nil, err
	}
	u.newest, u.asked = *info, time.Now()
	u.floor = info.CreatedAt
	delete(u.times, max)
	return info, nil
}

// stamp is the time of the newest commit in a file, or a little later. Of a file
// that an earlier process cut, the header tells the time in milliseconds, rounded
// down: the cut itself, and every commit in it, may be later by one. Times never
// go back, since a point in time is searched for by halving.
func (u *uplink) stamp(f *os.File, max ltx.TXID) (time.Time, error) {
	at, ok := u.times[max]
	if !ok {
		hdr, _, err := ltx.PeekHeader(io.NewSectionReader(f, 0, ltx.HeaderSize))
		if err != nil {
			return at, fmt.Errorf("read header of backup file: %w", err)
		}
		at = time.UnixMilli(hdr.Timestamp + 1)
	}
	if at.Before(u.floor) {
		at = u.floor
	}
	return at.UTC(), nil
}

// taken tells a put that was repeated after a lost answer from the put of
// another writer.
func (u *uplink) taken(ctx context.Context, min, max ltx.TXID, mine io.ReaderAt, size int64) (*ltx.FileInfo, error) {
	r, o, err := u.get(ctx, levelExact, min, max, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("compare backup file: %w", err)
	}
	defer r.Close()
	same, err := sameBytes(r, io.NewSectionReader(mine, 0, size))
	if err != nil {
		return nil, fmt.Errorf("compare backup file: %w", err)
	}
	if !same {
		return nil, u.fence(max)
	}
	return &ltx.FileInfo{Level: levelExact, MinTXID: min, MaxTXID: max, Size: o.Size, CreatedAt: o.ModTime}, nil
}

func (u *uplink) fence(at ltx.TXID) error {
	u.fenced = fmt.Errorf("%s, transaction %s: %w", u.root, at, ErrFenced)
	return u.fenced
}

func sameBytes(a, b io.Reader) (bool, error) {
	bufA, bufB := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		for _, err := range []error{errA, errB} {
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return false, err
			}
		}
		if !bytes.Equal(bufA[:n], bufB[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			return true, nil
		}
	}
}

// locate finds out where the replica stands and whether this file may go on
// from there. It lists little: from the oldest file on disk where there is one.
// errBehind where what is on disk does not continue the replica.
func (u *uplink) locate(ctx context.Context, path string) error {
	if u.fenced != nil {
		return u.fenced
	}
	local, err := localSpan(path)
	if err != nil {
		return err
	}
	newest, err := u.client.newest(ctx, local.first)
	if err != nil {
		return err
	}
	u.newest, u.local, u.asked = newest, local, time.Now()
	if local.last > 0 {
		return u.check(ctx, path, local, newest)
	}
	if newest.MaxTXID > 0 && newest.Level != levelExact {
		return fmt.Errorf("%s: the newest file of level 0 is gone, nothing can be added", u.root)
	}
	return nil
}
