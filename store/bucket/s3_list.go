package bucket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
)

// List implements Bucket. Objects whose names are no good keys are left out.
func (s *S3) List(ctx context.Context, prefix, after string, fn func(Info) error) error {
	if err := checkList(prefix, after); err != nil {
		return failed("list", prefix, err)
	}
	opts := minio.ListObjectsOptions{Prefix: s.under + prefix, Recursive: true, FetchOwner: new(bool)}
	if after != "" {
		opts.StartAfter = s.under + after
	}
	last := after
	for o := range s.core.ListObjectsIter(ctx, s.bucket, opts) {
		if o.Err != nil {
			return failed("list", prefix, s.explain(o.Err))
		}
		key := strings.TrimPrefix(o.Key, s.under)
		if CheckKey(key) != nil {
			continue
		}
		if key <= last {
			return failed("list", prefix, fmt.Errorf("the storage lists %q after %q: not in byte order", key, last))
		}
		last = key
		if err := fn(Info{Key: key, Size: o.Size, ModTime: o.LastModified.UTC()}); err != nil {
			return err
		}
	}
	return failed("list", prefix, ctx.Err()) // the client ends silently then
}

// Folders implements Bucket.
func (s *S3) Folders(ctx context.Context, folder string) ([]string, error) {
	folder, err := checkFolder(folder)
	if err != nil {
		return nil, fmt.Errorf("list folders: %w", err)
	}
	var names []string
	opts := minio.ListObjectsOptions{Prefix: s.under + folder, FetchOwner: new(bool)}
	for o := range s.core.ListObjectsIter(ctx, s.bucket, opts) {
		if o.Err != nil {
			return nil, failed("list folders of", folder, s.explain(o.Err))
		}
		key, isFolder := strings.CutSuffix(strings.TrimPrefix(o.Key, s.under), "/")
		if isFolder && CheckKey(key) == nil && strings.HasPrefix(key, folder) {
			names = append(names, strings.TrimPrefix(key, folder))
		}
	}
	slices.Sort(names)
	return names, failed("list folders of", folder, ctx.Err())
}

// Delete implements Bucket. Up to 1000 keys are one request.
func (s *S3) Delete(ctx context.Context, keys ...string) error {
	objects := make([]minio.ObjectInfo, len(keys))
	for i, key := range keys {
		name, err := s.object(key)
		if err != nil {
			return failed("delete", key, err)
		}
		objects[i].Key = name
	}
	if len(keys) == 1 {
		err := s.core.RemoveObject(ctx, s.bucket, objects[0].Key, minio.RemoveObjectOptions{})
		return failed("delete", keys[0], unless(s.explain(err), ErrNotFound))
	}
	if err := s.removeAll(ctx, objects); err != nil {
		return fmt.Errorf("delete %d keys: %w", len(keys), err)
	}
	return nil
}

// removeAll wants to hear of each object, because the client ends silently
// with its context and swallows some refusals.
func (s *S3) removeAll(ctx context.Context, objects []minio.ObjectInfo) error {
	results, err := s.core.RemoveObjectsWithIter(ctx, s.bucket, slices.Values(objects), minio.RemoveObjectsOptions{})
	if err != nil {
		return s.explain(err)
	}
	left := make(map[string]bool, len(objects))
	for _, o := range objects {
		left[o.Key] = true
	}
	for r := range results {
		if err := unless(s.explain(r.Err), ErrNotFound); err != nil {
			return failed("object", r.ObjectName, err)
		}
		delete(left, r.ObjectName)
	}
	for name := range left {
		return errors.Join(ctx.Err(), fmt.Errorf("%d not confirmed by the storage, among them %q", len(left), name))
	}
	return nil
}
