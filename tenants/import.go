package tenants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/bundle"
)

// ErrNotImportable says that a file is a sound bundle, but not of a shop as this
// program would export it.
var ErrNotImportable = errors.New("the file holds no sound shop")

// What an import takes at the most.
func importLimits() bundle.Limits {
	return bundle.Limits{Manifest: 1 << 30, Database: 64 << 30, Object: 256 << 20}
}

// clearTimeout bounds one try to remove what an import left.
const clearTimeout = 5 * time.Minute

// ImportOptions of Import.
type ImportOptions struct {
	As         store.Shop // the new shop's name; zero: that in the file
	Plan       string     // "": that in the file
	KeepLimits bool       // limits that were the shop's own, and not its plan's, come along
}

// Imported is a shop that came in.
type Imported struct {
	Shop        store.Shop       `json:"shop"`
	UUID        string           `json:"id"` // its new identity
	Plan        string           `json:"plan"`
	State       catalog.State    `json:"state"`
	From        Origin           `json:"from"`
	Tables      map[string]int64 `json:"tables"` // rows that came
	Objects     int64            `json:"objects"`
	ObjectBytes int64            `json:"objectBytes"`
	Usage       store.Usage      `json:"usage"` // counted anew
	// LeftOut are the settings in the file that were not taken.
	LeftOut []string `json:"leftOut"`
	Took    float64  `json:"seconds"`
}

// Origin is the shop that was exported.
type Origin struct {
	Shop  store.Shop `json:"shop"`
	UUID  string     `json:"id"`
	Epoch int        `json:"epoch"`
	At    time.Time  `json:"createdAt"` // the moment of the export
}

// Import makes a new shop of a file that Export wrote, read from r to its end. All
// of it is proven before anybody can see the shop: that the file is undamaged and
// holds what its manifest says, that the database is sound, this shop's and of a
// known version, and that the bytes of every image it names are there. The shop
// has a new identity and begins at epoch 1. Where anything fails, or the program
// ends, nothing of it stays. It is catalog.ErrExists if there is such a shop;
// bundle's errors, ErrNotImportable, store.ErrNewer and *catalog.FieldError are
// about the file.
func (p *Pool) Import(ctx context.Context, r io.Reader, by store.By, opt ImportOptions) (done Imported, err error) {
	start := time.Now()
	ctx, dir, end, err := p.beginTransfer(ctx, store.Shop{})
	if err != nil {
		return done, err
	}
	defer end()
	i := &incoming{pool: p, opt: opt, file: filepath.Join(dir, "shop.db")}
	scratch, err := os.OpenFile(filepath.Join(dir, bundle.ManifestName), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return done, err
	}
	defer scratch.Close()
	if i.bundle, err = bundle.NewReader(r, scratch, importLimits()); err != nil {
		return done, fmt.Errorf("import: %w", err)
	}
	if err := i.decide(); err != nil {
		return done, fmt.Errorf("import: %w", err)
	}
	if err := i.run(ctx, by); err != nil {
		return done, fmt.Errorf("import %s: %w", i.seal.Shop, err)
	}
	p.log.Info("imported", "shop", i.seal.Shop.String(), "from", i.from.String(), "took", time.Since(start))
	i.done.Took = time.Since(start).Seconds()
	return i.done, nil
}

// incoming is one import under way.
type incoming struct {
	pool    *Pool
	opt     ImportOptions
	file    string // the database, until it has its place
	bundle  *bundle.Reader
	from    store.Seal
	seal    store.Seal
	plan    string
	changes []catalog.Change
	done    Imported
}

// decide reads from the manifest who comes and who they are to be.
func (i *incoming) decide() (err error) {
	m := i.bundle.Manifest()
	i.from = store.Seal{UUID: m.UUID, Epoch: m.Epoch}
	if i.from.Shop, err = store.ParseShop(m.Shop); err != nil {
		return fmt.Errorf("%w: %w", ErrNotImportable, err)
	}
	if err := store.CheckVersion("the export of "+m.Shop, m.Schema); err != nil {
		return err
	}
	i.seal = store.Seal{Shop: i.from.Shop, UUID: uuid.NewString(), Epoch: 1}
	if i.plan = i.opt.Plan; i.plan == "" {
		i.plan = m.Config["plan"]
	}
	left := []string{}
	if !i.opt.As.IsZero() && i.opt.As != i.from.Shop {
		i.seal.Shop = i.opt.As
		// It leads to the shop that it came from, which may well be alive.
		if m.Config["customDomain"] != "" {
			left = append(left, "customDomain")
			delete(m.Config, "customDomain")
		}
	}
	if i.changes, err = catalog.PortableChanges(m.Config, m.Limits, i.opt.KeepLimits); err != nil {
		return err
	}
	if !i.opt.KeepLimits {
		left = append(left, sortedKeys(m.Limits)...)
	}
	i.done = Imported{
		Shop: i.seal.Shop, UUID: i.seal.UUID, From: Origin{i.from.Shop, m.UUID, m.Epoch, m.CreatedAt}, Tables: m.Tables,
		Objects: m.ObjectCount, ObjectBytes: m.ObjectBytes, LeftOut: left,
	}
	return nil
}

// run lets the shop in.
func (i *incoming) run(ctx context.Context, by store.By) error {
	release, err := i.pool.reserveImport(i.seal.Shop)
	if err != nil {
		return err
	}
	defer release()
	if err := i.refuseTaken(ctx); err != nil {
		return err
	}
	if err := i.takeDatabase(ctx, by); err != nil {
		return err
	}
	if err := i.pool.catalog.BeginImport(ctx, i.seal.Shop, i.seal.UUID); err != nil {
		return err
	}
	i.pool.opt.FailPoint("import-noted")
	err = i.takeObjects(ctx)
	if err == nil {
		err = i.enter(ctx)
	}
	if err != nil {
		return i.pool.undoImport(ctx, catalog.Import{Shop: i.seal.Shop, UUID: i.seal.UUID}, err)
	}
	return nil
}

// refuseTaken wants nothing to be there of a shop of this name, anywhere: so
// whatever is there after an interruption is the import's own, and can go.
func (i *incoming) refuseTaken(ctx context.Context) error {
	p, shop := i.pool, i.seal.Shop
	if _, err := p.catalog.Plan(ctx, i.plan); errors.Is(err, catalog.ErrNotFound) {
		return &catalog.FieldError{Field: "plan", Reason: fmt.Sprintf("%q is none of this server's; give another with --plan", i.plan)}
	} else if err != nil {
		return err
	}
	if _, err := p.catalog.Shop(ctx, shop); err == nil {
		return fmt.Errorf("%w; lapak erase %s removes it, --as gives the new one another name", catalog.ErrExists, shop)
	} else if !errors.Is(err, catalog.ErrNotFound) {
		return err
	}
	if err := p.clearLeft(ctx, shop); err != nil {
		return err
	}
	images, err := p.opt.Assets.Holds(ctx, shop.String())
	if err != nil {
		return fmt.Errorf("look for images of another shop of this name: %w", err)
	}
	backups, err := p.replicas.Holds(ctx, shop.String())
	if err != nil {
		return fmt.Errorf("look for backups of another shop of this name: %w", err)
	}
	if images.Objects > 0 || backups.Objects > 0 {
		return fmt.Errorf("%w: the buckets have images or backups of a shop of this name, which may be another server's; --as gives this one another name", catalog.ErrExists)
	}
	return nil
}

// takeDatabase brings the database to this disk, proves it and makes it the new
// shop's.
func (i *incoming) takeDatabase(ctx context.Context, by store.By) error {
	_, r, err := i.bundle.Next()
	if err != nil {
		return err
	}
	if err := writeFile(ctx, i.file, r); err != nil {
		return err
	}
	db := store.Open(i.file, store.Options{})
	err = i.adopt(ctx, db, by)
	if err == nil {
		err = db.Checkpoint()
	}
	return errors.Join(err, db.Close())
}

func writeFile(ctx context.Context, path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, untilDone{ctx: ctx, r: r})
	return errors.Join(err, f.Close())
}

func (i *incoming) adopt(ctx context.Context, db *store.DB, by store.By) error {
	m := i.bundle.Manifest()
	version, err := db.CheckForeign(ctx, i.from)
	if err == nil && version != m.Schema {
		err = fmt.Errorf("its version is %d, its manifest says %d", version, m.Schema)
	}
	if err == nil {
		err = i.compareTables(ctx, db)
	}
	if err == nil {
		err = db.Migrate(ctx, version)
	}
	if err == nil {
		err = i.compareSchema(ctx, db)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotImportable, err)
	}
	return db.Write(ctx, "adopt an imported file", func(tx *store.Tx) (err error) {
		if i.done.Usage, err = tx.Adopt(i.terms(), i.from, i.seal); err != nil {
			return err
		}
		return tx.Audit(by, "IMPORT", "shop", i.seal.Shop.String(), nil, i.done.From)
	})
}

// terms are those by which usage is counted.
func (i *incoming) terms() store.Terms {
	return terms(catalog.Shop{Timezone: i.bundle.Manifest().Config["timezone"]})
}

func (i *incoming) compareTables(ctx context.Context, db *store.DB) error {
	want := i.bundle.Manifest().Tables
	return db.Snapshot(ctx, exportQuery, func(v *store.View) error {
		got, err := v.Tables()
		if err != nil {
			return err
		}
		for _, name := range sortedKeys(got) {
			if n, ok := want[name]; !ok || n != got[name] {
				return fmt.Errorf("the table %q has %d rows, the manifest says %d", name, got[name], n)
			}
		}
		if len(got) != len(want) {
			return errors.New("the manifest names tables that are not there")
		}
		return nil
	})
}

// compareSchema compares with a new shop's file.
func (i *incoming) compareSchema(ctx context.Context, db *store.DB) error {
	model := i.file + ".model"
	if err := i.pool.template.Create(model, i.seal); err != nil {
		return err
	}
	want := store.Open(model, store.Options{})
	return errors.Join(db.SameSchema(ctx, want), want.Close())
}

// takeObjects puts the bytes of every object into the bucket, and wants them to be
// exactly those that the database names.
func (i *incoming) takeObjects(ctx context.Context) error {
	db := store.Open(i.file, store.Options{})
	puts, ctx := errgroup.WithContext(ctx)
	puts.SetLimit(transferAtOnce)
	err := db.Read(ctx, exportQuery, func(v *store.View) error {
		return v.NamedObjects(func(o store.Object) error { return i.takeObject(ctx, puts, o) })
	})
	if err == nil {
		err = i.wantEnd()
	}
	// A put that failed ended the others: it tells more.
	if putErr := puts.Wait(); putErr != nil {
		err = putErr
	}
	return errors.Join(err, db.Close())
}

func (i *incoming) takeObject(ctx context.Context, puts *errgroup.Group, o store.Object) error {
	e, r, err := i.bundle.Next()
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: it lacks the image %s", ErrNotImportable, o.Name)
	case err != nil:
		return err
	case e.Object() < o.Name:
		return fmt.Errorf("%w: nothing names the image %s", ErrNotImportable, e.Object())
	case e.Object() > o.Name:
		return fmt.Errorf("%w: it lacks the image %s", ErrNotImportable, o.Name)
	case e.Size != o.Size:
		return fmt.Errorf("%w: the image %s has %d bytes, the database says %d", ErrNotImportable, o.Name, e.Size, o.Size)
	}
	one := newParcel(o)
	if !one.small() {
		return i.put(ctx, o, untilDone{ctx: ctx, r: r})
	}
	if err := one.fill(untilDone{ctx: ctx, r: r}); err != nil {
		return err
	}
	puts.Go(func() error { return i.put(ctx, o, one.reader()) })
	return nil
}

func (i *incoming) put(ctx context.Context, o store.Object, r io.Reader) error {
	_, err := i.pool.opt.Assets.Put(ctx, i.seal.Shop.String()+"/"+o.Name, r, o.Size, bucket.PutOptions{ContentType: o.ContentType})
	if err != nil {
		return fmt.Errorf("store an image: %w", err)
	}
	i.pool.opt.FailPoint("import-image")
	return nil
}

func (i *incoming) wantEnd() error {
	e, _, err := i.bundle.Next()
	if err == nil {
		return fmt.Errorf("%w: nothing names the image %s", ErrNotImportable, e.Object())
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// enter gives the file its place and the shop its row: from then on it is there.
func (i *incoming) enter(ctx context.Context) error {
	p := i.pool
	one := p.stripe(i.seal.Shop)
	one.Lock()
	defer one.Unlock()
	if err := i.place(); err != nil {
		return err
	}
	p.opt.FailPoint("import-placed")
	rec, err := p.catalog.FinishImport(ctx,
		catalog.NewShop{Shop: i.seal.Shop, Plan: i.plan, UUID: i.seal.UUID, Dirty: true},
		i.changes, catalog.State(i.bundle.Manifest().State) == catalog.Suspended)
	if err != nil {
		return err
	}
	p.opt.FailPoint("imported")
	i.done.Plan, i.done.State = rec.Plan, rec.State
	p.wakeCatchUp()
	return nil
}

// place moves the file to where the shop's is, durably.
func (i *incoming) place() error {
	if err := syncFile(i.file); err != nil {
		return err
	}
	path := i.pool.Path(i.seal.Shop, i.seal.Epoch)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		if err := i.pool.setAside(path); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(i.file, path); err != nil {
		return err
	}
	return errors.Join(sqlite.SyncDir(filepath.Dir(path)), sqlite.SyncDir(filepath.Dir(filepath.Dir(path))))
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
