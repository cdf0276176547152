// Package replica keeps copies of databases in a bucket with Litestream, and
// restores them to a moment. Nothing outside it knows Litestream: its Go API is
// declared unstable, and its own Store costs memory and requests for every idle
// database, so databases are attached one by one while they are written.
package replica

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"lapak/store/bucket"
)

// Set is the replicas of many databases in one place. A replica's name is the
// database's path below the replicated folder, such as "SHOP/0001.db".
type Set struct {
	Bucket bucket.Bucket
	layout layout
	prefix string
}

// NewSet makes the set of the replicas below prefix ("" is all) in b. S3 says
// which of Litestream's two layouts is used.
func NewSet(b bucket.Bucket, prefix string, s3 bool) *Set {
	s := &Set{Bucket: b, prefix: prefix, layout: layoutFile}
	if s3 {
		s.layout = layoutS3
	}
	return s
}

// Remote says that uploads wait for a network rather than for this machine.
func (s *Set) Remote() bool { return s.layout == layoutS3 }

func (s *Set) client(name string) *client {
	return &client{bucket: s.Bucket, root: join(s.prefix, name), layout: s.layout}
}

func join(prefix, name string) string {
	switch {
	case prefix == "":
		return name
	case name == "":
		return prefix
	}
	return prefix + "/" + name
}

// Names returns the path segments below name that hold replicas, sorted: the
// shops of "", the epochs of a shop.
func (s *Set) Names(ctx context.Context, name string) ([]string, error) {
	return s.Bucket.Folders(ctx, join(s.prefix, name))
}

// DeleteAll deletes the replica called name.
func (s *Set) DeleteAll(ctx context.Context, name string) error {
	if name == "" {
		return errNoName
	}
	return s.client(name).DeleteAll(ctx)
}

// Holds counts all that the bucket has below name, such as a shop's epochs:
// what Purge would delete.
func (s *Set) Holds(ctx context.Context, name string) (bucket.Holding, error) {
	if name == "" {
		return bucket.Holding{}, errNoName
	}
	return s.Bucket.Holds(ctx, join(s.prefix, name))
}

// Purge deletes all replicas below name for good, older versions in the bucket
// included; see bucket.Bucket.
func (s *Set) Purge(ctx context.Context, name string) (bucket.Holding, error) {
	if name == "" {
		return bucket.Holding{}, errNoName
	}
	return s.Bucket.Purge(ctx, join(s.prefix, name))
}

// PurgeOld deletes for good what older versions the bucket keeps of files below
// name.
func (s *Set) PurgeOld(ctx context.Context, name string) (bucket.Holding, error) {
	if name == "" {
		return bucket.Holding{}, errNoName
	}
	return s.Bucket.PurgeOld(ctx, join(s.prefix, name))
}

var errNoName = errors.New("delete replica: no name")

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
