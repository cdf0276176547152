package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/tenants"
)

// Asset is what is known of the file as an asset of a type, checked.
func (f *File) Asset(assetType, name string) (in store.NewAsset, err error) {
	// The type first: with a wrong one, nothing about the file can be right.
	in = store.NewAsset{Type: assetType, Name: f.Title(name), Size: f.size}
	in.ContentType, in.Object = "image/png", assetType+"/"+f.sha256+".png"
	if err := in.Validate(); err != nil {
		return in, err
	}
	if err := f.rewind(); err != nil {
		return in, err
	}
	m, err := sniff(f.file, assetType)
	if err != nil {
		return in, err
	}
	in.ContentType, in.Width, in.Height = m.contentType, m.width, m.height
	in.Object = assetType + "/" + f.sha256 + "." + m.ext
	return in, in.Validate()
}

func (f *File) rewind() error {
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read upload: %w", err)
	}
	return nil
}

// Create makes the row of a file whose bytes are stored.
type Create func(tx *store.Tx, in store.NewAsset) (store.Asset, error)

// Keep stores the bytes, then the row that names them. Nobody can delete the
// bytes in between.
func (u *Uploads) Keep(ctx context.Context, l *tenants.Lease, f *File, in store.NewAsset, create Create) (as store.Asset, err error) {
	known, err := room(ctx, l, in)
	if err != nil {
		return as, err
	}
	l.Objects().RLock()
	defer l.Objects().RUnlock()
	there, err := u.put(ctx, l, f, in)
	if err == nil {
		err = l.Write(ctx, "save asset", func(tx *store.Tx) (err error) {
			as, err = create(tx, in)
			return err
		})
	}
	if err != nil {
		u.Unnamed(ctx, l, in.Object)
		return as, err
	}
	if there && !known { // it was waiting to be deleted
		u.revive(ctx, l, in.Object)
	}
	return as, nil
}

// room looks whether the plan allows one more asset, before its bytes travel,
// and whether its object is known. The transaction that saves it decides.
func room(ctx context.Context, l *tenants.Lease, in store.NewAsset) (known bool, err error) {
	terms := l.Terms()
	err = l.Read(ctx, "look for room", func(v *store.View) error {
		u, _, err := v.Usage(terms)
		if err != nil {
			return err
		}
		if known, err = v.HasObject(in.Object); err != nil {
			return err
		}
		if terms.MaxAssets >= 0 && u.Assets+1 > terms.MaxAssets {
			return store.LimitError{What: "Asset"}
		}
		if !known && terms.StorageBytes >= 0 && u.StorageBytes+in.Size > terms.StorageBytes {
			return store.LimitError{What: "Storage"}
		}
		return nil
	})
	return known, err
}

// put says whether the bytes were there already.
func (u *Uploads) put(ctx context.Context, l *tenants.Lease, f *File, in store.NewAsset) (there bool, err error) {
	if err := f.rewind(); err != nil {
		return false, err
	}
	_, err = u.pool.Assets().Put(ctx, key(l.Shop().Name, in.Object), f.file, f.size,
		bucket.PutOptions{IfAbsent: true, ContentType: in.ContentType})
	if errors.Is(err, bucket.ErrExists) {
		return true, nil // the name is the content's hash
	} else if err != nil {
		return false, fmt.Errorf("store asset: %w", err)
	}
	return false, nil
}

// key is where the bytes of a shop's object are.
func key(shop store.Shop, object string) string { return shop.String() + "/" + object }

// afterwards bounds what is tidied up after a request, whose own time may be over.
const afterwards = 10 * time.Second

// Unnamed lets an object's bytes be deleted some day, unless an asset names them:
// after an upload that failed, and after the last asset is gone. They stay as long
// as a restore or the trash may want them.
func (u *Uploads) Unnamed(ctx context.Context, l *tenants.Lease, object string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	named := false
	err := l.Read(ctx, "is an object in use", func(v *store.View) (err error) {
		named, err = v.HasObject(object)
		return err
	})
	if err == nil && !named {
		err = u.pool.Catalog().AddDead(ctx, l.Shop().Name, []string{object}, time.Now())
	}
	if err != nil {
		u.log.Error("cannot note an object that nothing names", "shop", l.Shop().Name.String(), "object", object, "error", err)
	}
}

// Undelete brings an asset back from the trash, its bytes included; see
// store.Tx.Undelete. What is no asset is store.ErrNotFound.
func (u *Uploads) Undelete(ctx context.Context, l *tenants.Lease, by store.By, id string) (as store.Asset, err error) {
	l.Objects().RLock()
	defer l.Objects().RUnlock()
	err = l.Write(ctx, "undelete asset", func(tx *store.Tx) error {
		gone, err := tx.Undelete(by, l.Terms(), id)
		if err == nil && gone.Resource != "asset" {
			err = store.ErrNotFound
		}
		if err == nil {
			as, err = tx.Asset(id)
		}
		return err
	})
	if err != nil {
		return as, err
	}
	u.revive(ctx, l, as.Object)
	return as, nil
}

// revive is for tidiness: before bytes are deleted, the rows are asked again.
func (u *Uploads) revive(ctx context.Context, l *tenants.Lease, object string) {
	if err := u.pool.Catalog().ReviveDead(ctx, l.Shop().Name, object); err != nil {
		u.log.Error("cannot note that an object is in use again", "shop", l.Shop().Name.String(), "object", object, "error", err)
	}
}
