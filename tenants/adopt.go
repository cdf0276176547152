package tenants

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/uuid"

	"lapak/store"
	"lapak/store/catalog"
)

// Adoption is how a shop comes in from elsewhere.
type Adoption struct {
	// Fill writes the rows of the new file, SetAdopted included, and returns the
	// shop's plan ("": the default one).
	Fill func(*store.Tx) (plan string, err error)
	// Check reads the finished file; its error refuses it, and nothing is left.
	Check func(context.Context, *store.DB) error
}

// Adopt makes a new shop with rows from elsewhere. The file is whole, durable
// and checked before the catalog knows of it; until then the shop is not there,
// however often the program ends. It is catalog.ErrExists if there is such a
// shop. Its first backup waits for the next start, so that backing up does not
// take the machine from the other shops that come in.
func (p *Pool) Adopt(ctx context.Context, shop store.Shop, a Adoption) (catalog.Shop, error) {
	one := p.stripe(shop)
	one.Lock()
	defer one.Unlock()
	if err := p.mustBeNew(ctx, shop); err != nil {
		return catalog.Shop{}, err
	}
	seal := store.Seal{Shop: shop, UUID: uuid.NewString(), Epoch: 1}
	path := p.Path(shop, seal.Epoch)
	if err := p.clearAdoption(ctx, path); err != nil {
		return catalog.Shop{}, fmt.Errorf("adopt %s: %w", shop, err)
	}
	var plan string
	err := p.template.Fill(path, seal, func(tx *store.Tx) (err error) { plan, err = a.Fill(tx); return err })
	if err != nil {
		return catalog.Shop{}, fmt.Errorf("adopt %s: %w", shop, err)
	}
	p.opt.FailPoint("file created")
	rec, err := p.enterAdopted(ctx, seal, plan, a)
	if err != nil {
		removeFile(path)
		return rec, fmt.Errorf("adopt %s: %w", shop, err)
	}
	return rec, nil
}

func (p *Pool) enterAdopted(ctx context.Context, seal store.Seal, plan string, a Adoption) (rec catalog.Shop, err error) {
	db := store.Open(p.Path(seal.Shop, seal.Epoch), store.Options{})
	if _, err = db.CheckSeal(ctx, seal); err == nil {
		err = a.Check(ctx, db)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return rec, err
	}
	return p.catalog.CreateShop(ctx, catalog.NewShop{Shop: seal.Shop, Plan: plan, UUID: seal.UUID, Dirty: true})
}

// clearAdoption removes what an interrupted adoption left: a file that was
// adopted and that the catalog does not know was never served to anybody. Any
// other file in the way is kept aside.
func (p *Pool) clearAdoption(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db := store.Open(path, store.Options{})
	err := db.Read(ctx, "look at a file in the way", func(v *store.View) error { _, err := v.Adopted(); return err })
	_ = db.Close() // it was only read
	if err == nil {
		removeFile(path)
		return nil
	}
	return p.setAside(path)
}
