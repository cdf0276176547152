// Package bucket stores bytes by key, in a folder or in S3.
//
// Both kinds behave alike: a key appears whole or not at all, a conditional
// write has one winner, and the time given to a write is the time read back.
package bucket

import (
	"context"
	"errors"
	"io"
	"time"
)

// Bucket stores bytes under slash-separated keys; CheckKey says which keys
// are good, and every method answers ErrBadKey for the others.
// Methods may be called from many goroutines, and end when their context does.
type Bucket interface {
	// Put stores what r yields until io.EOF under key, whole or not at all,
	// and returns once it is durable. size is the exact number of bytes, or -1
	// when unknown; a reader that yields another number fails with ErrSize.
	// With opt.IfAbsent a key that is there already stays, and the error is
	// ErrExists: it was always another Put that made it. Any other error of a
	// conditional Put may come after the bytes were stored (a lost connection,
	// a deadline), so a caller that repeats it can meet its own key.
	Put(ctx context.Context, key string, r io.Reader, size int64, opt PutOptions) (Info, error)

	// Get reads length bytes from offset on; length 0 means to the end.
	// Info.Size is the size of the whole. An offset at or past the end yields
	// no bytes and no error. The reader must be closed, and ends with ctx.
	// ErrNotFound when there is no such key.
	Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, Info, error)

	// Stat returns ErrNotFound when there is no such key.
	Stat(ctx context.Context, key string) (Info, error)

	// List calls fn for each key that begins with prefix and is greater than
	// after ("" means from the start), in byte order. An error of fn ends the
	// listing and is returned as it is. In S3, Info.ModTime is the time of the
	// upload in whole seconds; Stat knows the exact one. fn may delete keys.
	List(ctx context.Context, prefix, after string, fn func(Info) error) error

	// Folders returns the next segments of the keys below folder, sorted:
	// with keys a/b/c and a/d, Folders("a") is ["b"]. "" is the top.
	Folders(ctx context.Context, folder string) ([]string, error)

	// Delete removes keys; an absent key is not an error. In a versioned S3
	// bucket the older versions stay until the bucket's own rules remove them, or
	// Purge does.
	Delete(ctx context.Context, keys ...string) error

	// Holds counts all that there is of key and of the keys below it (key/…): what
	// Purge would delete.
	Holds(ctx context.Context, key string) (Holding, error)

	// Purge deletes that for good: in a versioned S3 bucket older versions and
	// marks of deletion too, and the parts of uploads that never ended. It returns
	// what it deleted, and no error only where it then found nothing left. For
	// bytes that must not be anywhere any more.
	Purge(ctx context.Context, key string) (Holding, error)

	// PurgeOld is Purge of what is there no more: all that is not the current
	// version of a key. A folder keeps nothing of the kind.
	PurgeOld(ctx context.Context, key string) (Holding, error)

	// Sign returns a URL that reads key without credentials for ttl, from one
	// second to seven days. It is "" when the bucket cannot do that (a folder).
	Sign(ctx context.Context, key string, ttl time.Duration) (string, error)

	// String names the bucket for people, without secrets.
	String() string

	// Close releases what the bucket holds open. No method may follow.
	Close() error
}

// Info describes one key.
type Info struct {
	Key     string
	Size    int64     // bytes
	ModTime time.Time // UTC, as given to Put
}

// Holding is how much a bucket has of something.
type Holding struct {
	Objects int   `json:"objects"` // keys, and in S3 also older versions, marks of deletion and unfinished uploads
	Bytes   int64 `json:"bytes"`   // of all but unfinished uploads, whose size nobody knows
}

// PutOptions of one Put; the zero value overwrites and is dated now.
type PutOptions struct {
	IfAbsent    bool      // fail with ErrExists when the key is there
	ModTime     time.Time // zero means now
	ContentType string    // "" means application/octet-stream; folders keep none
}

func (o PutOptions) modTime() time.Time {
	if o.ModTime.IsZero() {
		return time.Now().UTC().Round(0)
	}
	return o.ModTime.UTC().Round(0)
}

// Errors a caller may decide by.
var (
	ErrNotFound = errors.New("no such key")
	ErrExists   = errors.New("key exists already")
	ErrDenied   = errors.New("access denied")
	ErrNoBucket = errors.New("no such bucket")
	ErrBadKey   = errors.New("bad key")
	ErrSize     = errors.New("size differs from the one announced")
)
