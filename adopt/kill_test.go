package adopt

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/replica"
	"lapak/tenants/tenanttest"
	"lapak/web/access"
)

// childEnv makes the test's program a child that a test kills: folder, source.
const childEnv = "LAPAK_TEST_ADOPT_CHILD"

// child adopts and stops for ever when half of the rows are read.
func child() int {
	dir, from, _ := strings.Cut(os.Getenv(childEnv), "|")
	if err := adoptAndHang(dir, from); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func adoptAndHang(dir, from string) error {
	ctx := context.Background()
	assets, err := bucket.NewFolder(filepath.Join(dir, "assets"))
	if err != nil {
		return err
	}
	pool, err := tenants.Open(ctx, tenants.Options{Dir: dir, Replication: replica.Default(dir), Assets: assets, OpenShops: 16})
	if err != nil {
		return err
	}
	sealer, err := access.New(access.Options{Secret: []byte(strings.Repeat("\x07", 32))})
	if err != nil {
		return err
	}
	plans, err := pool.Catalog().Plans(ctx)
	if err != nil {
		return err
	}
	var told atomic.Bool
	_, err = Run(ctx, Options{From: from, Pool: pool, Tokens: sealer, Plans: plans, Progress: func(done, all int64) {
		if done < all/2 {
			return
		}
		if !told.Swap(true) {
			fmt.Println("half")
		}
		select {} // in the middle of a file
	}})
	return err
}

// TestKilled kills a run in the middle; the next one goes on and ends with the
// same report as one that was never disturbed.
func TestKilled(t *testing.T) {
	from, conn := postgresWith(t, prismaTables)
	exec1(t, conn, `INSERT INTO "SavedDesign" (id, shop, "shopifyProductId", "designJson", "updatedAt") SELECT i::text, 'shop-' || i % 40 || '.myshopify.com', '1', '{"n":' || i || '}', '2024-01-01' FROM generate_series(1, 20000) i;
INSERT INTO "Session" (id, shop, state, "accessToken") SELECT 's' || i, 'shop-' || i || '.myshopify.com', '', 'x' FROM generate_series(0, 39) i`)
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir+"|"+from)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if line != "half\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	g := newRigIn(t, dir)
	before, err := g.Catalog().CountShops(t.Context(), catalog.Filter{})
	if err != nil || before == 0 || before == 40 {
		t.Errorf("killed with %d shops done, %v", before, err)
	}
	after, want := g.must(from), newRig(t).must(from)
	if same(after) != same(want) {
		t.Errorf("%s\n%s", same(after), same(want))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "tenants", "*", "*orphan*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// TestKilledBeforeTheCatalog finds a finished file that the catalog does not know.
func TestKilledBeforeTheCatalog(t *testing.T) {
	from, _ := postgresWith(t, prismaTables, unknownColumns, goodRows)
	g := newRig(t)
	template, err := store.NewTemplate()
	if err != nil {
		t.Fatal(err)
	}
	for label, adopted := range map[string]bool{"toko": true, "kopi": false} {
		seal := store.Seal{Shop: tenanttest.Name(t, label), UUID: "11111111-1111-4111-8111-111111111111", Epoch: 1}
		err := template.Fill(g.Path(seal.Shop, 1), seal, func(tx *store.Tx) error {
			if adopted {
				return tx.SetAdopted("somewhere", nil)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	g.must(from)
	for label, want := range map[string]int{"toko": 0, "kopi": 1} {
		left, _ := filepath.Glob(g.Path(tenanttest.Name(t, label), 1) + ".orphan-*")
		if len(left) != want {
			t.Errorf("%s: %v", label, left)
		}
	}
}

// newRigIn is a rig over a data folder.
func newRigIn(t *testing.T, dir string) *rig {
	t.Helper()
	assets, err := bucket.NewFolder(filepath.Join(dir, "assets"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = assets.Close() })
	pool, err := tenants.Open(t.Context(), tenants.Options{Dir: dir, Replication: replica.Default(dir), Assets: assets, OpenShops: 16})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := pool.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return &rig{Pool: pool, t: t}
}
