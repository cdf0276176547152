package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/store/sqlite"
)

// eraseTimeout bounds one try; a shop with many images takes its time.
const eraseTimeout = 15 * time.Minute

// Erase removes every trace of a shop: its files, its backups of all epochs with
// their older versions, its images, and what the catalog knows of it but the
// certificate that it returns. From the first step on there is no way back: the
// shop is served no more, and what cannot be finished now, because the bucket is
// away, somebody still uses the shop, or the program ends, is tried again in the
// background until it is done. It is ErrNoShop if there is no such shop, and
// catalog.ErrState while the shop is being restored.
func (p *Pool) Erase(ctx context.Context, shop store.Shop, by store.By) (Certificate, error) {
	if p.isClosed() {
		return Certificate{}, ErrClosed
	}
	if _, err := p.certificateKey(); err != nil {
		return Certificate{}, err
	}
	rec, err := p.catalog.Shop(ctx, shop)
	if errors.Is(err, catalog.ErrNotFound) {
		err = fmt.Errorf("%s: %w", shop, ErrNoShop)
	}
	if err != nil {
		return Certificate{}, err
	}
	if err := p.beginErase(ctx, rec, by); err != nil {
		return Certificate{}, err
	}
	done, err := p.finishErase(ctx, rec)
	if err != nil {
		p.wakeFinish()
		return Certificate{}, fmt.Errorf("%s is not served any more, and its erasure will go on by itself: %w", shop, err)
	}
	p.log.Info("erased", "shop", shop.String(), "id", rec.UUID, "took", done.ErasedAt.Sub(done.BegunAt))
	return done, nil
}

func (p *Pool) beginErase(ctx context.Context, rec catalog.Shop, by store.By) error {
	draft, err := json.Marshal(Erased{
		Shop: rec.Name, UUID: rec.UUID, BegunAt: now(), By: Eraser{by.UserID, by.Email, by.IP},
	})
	if err != nil {
		return err
	}
	if err := p.catalog.BeginErase(ctx, rec.Name, string(draft)); err != nil {
		return err
	}
	p.opt.FailPoint("erasing")
	return nil
}

// now is the time as certificates have it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// finishErase goes through all steps from the first, whichever were done before.
func (p *Pool) finishErase(ctx context.Context, rec catalog.Shop) (done Certificate, err error) {
	ctx, cancel := context.WithTimeout(ctx, eraseTimeout)
	defer cancel()
	release, err := p.haveAlone(ctx, rec.Name)
	if err != nil {
		return done, err
	}
	defer release()
	is, err := p.catalog.Shop(ctx, rec.Name)
	if errors.Is(err, catalog.ErrNotFound) || err == nil && is.UUID != rec.UUID {
		return p.certificate(ctx, rec.UUID) // another call has done it
	}
	if err != nil {
		return done, err
	}
	if err := p.seize(ctx, rec.Name); err != nil {
		return done, err
	}
	p.opt.FailPoint("seized")
	done, err = p.clear(ctx, rec)
	// Before the name is free: who has it then may be frozen for reasons of its own.
	p.thaw(rec.Name)
	if err != nil {
		return done, err
	}
	return done, p.replaceShop(ctx, done)
}

// clear removes all of the shop that is not in the catalog, and certifies it.
func (p *Pool) clear(ctx context.Context, rec catalog.Shop) (done Certificate, err error) {
	what, err := p.survey(ctx, rec)
	if err != nil {
		return done, err
	}
	p.opt.FailPoint("surveyed")
	if err := p.removeRemains(ctx, rec.Name); err != nil {
		return done, err
	}
	return p.certify(ctx, what)
}

// certificate is that of a shop that is gone.
func (p *Pool) certificate(ctx context.Context, uuid string) (done Certificate, err error) {
	kept, err := p.catalog.Certificate(ctx, uuid)
	if err == nil {
		err = json.Unmarshal([]byte(kept.Text), &done)
	}
	return done, err
}

// seize closes the shop's file for good: nobody opens it again, and nothing more
// of it is replicated.
func (p *Pool) seize(ctx context.Context, shop store.Shop) error {
	p.endDrill(shop)
	if err := p.endTransfers(shop); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	return p.freezeWith(ctx, shop, ErrNoShop, func(_ context.Context, t *tenant) error {
		t.discard(p)
		return nil
	})
}

// discard lets go of the files and replicates nothing more.
func (t *tenant) discard(p *Pool) {
	t.ship.mu.Lock()
	defer t.ship.mu.Unlock()
	t.ship.gone = true
	if err := t.db.Close(); err != nil {
		p.log.Error("closing a shop's file", "shop", t.shop.String(), "error", err)
	}
	t.ship.live.Discard()
}

// survey counts what there is before the first of it is removed, so that the
// certificate says so however often the work is interrupted. It returns when that,
// and that there is no way back, is in the catalog's backup: a machine that
// recovers from there must not serve a shop of which half is gone.
func (p *Pool) survey(ctx context.Context, rec catalog.Shop) (what Erased, err error) {
	draft, err := p.catalog.Draft(ctx, rec.UUID)
	if err == nil {
		err = json.Unmarshal([]byte(draft), &what)
	}
	if err != nil {
		return what, fmt.Errorf("read the draft of the certificate: %w", err)
	}
	if what.Looked == nil {
		if what.Removed, err = p.remains(ctx, rec.Name); err != nil {
			return what, err
		}
		what.Looked = p.places(rec.Name)
		text, err := json.Marshal(what)
		if err == nil {
			err = p.catalog.SetDraft(ctx, rec.UUID, string(text))
		}
		if err != nil {
			return what, err
		}
	}
	if err := p.shipCatalog(ctx); err != nil {
		return what, fmt.Errorf("back up that the shop is being erased: %w", err)
	}
	return what, nil
}

func (p *Pool) shopDir(shop store.Shop) string { return filepath.Dir(p.Path(shop, 1)) }

// remains looks what there is of a shop.
func (p *Pool) remains(ctx context.Context, shop store.Shop) (r Remains, err error) {
	if r.Files, err = filesIn(p.shopDir(shop)); err != nil {
		return r, fmt.Errorf("look at the files of %s: %w", shop, err)
	}
	if r.Backups, err = p.replicas.Holds(ctx, shop.String()); err != nil {
		return r, fmt.Errorf("look at the backups of %s: %w", shop, err)
	}
	if r.Images, err = p.opt.Assets.Holds(ctx, shop.String()); err != nil {
		return r, fmt.Errorf("look at the images of %s: %w", shop, err)
	}
	return r, nil
}

// places are where remains looks, and the catalog.
func (p *Pool) places(shop store.Shop) []string {
	return []string{
		"file:" + p.shopDir(shop),
		p.opt.Replication.Shops.String() + "/" + shop.String(),
		p.opt.Assets.String() + ", " + shop.String() + "/",
		"file:" + p.CatalogPath() + ", every table",
	}
}

// filesIn counts what lies below a folder, which may be absent.
func filesIn(dir string) (held bucket.Holding, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			held.Objects, held.Bytes = held.Objects+1, held.Bytes+info.Size()
		}
		return err
	})
	return held, err
}

func (p *Pool) removeRemains(ctx context.Context, shop store.Shop) error {
	dir := p.shopDir(shop)
	if err := errors.Join(os.RemoveAll(dir), sqlite.SyncDir(filepath.Dir(dir))); err != nil {
		return fmt.Errorf("remove the files of %s: %w", shop, err)
	}
	p.opt.FailPoint("files-removed")
	if _, err := p.replicas.Purge(ctx, shop.String()); err != nil {
		return fmt.Errorf("remove the backups of %s: %w", shop, err)
	}
	p.opt.FailPoint("backups-removed")
	if _, err := p.opt.Assets.Purge(ctx, shop.String()); err != nil {
		return fmt.Errorf("remove the images of %s: %w", shop, err)
	}
	p.opt.FailPoint("images-removed")
	return nil
}

// certify looks once more and signs what was found.
func (p *Pool) certify(ctx context.Context, what Erased) (done Certificate, err error) {
	if what.Left, err = p.remains(ctx, what.Shop); err != nil {
		return done, err
	}
	if _, err := os.Lstat(p.shopDir(what.Shop)); !what.Left.none() || !errors.Is(err, fs.ErrNotExist) {
		return done, fmt.Errorf("erase %s: something is left: %+v", what.Shop, what.Left)
	}
	what.ErasedAt = now()
	key, err := p.certificateKey()
	if err == nil {
		done, err = what.sign(key)
	}
	p.opt.FailPoint("proven")
	return done, err
}

// replaceShop lets the certificate take the place of the shop's record.
func (p *Pool) replaceShop(ctx context.Context, done Certificate) error {
	text, err := json.Marshal(done)
	if err != nil {
		return err
	}
	p.forgetNotes(done.Shop)
	if err := p.catalog.DeleteShop(ctx, done.Shop, string(text), done.ErasedAt); err != nil {
		return err
	}
	p.opt.FailPoint("erased")
	if err := p.shipCatalog(ctx); err != nil { // whoever recovers without it erases once more
		p.log.Warn("a shop is erased, but that is not in the catalog's backup yet", "shop", done.Shop.String(), "error", err)
	}
	return nil
}

// forgetNotes drops what was to be noted of a shop: another may have its name
// soon.
func (p *Pool) forgetNotes(shop store.Shop) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.active, shop)
	p.coarse = slices.DeleteFunc(p.coarse, func(c catalog.Coarse) bool { return c.Shop == shop })
}
