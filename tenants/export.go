package tenants

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants/bundle"
)

// ErrNoBytes says that the bucket has not the bytes that a row names.
var ErrNoBytes = errors.New("an image's bytes are not in the bucket as they should be")

// Exported is what an export holds.
type Exported struct {
	Shop          store.Shop       `json:"shop"`
	UUID          string           `json:"id"`
	Epoch         int              `json:"epoch"`
	Schema        int              `json:"schemaVersion"`
	At            time.Time        `json:"createdAt"` // the moment that it holds
	Tables        map[string]int64 `json:"tables"`    // rows
	DatabaseBytes int64            `json:"databaseBytes"`
	Objects       int64            `json:"objects"`
	ObjectBytes   int64            `json:"objectBytes"`
	Bytes         int64            `json:"bytes"` // of the file
	Took          float64          `json:"seconds"`
}

// Export writes a shop as one file to w: its state at one moment, with all images
// that it names. See package bundle for the format. The shop goes on meanwhile. It
// holds no sessions, and nothing that was deleted for good. It is noted in the
// shop's audit log before the first byte leaves.
func (p *Pool) Export(ctx context.Context, shop store.Shop, by store.By, w io.Writer) (done Exported, err error) {
	start := time.Now()
	ctx, dir, end, err := p.beginTransfer(ctx, shop)
	if err != nil {
		return done, err
	}
	defer end()
	e := export{pool: p, shop: shop, dir: dir, file: filepath.Join(dir, "shop.db")}
	if err := e.prepare(ctx, by); err != nil {
		return done, fmt.Errorf("export %s: %w", shop, err)
	}
	defer e.db.Close()
	if done.Bytes, err = e.write(ctx, w); err != nil {
		return done, fmt.Errorf("export %s: %w", shop, err)
	}
	m := e.manifest
	return Exported{
		Shop: shop, UUID: m.UUID, Epoch: m.Epoch, Schema: m.Schema, At: m.CreatedAt, Tables: m.Tables, DatabaseBytes: m.Database.Size,
		Objects: m.ObjectCount, ObjectBytes: m.ObjectBytes, Bytes: done.Bytes, Took: time.Since(start).Seconds(),
	}, nil
}

// export is one export under way.
type export struct {
	pool      *Pool
	shop      store.Shop
	dir, file string
	db        *store.DB // the copy
	manifest  bundle.Manifest
}

// prepare makes the copy and the manifest, and notes the export. The shop is in
// use only for so long.
func (e *export) prepare(ctx context.Context, by store.By) error {
	l, err := e.pool.Acquire(ctx, e.shop)
	if err != nil {
		return err
	}
	defer l.Release()
	rec := l.Shop()
	e.manifest = bundle.Manifest{
		Shop: e.shop.String(), UUID: rec.UUID, Epoch: rec.Epoch, CreatedAt: time.Now().UTC(), State: string(rec.State),
	}
	e.manifest.Config, e.manifest.Limits = rec.Portable()
	if err := l.tenant.db.CopyInto(ctx, e.file); err != nil {
		return err
	}
	if err := e.clean(ctx, rec); err != nil {
		return err
	}
	if err := e.describe(ctx); err != nil {
		return errors.Join(err, e.db.Close())
	}
	// Not l.Write: that the bucket is away is no reason to refuse an export.
	err = l.write(ctx, "note the export", func(tx *store.Tx) error {
		m := e.manifest
		return tx.Audit(by, "EXPORT", "shop", e.shop.String(), nil,
			exportRecord{m.CreatedAt, m.Database.Size, m.ObjectCount, m.ObjectBytes})
	})
	if err != nil {
		return errors.Join(err, e.db.Close())
	}
	return nil
}

// exportRecord is an export in the audit log.
type exportRecord struct {
	At            time.Time `json:"createdAt"`
	DatabaseBytes int64     `json:"databaseBytes"`
	Objects       int64     `json:"objects"`
	ObjectBytes   int64     `json:"objectBytes"`
}

// clean leaves in the copy what may leave the server, and opens it.
func (e *export) clean(ctx context.Context, rec catalog.Shop) (err error) {
	seal := store.Seal{Shop: e.shop, UUID: rec.UUID, Epoch: rec.Epoch}
	if err := e.pool.cleanseFile(ctx, e.file, rec, seal); err != nil {
		return err
	}
	db := store.Open(e.file, store.Options{})
	e.manifest.Schema, err = db.CheckSeal(ctx, seal)
	if err == nil {
		err = db.Write(ctx, "strip a copy", func(tx *store.Tx) error { return tx.StripCopy() })
	}
	if err == nil {
		err = db.Checkpoint()
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	e.db = db
	return nil
}

// describe says in the manifest what the copy holds.
func (e *export) describe(ctx context.Context) (err error) {
	m := &e.manifest
	if m.Database.Size, m.Database.SHA256, err = hashFile(e.file); err != nil {
		return err
	}
	return e.db.Snapshot(ctx, exportQuery, func(v *store.View) error {
		if m.Tables, err = v.Tables(); err != nil {
			return err
		}
		return v.NamedObjects(func(o store.Object) error {
			m.ObjectCount, m.ObjectBytes = m.ObjectCount+1, m.ObjectBytes+o.Size
			return nil
		})
	})
}

// exportQuery reads a whole file: it is not slow, but large.
const exportQuery = "export"

func hashFile(path string) (size int64, sum string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// write sends the bundle and returns how large it is.
func (e *export) write(ctx context.Context, w io.Writer) (int64, error) {
	scratch, err := os.OpenFile(filepath.Join(e.dir, "directory"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return 0, err
	}
	defer scratch.Close()
	b := bundle.NewWriter(untilDone{ctx: ctx, w: w}, scratch)
	err = b.Manifest(e.manifest, func(each func(bundle.Entry) error) error {
		return e.objects(ctx, func(o store.Object) error { return each(bundle.Object(o.Name, o.Size)) })
	})
	if err == nil {
		err = e.addDatabase(b)
	}
	if err == nil {
		err = e.addObjects(ctx, b)
	}
	if err == nil {
		err = b.Close()
	}
	return b.Size(), err
}

func (e *export) objects(ctx context.Context, each func(store.Object) error) error {
	return e.db.Read(ctx, exportQuery, func(v *store.View) error { return v.NamedObjects(each) })
}

func (e *export) addDatabase(b *bundle.Writer) error {
	f, err := os.Open(e.file)
	if err != nil {
		return err
	}
	defer f.Close()
	entry := e.manifest.Database
	entry.Name = bundle.DatabaseName
	return b.Add(entry, f)
}

// addObjects fetches some small objects at once, and adds all in order.
func (e *export) addObjects(ctx context.Context, b *bundle.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	queue := make(chan *parcel, transferAtOnce)
	listed := make(chan error, 1)
	go func() {
		defer close(queue)
		listed <- e.objects(ctx, func(o store.Object) error { return e.send(ctx, queue, o) })
	}()
	err := e.addParcels(ctx, b, queue)
	cancel()
	for rest := range queue { // after an error
		<-rest.ready
		rest.drop()
	}
	if listErr := <-listed; err == nil {
		err = listErr
	}
	return err
}

// send puts an object's parcel into the queue, which is as long as may wait.
func (e *export) send(ctx context.Context, queue chan<- *parcel, o store.Object) error {
	one := newParcel(o)
	select {
	case queue <- one:
	case <-ctx.Done():
		close(one.ready)
		return ctx.Err()
	}
	if !one.small() {
		close(one.ready)
		return nil
	}
	go func() {
		defer close(one.ready)
		r, err := e.open(ctx, o)
		if err == nil {
			err = errors.Join(one.fill(r), r.Close())
		}
		one.err = err
	}()
	return nil
}

func (e *export) addParcels(ctx context.Context, b *bundle.Writer, queue <-chan *parcel) error {
	for one := range queue {
		<-one.ready
		err := one.err
		if err == nil {
			err = e.addParcel(ctx, b, one)
		}
		one.drop()
		if errors.Is(err, bundle.ErrDiffers) {
			err = fmt.Errorf("%w: %w", ErrNoBytes, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *export) addParcel(ctx context.Context, b *bundle.Writer, one *parcel) error {
	entry := bundle.Object(one.object.Name, one.object.Size)
	if one.small() {
		return b.Add(entry, one.reader())
	}
	r, err := e.open(ctx, one.object)
	if err != nil {
		return err
	}
	return errors.Join(b.Add(entry, r), r.Close())
}

func (e *export) open(ctx context.Context, o store.Object) (io.ReadCloser, error) {
	r, info, err := e.pool.opt.Assets.Get(ctx, e.shop.String()+"/"+o.Name, 0, 0)
	if errors.Is(err, bucket.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s is not there", ErrNoBytes, o.Name)
	}
	if err != nil {
		return nil, err
	}
	if info.Size != o.Size {
		return nil, errors.Join(fmt.Errorf("%w: %s has %d bytes there, not %d", ErrNoBytes, o.Name, info.Size, o.Size), r.Close())
	}
	return r, nil
}
