package tenants

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/store/sqlite"
)

// reserveImport keeps others from importing a shop of this name, and from removing what
// an import of it left, until release.
func (p *Pool) reserveImport(shop store.Shop) (release func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, taken := p.importing[shop]; taken {
		return nil, fmt.Errorf("%s is being imported: %w", shop, catalog.ErrState)
	}
	p.importing[shop] = struct{}{}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.importing, shop)
	}, nil
}

// undoImport removes what a failed import left, or has it tried again in the
// background. Its own error is why the import failed.
func (p *Pool) undoImport(ctx context.Context, i catalog.Import, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearTimeout)
	defer cancel()
	if err := p.clearImport(ctx, i); err != nil {
		p.wakeFinish()
		return errors.Join(why, fmt.Errorf("what it left will be removed later: %w", err))
	}
	return why
}

// clearImports removes what imports left that are not under way any more.
func (p *Pool) clearImports(ctx context.Context) error {
	left, err := p.catalog.Imports(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range left {
		release, err := p.reserveImport(i.Shop)
		if err != nil {
			continue // it is under way
		}
		err = p.clearImport(ctx, i)
		release()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		p.log.Info("what an import left is removed", "shop", i.Shop.String())
	}
	return errors.Join(errs...)
}

// clearLeft is clearImport of what an earlier import of this name left. The caller
// has the name reserved.
func (p *Pool) clearLeft(ctx context.Context, shop store.Shop) error {
	left, err := p.catalog.Imports(ctx)
	if err != nil {
		return err
	}
	for _, i := range left {
		if i.Shop == shop {
			return p.clearImport(ctx, i)
		}
	}
	return nil
}

// clearImport removes the file and the images of a shop that was to be imported.
// As long as the import is noted there is no shop of its name, and nothing of its
// name was in the bucket before. The note goes last.
func (p *Pool) clearImport(ctx context.Context, i catalog.Import) error {
	ctx, cancel := context.WithTimeout(ctx, clearTimeout)
	defer cancel()
	one := p.stripe(i.Shop)
	one.Lock()
	defer one.Unlock()
	if _, err := p.catalog.Shop(ctx, i.Shop); err == nil {
		return p.catalog.AbortImport(ctx, i.Shop)
	} else if !errors.Is(err, catalog.ErrNotFound) {
		return err
	}
	if err := p.clearPlace(ctx, store.Seal{Shop: i.Shop, UUID: i.UUID, Epoch: 1}); err != nil {
		return fmt.Errorf("remove the file of an import of %s: %w", i.Shop, err)
	}
	if _, err := p.opt.Assets.Purge(ctx, i.Shop.String()); err != nil {
		return fmt.Errorf("remove the images of an import of %s: %w", i.Shop, err)
	}
	p.opt.FailPoint("import-cleared")
	return p.catalog.AbortImport(ctx, i.Shop)
}

// clearPlace removes the file that an import placed. Another one, which was in the
// way before, stays.
func (p *Pool) clearPlace(ctx context.Context, seal store.Seal) error {
	path := p.Path(seal.Shop, seal.Epoch)
	db := store.Open(path, store.Options{})
	_, err := db.CheckSeal(ctx, seal)
	if err = errors.Join(err, db.Close()); ctx.Err() != nil {
		return err
	}
	if err == nil {
		removeFile(path)
	}
	dir := filepath.Dir(path)
	err = sqlite.SyncDir(dir)
	_ = os.Remove(dir) // unless there is something else in it
	if err == nil {
		err = sqlite.SyncDir(filepath.Dir(dir))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
