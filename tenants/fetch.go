package tenants

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lapak/store"
	"lapak/store/sqlite"
	"lapak/tenants/replica"
)

// ErrLost says that a shop's file is on no disk and in no bucket.
var ErrLost = errors.New("the shop's file is gone and there is no backup of it")

// fetch brings a shop's newest state from the bucket to path: how a shop that is
// not on disk is opened, on this machine or a new one.
func (p *Pool) fetch(ctx context.Context, seal store.Seal, path string) error {
	if err := p.materialize(ctx, seal, 0, path+".fetch"); err != nil {
		if errors.Is(err, replica.ErrNoBackup) {
			err = fmt.Errorf("%s: %w", path, ErrLost)
		}
		return err
	}
	defer removeFile(path + ".fetch")
	// What lies beside an earlier file does not fit this one: its write-ahead log
	// would silently overwrite it, and what Litestream remembers is of that one.
	removeFile(path)
	if err := os.RemoveAll(replica.MetaDir(path)); err != nil {
		return fmt.Errorf("fetch %s: %w", seal.Shop, err)
	}
	if err := os.Rename(path+".fetch", path); err != nil {
		return fmt.Errorf("fetch %s: %w", seal.Shop, err)
	}
	p.log.Info("fetched from the bucket", "shop", seal.Shop.String(), "epoch", seal.Epoch)
	return sqlite.SyncDir(filepath.Dir(path))
}

// have is fetch of a file that is not on disk.
func (p *Pool) have(ctx context.Context, seal store.Seal, path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return p.fetch(ctx, seal, path)
}

// materialize writes a shop's state at a point (0: the newest) to a new file and
// proves it: whole, consistent, and of that shop, identity and epoch.
func (p *Pool) materialize(ctx context.Context, seal store.Seal, point uint64, file string) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	removeFile(file) // left by a crash
	defer func() {
		if err != nil {
			removeFile(file)
		}
	}()
	if err := p.replicas.Restore(ctx, replicaName(seal.Shop, seal.Epoch), point, file); err != nil {
		return err
	}
	if err := os.Chmod(file, 0o600); err != nil {
		return err
	}
	return prove(ctx, file, seal)
}

// prove says whether a file is whole, and the one that seal names.
func prove(ctx context.Context, file string, seal store.Seal) error {
	db := store.Open(file, store.Options{})
	_, err := db.CheckSeal(ctx, seal)
	if err == nil {
		err = db.Verify(ctx)
	}
	return errors.Join(err, db.Close())
}

// removeFile removes a database and what may lie beside it.
func removeFile(path string) {
	for _, suffix := range []string{"", "-wal", "-shm", ".tmp"} {
		_ = os.Remove(path + suffix)
	}
}
