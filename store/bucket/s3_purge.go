package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
)

// purgeRounds bounds how often Purge lists and deletes: some storages answer a
// delete before their listing knows of it.
const purgeRounds = 3

// Holds implements Bucket.
func (s *S3) Holds(ctx context.Context, key string) (Holding, error) {
	found, err := s.traces(ctx, key)
	return found.held(), err
}

// Purge implements Bucket.
func (s *S3) Purge(ctx context.Context, key string) (Holding, error) {
	return s.purge(ctx, key, func(t traces) traces { return t })
}

// PurgeOld implements Bucket.
func (s *S3) PurgeOld(ctx context.Context, key string) (Holding, error) {
	return s.purge(ctx, key, traces.old)
}

func (s *S3) purge(ctx context.Context, key string, choose func(traces) traces) (gone Holding, err error) {
	for round := 0; ; round++ {
		all, err := s.traces(ctx, key)
		if err != nil {
			return gone, err
		}
		found := choose(all)
		now := found.held()
		if now.Objects == 0 {
			return gone, nil
		}
		if round == purgeRounds {
			return gone, failed("purge", key, fmt.Errorf("%d objects are still there", now.Objects))
		}
		if err := s.removeTraces(ctx, found); err != nil {
			return gone, failed("purge", key, err)
		}
		gone.Objects, gone.Bytes = gone.Objects+now.Objects, gone.Bytes+now.Bytes
	}
}

// traces are all that a storage has of some keys.
type traces struct {
	versions []minio.ObjectInfo // marks of deletion too
	uploads  []minio.ObjectMultipartInfo
}

func (t traces) held() Holding {
	h := Holding{Objects: len(t.versions) + len(t.uploads)}
	for _, o := range t.versions {
		h.Bytes += o.Size
	}
	return h
}

// old leaves the current version of each key out. A key of which the storage
// calls none the latest is left alone.
func (t traces) old() traces {
	known := map[string]bool{}
	for _, o := range t.versions {
		known[o.Key] = known[o.Key] || o.IsLatest
	}
	t.versions = slices.DeleteFunc(t.versions, func(o minio.ObjectInfo) bool {
		return !known[o.Key] || o.IsLatest && !o.IsDeleteMarker
	})
	return t
}

func (s *S3) traces(ctx context.Context, key string) (t traces, err error) {
	name, err := s.object(key)
	if err == nil {
		t.versions, err = s.listVersions(ctx, name)
	}
	if err == nil {
		t.uploads, err = s.listUploads(ctx, name)
	}
	return t, failed("list all versions of", key, err)
}

// isOrBelow says whether an object is the one called name, or below it.
func isOrBelow(object, name string) bool {
	rest, ok := strings.CutPrefix(object, name)
	return ok && (rest == "" || rest[0] == '/')
}

// listVersions lists the objects alone where the storage knows no versions.
func (s *S3) listVersions(ctx context.Context, name string) ([]minio.ObjectInfo, error) {
	opts := minio.ListObjectsOptions{Prefix: name, Recursive: true, WithVersions: true}
	found, err := s.listAll(ctx, name, opts)
	if notImplemented(err) {
		found, err = s.listAll(ctx, name, minio.ListObjectsOptions{Prefix: name, Recursive: true, FetchOwner: new(bool)})
	}
	return found, s.explain(err)
}

func (s *S3) listAll(ctx context.Context, name string, opts minio.ListObjectsOptions) (found []minio.ObjectInfo, err error) {
	for o := range s.core.ListObjectsIter(ctx, s.bucket, opts) {
		if o.Err != nil {
			return nil, o.Err
		}
		if isOrBelow(o.Key, name) {
			found = append(found, minio.ObjectInfo{
				Key: o.Key, VersionID: o.VersionID, Size: o.Size, IsLatest: o.IsLatest || !opts.WithVersions, IsDeleteMarker: o.IsDeleteMarker,
			})
		}
	}
	return found, ctx.Err() // the client ends silently then
}

func (s *S3) listUploads(ctx context.Context, name string) (found []minio.ObjectMultipartInfo, err error) {
	for key, id := "", ""; ; {
		page, err := s.core.ListMultipartUploads(ctx, s.bucket, name, key, id, "", 1000)
		if notImplemented(err) {
			return nil, nil
		}
		if err != nil {
			return nil, s.explain(err)
		}
		for _, u := range page.Uploads {
			if isOrBelow(u.Key, name) {
				found = append(found, u)
			}
		}
		if !page.IsTruncated || page.NextKeyMarker == key && page.NextUploadIDMarker == id {
			return found, nil
		}
		key, id = page.NextKeyMarker, page.NextUploadIDMarker
	}
}

func notImplemented(err error) bool {
	return minio.ToErrorResponse(err).StatusCode == http.StatusNotImplemented
}

func (s *S3) removeTraces(ctx context.Context, t traces) error {
	for _, u := range t.uploads {
		err := s.core.AbortMultipartUpload(ctx, s.bucket, u.Key, u.UploadID)
		if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
			return fmt.Errorf("remove an unfinished upload: %w", s.explain(err))
		}
	}
	if len(t.versions) == 0 {
		return nil
	}
	results, err := s.core.RemoveObjectsWithIter(ctx, s.bucket, slices.Values(t.versions), minio.RemoveObjectsOptions{})
	if err != nil {
		return s.explain(err)
	}
	var errs []error
	for r := range results {
		if err := unless(s.explain(r.Err), ErrNotFound); err != nil {
			errs = append(errs, failed("object", r.ObjectName, err))
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}
