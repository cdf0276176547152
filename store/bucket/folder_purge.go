package bucket

import (
	"context"
	"fmt"
)

// Holds implements Bucket.
func (f *Folder) Holds(ctx context.Context, key string) (Holding, error) {
	_, held, err := f.all(ctx, key)
	return held, err
}

// Purge implements Bucket.
func (f *Folder) Purge(ctx context.Context, key string) (Holding, error) {
	keys, held, err := f.all(ctx, key)
	if err != nil {
		return Holding{}, err
	}
	if err := f.Delete(ctx, keys...); err != nil {
		return Holding{}, err
	}
	left, err := f.Holds(ctx, key)
	if err == nil && left.Objects > 0 {
		err = failed("purge", key, fmt.Errorf("%d objects are still there", left.Objects))
	}
	return held, err
}

// PurgeOld implements Bucket.
func (f *Folder) PurgeOld(ctx context.Context, key string) (Holding, error) {
	return Holding{}, failed("purge", key, checkCall(ctx, key))
}

// all is the key itself, if it is there, and all below it.
func (f *Folder) all(ctx context.Context, key string) (keys []string, held Holding, err error) {
	if err := checkCall(ctx, key); err != nil {
		return nil, held, failed("look at", key, err)
	}
	add := func(i Info) error {
		keys = append(keys, i.Key)
		held.Objects, held.Bytes = held.Objects+1, held.Bytes+i.Size
		return nil
	}
	if info, err := f.stat(key); err == nil {
		_ = add(info)
	} else if err := unless(err, ErrNotFound); err != nil {
		return nil, held, failed("look at", key, err)
	}
	return keys, held, f.List(ctx, key+"/", "", add)
}
