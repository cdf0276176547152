package replica

import (
	"bytes"
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

// ErrFenced says that another writer has written to the same replica: this one
// must stop, or neither could be restored.
var ErrFenced = errors.New("another server writes backups of the same shop")

// client is Litestream's view of one database's replica: its files in a bucket,
// laid out as the stock client for that storage would, so that the stock
// command can restore them.
type client struct {
	bucket bucket.Bucket
	root   string // key of the database's replica
	layout layout
	// stamp turns the time at which a level-0 file was cut into that of the
	// last commit in it; nil keeps the former.
	stamp func(cut time.Time) time.Time
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
// that was given when the file was stored; else it may be that of the upload.
func (c *client) LTXFiles(ctx context.Context, level int, seek ltx.TXID, exact bool) (ltx.FileIterator, error) {
	infos, err := c.files(ctx, level, seek)
	if err != nil {
		return nil, err
	}
	if exact {
		for _, info := range infos {
			if info.CreatedAt, err = c.time(ctx, info); err != nil {
				return nil, err
			}
		}
	}
	return ltx.NewFileInfoSliceIterator(infos), nil
}

func (c *client) files(ctx context.Context, level int, seek ltx.TXID) ([]*ltx.FileInfo, error) {
	dir, after := c.dir(level), ""
	if seek > 0 {
		// The largest name before any that starts at seek.
		after = c.key(level, seek-1, ^ltx.TXID(0))
	}
	var infos []*ltx.FileInfo
	err := c.bucket.List(ctx, dir, after, func(o bucket.Info) error {
		min, max, err := ltx.ParseFilename(strings.TrimPrefix(o.Key, dir))
		if err == nil && min >= seek {
			infos = append(infos, &ltx.FileInfo{Level: level, MinTXID: min, MaxTXID: max, Size: o.Size, CreatedAt: o.ModTime})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	return infos, nil
}

// time is when the last commit in a file was made.
func (c *client) time(ctx context.Context, f *ltx.FileInfo) (time.Time, error) {
	o, err := c.bucket.Stat(ctx, c.key(f.Level, f.MinTXID, f.MaxTXID))
	if err != nil {
		return time.Time{}, fmt.Errorf("time of backup file: %w", err)
	}
	return o.ModTime, nil
}

// OpenLTXFile reads a file from offset on, size bytes or, with 0, to its end.
func (c *client) OpenLTXFile(ctx context.Context, level int, min, max ltx.TXID, offset, size int64) (io.ReadCloser, error) {
	r, _, err := c.bucket.Get(ctx, c.key(level, min, max), offset, size)
	if errors.Is(err, bucket.ErrNotFound) {
		// Litestream plans again when a file has gone, and knows that by this error.
		return nil, fmt.Errorf("%w: %w", os.ErrNotExist, err)
	}
	return r, err
}

// WriteLTXFile stores a file. A level-0 file is stored only if it is not there:
// that is the fence against a second writer.
func (c *client) WriteLTXFile(ctx context.Context, level int, min, max ltx.TXID, r io.Reader) (*ltx.FileInfo, error) {
	hdr, body, err := ltx.PeekHeader(r)
	if err != nil {
		return nil, fmt.Errorf("read header of backup file: %w", err)
	}
	at := time.UnixMilli(hdr.Timestamp).UTC()
	if level != 0 {
		return c.put(ctx, level, min, max, body, at, false)
	}
	if c.stamp != nil {
		at = c.stamp(at)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read backup file: %w", err)
	}
	info, err := c.put(ctx, level, min, max, bytes.NewReader(b), at, true)
	if errors.Is(err, bucket.ErrExists) {
		return c.sameFile(ctx, level, min, max, b)
	}
	return info, err
}

func (c *client) put(ctx context.Context, level int, min, max ltx.TXID, r io.Reader, at time.Time, ifAbsent bool) (*ltx.FileInfo, error) {
	size := int64(-1)
	if br, ok := r.(*bytes.Reader); ok {
		size = br.Size()
	}
	o, err := c.bucket.Put(ctx, c.key(level, min, max), r, size, bucket.PutOptions{IfAbsent: ifAbsent, ModTime: at})
	if err != nil {
		return nil, fmt.Errorf("store backup file: %w", err)
	}
	return &ltx.FileInfo{Level: level, MinTXID: min, MaxTXID: max, Size: o.Size, CreatedAt: at}, nil
}

// sameFile tells a put that was repeated after a lost answer from the put of
// another writer.
func (c *client) sameFile(ctx context.Context, level int, min, max ltx.TXID, mine []byte) (*ltx.FileInfo, error) {
	r, o, err := c.bucket.Get(ctx, c.key(level, min, max), 0, 0)
	if err != nil {
		return nil, fmt.Errorf("compare backup file: %w", err)
	}
	defer r.Close()
	theirs, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("compare backup file: %w", err)
	}
	if !bytes.Equal(mine, theirs) {
		return nil, fmt.Errorf("%s: %w", o.Key, ErrFenced)
	}
	return &ltx.FileInfo{Level: level, MinTXID: min, MaxTXID: max, Size: o.Size, CreatedAt: o.ModTime}, nil
}

// DeleteLTXFiles deletes files; absent ones are no error.
func (c *client) DeleteLTXFiles(ctx context.Context, files []*ltx.FileInfo) error {
	keys := make([]string, len(files))
	for i, f := range files {
		keys[i] = c.key(f.Level, f.MinTXID, f.MaxTXID)
	}
	if len(keys) == 0 {
		return nil
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
