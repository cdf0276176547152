package tenants

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/google/uuid"

	"lapak/store"
	"lapak/store/catalog"
)

// Create makes a new, empty shop, durably, on a plan ("" is the default one).
// It is catalog.ErrExists if there is such a shop. Its first backup is made in
// the background.
func (p *Pool) Create(ctx context.Context, shop store.Shop, plan string) (catalog.Shop, error) {
	one := p.stripe(shop)
	one.Lock()
	defer one.Unlock()
	if err := p.mustBeNew(ctx, shop); err != nil {
		return catalog.Shop{}, err
	}
	// The file before the row: a shop in the catalog without a file would look
	// like one that was lost.
	seal := store.Seal{Shop: shop, UUID: uuid.NewString(), Epoch: 1}
	if err := p.createFile(seal); err != nil {
		return catalog.Shop{}, err
	}
	p.opt.FailPoint("file created")
	rec, err := p.catalog.CreateShop(ctx, catalog.NewShop{Shop: shop, Plan: plan, UUID: seal.UUID, Dirty: true})
	if err != nil {
		return rec, errors.Join(err, os.Remove(p.Path(shop, 1)))
	}
	p.wakeCatchUp()
	return rec, nil
}

// mustBeNew is catalog.ErrExists if there is such a shop.
func (p *Pool) mustBeNew(ctx context.Context, shop store.Shop) error {
	_, err := p.catalog.Shop(ctx, shop)
	if err == nil {
		return fmt.Errorf("%s: %w", shop, catalog.ErrExists)
	}
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	}
	return err
}

// Ensure returns the shop, creating it if it is new; many may ask at once.
func (p *Pool) Ensure(ctx context.Context, shop store.Shop, plan string) (catalog.Shop, error) {
	rec, err := p.catalog.Shop(ctx, shop)
	if !errors.Is(err, catalog.ErrNotFound) {
		return rec, err
	}
	if rec, err = p.Create(ctx, shop, plan); errors.Is(err, catalog.ErrExists) {
		return p.catalog.Shop(ctx, shop)
	}
	return rec, err
}

func (p *Pool) stripe(shop store.Shop) *sync.Mutex {
	h := fnv.New32a()
	_, _ = h.Write([]byte(shop.String()))
	return &p.stripes[h.Sum32()%uint32(len(p.stripes))]
}

// createFile makes the file of a shop that the catalog does not know. A file
// that is there is what an interrupted creation left; it is kept aside.
func (p *Pool) createFile(seal store.Seal) error {
	path := p.Path(seal.Shop, seal.Epoch)
	err := p.template.Create(path, seal)
	if errors.Is(err, fs.ErrExist) {
		if err = p.setAside(path); err == nil {
			err = p.template.Create(path, seal)
		}
	}
	if err != nil {
		return fmt.Errorf("create %s: %w", seal.Shop, err)
	}
	return nil
}

// setAside gives a file of no shop another name.
func (p *Pool) setAside(path string) error {
	aside := fmt.Sprintf("%s.orphan-%d", path, time.Now().UnixNano())
	if err := os.Rename(path, aside); err != nil {
		return err
	}
	p.log.Warn("a file without a shop was in the way and is kept aside", "file", aside)
	return nil
}
