package replica

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"

	"lapak/store/bucket"
)

// client is Litestream's view of one database's replica: its files in a bucket,
// laid out as the stock client for that storage would, so that the stock
// command can restore them.
type client struct {
	bucket bucket.Bucket
	root   string // key of the database's replica
	layout layout
}

var _ litestream.ReplicaClient = (*client)(nil)

// layout is how the stock clients name a level's folder.
type layout string

const (
	layoutFile layout = "ltx/%d" // litestream's file.ReplicaClient
	layoutS3   layout = "%04x"   // litestream's s3.ReplicaClient
)

func (c *client) dir(level int) string {
	return c.root + "/" + fmt.Sprintf(string(c.layout), level) + "/"
}

func (c *client) key(level int, min, max ltx.TXID) string {
	return c.dir(level) + ltx.FormatFilename(min, max)
}

func (c *client) Type() string {
	if c.layout == layoutS3 {
		return "s3"
	}
	return "file"
}

func (c *client) Init(context.Context) error { return nil }

func (c *client) SetLogger(*slog.Logger) {}

// LTXFiles lists a level's files from seek on. With exact, CreatedAt is the time
// that was given when the file was stored; else it may be missing.
func (c *client) LTXFiles(ctx context.Context, level int, seek ltx.TXID, exact bool) (ltx.FileIterator, error) {
	infos, err := c.files(ctx, level, seek, 0)
	if err != nil {
		return nil, err
	}
	for _, info := range infos {
		if !exact {
			break
		}
		if _, err := c.time(ctx, info); err != nil {
			return nil, err
		}
	}
	return ltx.NewFileInfoSliceIterator(infos), nil
}

var errEnough = errors.New("enough files")

// files lists a level's files that begin at transaction from or later, and none
// after the first that begins past to; 0 is no bound. It asks the bucket for no
// more than that, since level 0 may have hundreds of thousands.
func (c *client) files(ctx context.Context, level int, from, to ltx.TXID) ([]*ltx.FileInfo, error) {
	dir, after := c.dir(level), ""
	if from > 0 {
		// The largest name before any that starts at from.
		after = c.key(level, from-1, ^ltx.TXID(0))
	}
	var infos []*ltx.FileInfo
	err := c.bucket.List(ctx, dir, after, func(o bucket.Info) error {
		min, max, err := ltx.ParseFilename(strings.TrimPrefix(o.Key, dir))
		if err != nil || min < from {
			return nil
		}
		if to != 0 && min > to {
			return errEnough
		}
		info := &ltx.FileInfo{Level: level, MinTXID: min, MaxTXID: max, Size: o.Size}
		if c.layout == layoutFile {
			info.CreatedAt = o.ModTime // a folder lists exact times, S3 those of the uploads
		}
		infos = append(infos, info)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	return infos, nil
}

// time is when the last commit in a file was made; it asks once and remembers.
func (c *client) time(ctx context.Context, f *ltx.FileInfo) (time.Time, error) {
	if !f.CreatedAt.IsZero() {
		return f.CreatedAt, nil
	}
	o, err := c.bucket.Stat(ctx, c.key(f.Level, f.MinTXID, f.MaxTXID))
	if err != nil {
		return time.Time{}, fmt.Errorf("time of backup file: %w", err)
	}
	f.CreatedAt = o.ModTime
	return o.ModTime, nil
}

// OpenLTXFile reads a file from offset on, size bytes or, with 0, to its end.
func (c *client) OpenLTXFile(ctx context.Context, level int, min, max ltx.TXID, offset, size int64) (io.ReadCloser, error) {
	r, _, err := c.get(ctx, level, min, max, offset, size)
	return r, err
}

func (c *client) get(ctx context.Context, level int, min, max ltx.TXID, offset, size int64) (io.ReadCloser, bucket.Info, error) {
	r, o, err := c.bucket.Get(ctx, c.key(level, min, max), offset, size)
	if errors.Is(err, bucket.ErrNotFound) {
		// Litestream knows a file that has gone by this error.
		err = fmt.Errorf("%w: %w", os.ErrNotExist, err)
	}
	return r, o, err
}

// WriteLTXFile stores a file with the time in its header. A level-0 file is
// stored only if it is not there.
func (c *client) WriteLTXFile(ctx context.Context, level int, min, max ltx.TXID, r io.Reader) (*ltx.FileInfo, error) {
	hdr, body, err := ltx.PeekHeader(r)
	if err != nil {
		return nil, fmt.Errorf("read header of backup file: %w", err)
	}
	return c.put(ctx, level, min, max, body, -1, time.UnixMilli(hdr.Timestamp))
}

func (c *client) put(ctx context.Context, level int, min, max ltx.TXID, r io.Reader, size int64, at time.Time) (*ltx.FileInfo, error) {
	opt := bucket.PutOptions{IfAbsent: level == levelExact, ModTime: at}
	o, err := c.bucket.Put(ctx, c.key(level, min, max), r, size, opt)
	if err != nil {
		return nil, fmt.Errorf("store backup file: %w", err)
	}
	return &ltx.FileInfo{Level: level, MinTXID: min, MaxTXID: max, Size: o.Size, CreatedAt: at.UTC()}, nil
}

// DeleteLTXFiles deletes files; absent ones are no error.
func (c *client) DeleteLTXFiles(ctx context.Context, files []*ltx.FileInfo) error {
	if len(files) == 0 {
		return nil
	}
	keys := make([]string, len(files))
	for i, f := range files {
		keys[i] = c.key(f.Level, f.MinTXID, f.MaxTXID)
	}
	return c.bucket.Delete(ctx, keys...)
}

// DeleteAll deletes the whole replica.
func (c *client) DeleteAll(ctx context.Context) error {
	var keys []string
	err := c.bucket.List(ctx, c.root+"/", "", func(o bucket.Info) error {
		keys = append(keys, o.Key)
		return nil
	})
	if err != nil || len(keys) == 0 {
		return err
	}
	return c.bucket.Delete(ctx, keys...)
}
