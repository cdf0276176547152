package tenants

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lapak/store/catalog"
)

func (c *child) importFile(ctx context.Context, todo call) error {
	f, err := os.Open(todo.Folder)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = c.pool.Import(ctx, f, operator, ImportOptions{})
	return err
}

func (c *child) exportFile(ctx context.Context, todo call) error {
	f, err := os.Create(todo.Folder)
	if err != nil {
		return err
	}
	_, err = c.pool.Export(ctx, todo.Shop, operator, f)
	return errors.Join(err, f.Close())
}

// TestKillDuringImport kills an import at each step. After the next start nothing of
// the shop is there, or all of it.
func TestKillDuringImport(t *testing.T) {
	from := openPool(t, testOptions(t, t.TempDir()))
	shop := furnished(t, from, "toko")
	raw, _ := exported(t, from, shop)
	file := filepath.Join(t.TempDir(), "toko.zip")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"import-noted", "import-image", "import-placed", "imported"} {
		t.Run(step, func(t *testing.T) {
			dir := keepDir(t)
			o := orders{Dir: dir, Replica: dir, KillAt: step}
			p := launch(t, o)
			p.send(call{Do: "import", Folder: file})
			p.dies()
			to := openPool(t, testOptions(t, dir))
			if step == "imported" {
				rec, err := to.Catalog().Shop(t.Context(), shop)
				if err != nil {
					t.Fatal(err)
				}
				wantSame(t, to, Imported{Shop: shop, UUID: rec.UUID}, raw)
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := until(ctx, func() (bool, error) { left, err := to.Catalog().Imports(ctx); return len(left) == 0, err }); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(to.transferDir(), 0o700); err != nil {
				t.Fatal(err)
			}
			wantNothing(t, to, shop)
			wantSame(t, to, imported(t, to, raw, ImportOptions{}), raw)
		})
	}
}

// TestKillWhileCleaning: what removes the remains of an import is killed, too.
func TestKillWhileCleaning(t *testing.T) {
	from := openPool(t, testOptions(t, t.TempDir()))
	shop := furnished(t, from, "toko")
	raw, _ := exported(t, from, shop)
	dir := keepDir(t)
	file := filepath.Join(dir, "file.zip")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, orders{Dir: dir, Replica: dir, KillAt: "import-placed"})
	p.send(call{Do: "import", Folder: file})
	p.dies()
	launchRaw(t, orders{Dir: dir, Replica: dir, KillAt: "import-cleared"}).dies()
	to := openPool(t, testOptions(t, dir))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := until(ctx, func() (bool, error) { left, err := to.Catalog().Imports(ctx); return len(left) == 0, err }); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Catalog().Shop(ctx, shop); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if found := traces(t, dir, shop); len(found) > 0 {
		t.Errorf("left: %s", fmt.Sprint(found))
	}
}
