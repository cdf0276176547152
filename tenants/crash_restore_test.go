package tenants

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
)

// interrupted is a shop whose restore, or undo of one, is cut off.
type interrupted struct {
	t    testing.TB
	dir  string
	o    orders
	shop store.Shop // "one" and "two" in epoch 1; for an undo also "one three" in epoch 2
	req  RestoreRequest
}

func newInterrupted(t testing.TB, undo bool) *interrupted {
	t.Helper()
	dir := keepDir(t)
	shop, err := nth("toko", 0)
	if err != nil {
		t.Fatal(err)
	}
	other, err := nth("toko", 1)
	if err != nil {
		t.Fatal(err)
	}
	i := &interrupted{t: t, dir: dir, shop: shop, o: orders{Dir: filepath.Join(dir, "data"), Replica: dir, OpenShops: 4}}
	p := launch(t, i.o)
	p.ask(call{Do: "create", Name: "toko", Shops: 2})
	p.ask(call{Do: "save", Shop: other, Name: "theirs"})
	p.ask(call{Do: "save", Shop: shop, Name: "one"})
	i.req.At = p.ask(call{Do: "await"}).Now
	p.ask(call{Do: "save", Shop: shop, Name: "two"})
	p.ask(call{Do: "await"})
	if undo {
		i.restore(p)
		p.ask(call{Do: "save", Shop: shop, Name: "three"})
		i.req = RestoreRequest{Undo: true}
	}
	p.close()
	return i
}

// crash runs the restore until it is killed at a step.
func (i *interrupted) crash(step string) {
	i.t.Helper()
	o := i.o
	o.KillAt = step
	p := launch(i.t, o)
	p.send(call{Do: "restore", Shop: i.shop, Request: i.req})
	p.dies()
}

// restore wants a restore to be done.
func (i *interrupted) restore(p *process) {
	i.t.Helper()
	if job := p.ask(call{Do: "restore", Shop: i.shop, Request: i.req}).Job; job.State != catalog.Done {
		i.t.Fatalf("restore: %s: %s", job.State, job.Error)
	}
}

func (i *interrupted) names(p *process, want string) {
	i.t.Helper()
	held := p.ask(call{Do: "read"}).Shops
	if got := held[i.shop.String()].Names; got != want {
		i.t.Errorf("the shop holds %q, want %q", got, want)
	}
	if got := held["toko-01.myshopify.com"].Names; got != "theirs" {
		i.t.Errorf("the other shop holds %q", got)
	}
}

// settled checks what the catalog says after a restart.
func (i *interrupted) settled(p *process, epoch int, job catalog.JobState) {
	i.t.Helper()
	rec := p.ask(call{Do: "state", Shop: i.shop}).Rec
	if rec.State != catalog.Active || rec.Epoch != epoch {
		i.t.Errorf("the shop is %s in epoch %d, want active in %d", rec.State, rec.Epoch, epoch)
	}
	if got := rec.Jobs[0]; got.State != job || (job == catalog.Failed) != (got.Error != "") {
		i.t.Errorf("the job is %s (%q), want %s", got.State, got.Error, job)
	}
}

// gone waits until no file of an epoch is left, on disk and in the replica.
func (i *interrupted) gone(epoch string) {
	i.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		left := append(i.left(filepath.Join(i.o.Dir, "tenants"), epoch), i.left(filepath.Join(i.o.bucket(), "tenants"), epoch)...)
		if len(left) == 0 {
			return
		}
		select {
		case <-time.After(5 * time.Millisecond): // until the next look
		case <-limit:
			i.t.Errorf("left of an epoch that never was live: %v", left)
			return
		}
	}
}

// left are the files below a folder whose path names the epoch.
func (i *interrupted) left(folder, epoch string) (files []string) {
	i.t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err == nil && !e.IsDir() && strings.Contains(path[len(folder):], epoch) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		i.t.Fatal(err)
	}
	return files
}

// goesOn checks that the shop can be written, restored again and recovered.
func (i *interrupted) goesOn(p *process, was, again string) {
	i.t.Helper()
	p.ask(call{Do: "save", Shop: i.shop, Name: "more"})
	i.names(p, was+" more")
	i.restore(p)
	i.names(p, again)
	p.ask(call{Do: "save", Shop: i.shop, Name: "last"})
	p.ask(call{Do: "await"})
	held := p.ask(call{Do: "dump", Folder: filepath.Join(i.dir, "dump")}).Shops
	p.kill()
	compareRecovered(i.t, i.o, held, filepath.Join(i.dir, "recovered"))
}

// TestKillDuringRestore kills a restore and an undo at each step.
func TestKillDuringRestore(t *testing.T) {
	for _, c := range []struct {
		step       string
		undo       bool
		epoch      int
		was, again string // after the restart; after the same wish again
	}{
		{"begun", false, 1, "one two", "one"},
		{"frozen", false, 1, "one two", "one"},
		{"materialized", false, 1, "one two", "one"},
		{"renamed", false, 1, "one two", "one"},
		{"backed-up", false, 1, "one two", "one"},
		{"before-switch", false, 1, "one two", "one"},
		{"switched", false, 2, "one", "one"},
		{"begun", true, 2, "one three", "one two"},
		{"frozen", true, 2, "one three", "one two"},
		{"before-switch", true, 2, "one three", "one two"},
		{"switched", true, 1, "one two", "one three"}, // the undo of an undo
	} {
		name, done := "restore/"+c.step, c.step == "switched"
		if c.undo {
			name = "undo/" + c.step
		}
		t.Run(name, func(t *testing.T) {
			i := newInterrupted(t, c.undo)
			i.crash(c.step)
			p := launch(t, i.o)
			job := catalog.Failed
			if done {
				job = catalog.Done
			}
			i.settled(p, c.epoch, job)
			i.names(p, c.was)
			if !done && !c.undo {
				i.gone("0002.db")
			}
			i.goesOn(p, c.was, c.again)
		})
	}
}

// TestKillDuringRecovery kills the restarted process too, while it settles what
// the first kill left.
func TestKillDuringRecovery(t *testing.T) {
	for _, step := range []string{"renamed", "before-switch"} {
		for _, second := range []string{"settling", "aborted", "settled"} {
			t.Run(step+"/"+second, func(t *testing.T) {
				i := newInterrupted(t, false)
				i.crash(step)
				o := i.o
				o.KillAt = second
				launchRaw(t, o).dies()
				p := launch(t, i.o)
				i.settled(p, 1, catalog.Failed)
				i.names(p, "one two")
				p.ask(call{Do: "house"})
				i.gone("0002.db")
				i.goesOn(p, "one two", "one")
			})
		}
	}
	t.Run("undo", func(t *testing.T) {
		i := newInterrupted(t, true)
		i.crash("before-switch")
		o := i.o
		o.KillAt = "aborted"
		launchRaw(t, o).dies()
		p := launch(t, i.o)
		i.settled(p, 2, catalog.Failed)
		i.names(p, "one three")
		i.goesOn(p, "one three", "one two")
	})
}

// elsewhere is the shop on a new machine that has the bucket alone.
func (i *interrupted) elsewhere() *process {
	i.t.Helper()
	i.o.Dir, i.o.Recover = filepath.Join(i.dir, "elsewhere"), true
	p := launch(i.t, i.o)
	i.o.Recover = false
	return p
}

// TestRecoverAfterSwitch loses the machine right after a switch that the
// catalog's replica does not know of. Nobody was told of it, so the old state is
// as good as the new one, but not a mixture.
func TestRecoverAfterSwitch(t *testing.T) {
	for _, undo := range []bool{false, true} {
		t.Run(fmt.Sprintf("undo=%t", undo), func(t *testing.T) {
			i := newInterrupted(t, undo)
			i.crash("switched")
			p := i.elsewhere()
			if undo {
				i.settled(p, 2, catalog.Failed)
				i.names(p, "one three")
				i.goesOn(p, "one three", "one two")
				return
			}
			i.settled(p, 1, catalog.Failed)
			i.names(p, "one two")
			i.gone("0002.db")
			i.goesOn(p, "one two", "one")
		})
	}
}

// TestRecoverWithOldCatalog loses the machine when the shop has gone on in the
// new epoch, and the catalog's replica knows only that a restore had begun.
func TestRecoverWithOldCatalog(t *testing.T) {
	for _, c := range []struct {
		undo       bool
		epoch      int
		was, again string
	}{
		{false, 2, "one more", "one"},
		{true, 1, "one two more", "one three"},
	} {
		t.Run(fmt.Sprintf("undo=%t", c.undo), func(t *testing.T) {
			i := newInterrupted(t, c.undo)
			o := i.o
			o.AwayAt = "before-switch"
			p := launch(t, o)
			i.restore(p)
			p.ask(call{Do: "save", Shop: i.shop, Name: "more"})
			p.ask(call{Do: "await shops"})
			p.kill()
			if err := mendIt(filepath.Join(o.bucket(), "catalog.db")); err != nil {
				t.Fatal(err)
			}
			p = i.elsewhere()
			i.settled(p, c.epoch, catalog.Done)
			i.names(p, c.was)
			i.goesOn(p, c.was, c.again)
		})
	}
}

// TestRestoreNeedsTheCatalogsReplica: where a recovery would not know of the
// switch, there is none.
func TestRestoreNeedsTheCatalogsReplica(t *testing.T) {
	i := newInterrupted(t, false)
	p := launch(t, i.o)
	books := filepath.Join(i.o.bucket(), "catalog.db")
	if err := breakIt(books); err != nil {
		t.Fatal(err)
	}
	if job := p.ask(call{Do: "restore", Shop: i.shop, Request: i.req}).Job; job.State != catalog.Failed {
		t.Fatalf("the restore is %s", job.State)
	}
	i.settled(p, 1, catalog.Failed)
	i.names(p, "one two")
	i.gone("0002.db")
	if err := mendIt(books); err != nil {
		t.Fatal(err)
	}
	i.goesOn(p, "one two", "one")
}
