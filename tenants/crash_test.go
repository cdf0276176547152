package tenants

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const crashShops = 50

// ledger is what the parent knows must be there: every design's version, 0 for
// a deleted one.
type ledger struct {
	designs map[string]map[string]int64 // by shop and id
	changes int                         // audit entries over all shops
}

func newLedger() *ledger { return &ledger{designs: map[string]map[string]int64{}} }

func (l *ledger) of(shop string) map[string]int64 {
	if l.designs[shop] == nil {
		l.designs[shop] = map[string]int64{}
	}
	return l.designs[shop]
}

func (l *ledger) acknowledge(acks []change) {
	for _, a := range acks {
		if a.ID != "" {
			l.of(a.Shop)[a.ID] = a.Version
			l.changes++
		}
	}
}

// check compares what is there with what was acknowledged. The changes that were
// under way when the child died may be there or not, at most one of each writer;
// from then on they must stay.
func (l *ledger) check(t testing.TB, held map[string]*contents) {
	t.Helper()
	changes := 0
	for shop, got := range held {
		changes += got.Changes
		for _, fault := range got.Faults {
			t.Errorf("%s: %s", shop, fault)
		}
		for id, version := range l.of(shop) {
			now, there := got.Designs[id]
			same := there && now == version || !there && got.Deleted[id] && version == 0
			later := version > 0 && (now == version+1 || !there && got.Deleted[id])
			if !same && !later {
				t.Errorf("%s: design %s was acknowledged as version %d, but it is there: %t, as version %d, deleted: %t",
					shop, id, version, there, now, got.Deleted[id])
			}
		}
		l.designs[shop] = map[string]int64{}
		for id, version := range got.Designs {
			l.designs[shop][id] = version
		}
		for id := range got.Deleted {
			l.designs[shop][id] = 0
		}
	}
	if more := changes - l.changes; more < 0 || more > writers {
		t.Errorf("%d changes are there, %d were acknowledged: %d writers cannot explain it", changes, l.changes, writers)
	}
	l.changes = changes
}

// writeAndKill lets a child write, kills it at random after some of its
// acknowledgements, and returns all that it gave.
func writeAndKill(p *process, rnd *rand.Rand) (acks []change) {
	p.t.Helper()
	p.send(call{Do: "write", Shops: crashShops, Seed: rnd.Uint64()})
	for range 5 + rnd.IntN(30) {
		a, alive := p.next()
		if !alive || a.Ack == nil {
			p.t.Fatalf("a writing child said %+v, alive: %t", a, alive)
		}
		acks = append(acks, *a.Ack)
	}
	<-time.After(time.Duration(rnd.IntN(4000)) * time.Microsecond) // not only right after a commit
	return append(acks, p.acks()...)
}

// TestKillWhileWriting: 25 rounds of random writes to 50 shops, of which 12 fit
// into the pool, kill -9, restart. Then the folder is closed and recovered
// elsewhere, and both are equal.
func TestKillWhileWriting(t *testing.T) {
	rnd := newSeed(t)
	dir := keepDir(t)
	o := orders{Dir: filepath.Join(dir, "data"), Replica: dir, OpenShops: 12}
	p := launch(t, o)
	p.ask(call{Do: "create", Name: "toko", Shops: crashShops})
	books := newLedger()
	for round := range 25 {
		books.acknowledge(writeAndKill(p, rnd))
		p = launch(t, o)
		p.ask(call{Do: "await"}) // nobody visits the shops
		books.check(t, p.ask(call{Do: "read"}).Shops)
		if t.Failed() {
			t.Fatalf("after round %d", round)
		}
	}
	was := p.ask(call{Do: "dump", Folder: filepath.Join(dir, "dump")}).Shops
	p.close()
	compareRecovered(t, o, was, filepath.Join(dir, "recovered"))
}

// compareRecovered recovers a closed folder's replica into a new folder, which
// must hold what was in the old one.
func compareRecovered(t testing.TB, o orders, was map[string]*contents, to string) {
	t.Helper()
	o.Dir, o.Recover = to, true
	p := launch(t, o)
	is := p.ask(call{Do: "dump", Folder: to + ".dump"}).Shops
	p.close()
	if len(is) != len(was) {
		t.Errorf("%d shops were recovered of %d", len(is), len(was))
	}
	for shop, old := range was {
		if is[shop] == nil || is[shop].Sum != old.Sum {
			t.Errorf("%s: recovered, it is not what it was; compare the dumps in %s", shop, to+".dump")
		}
	}
}

// TestKillDuringCreate: every acknowledged shop is there, and every shop that is
// there can be used and gets its first backup without any visitor.
func TestKillDuringCreate(t *testing.T) {
	rnd := newSeed(t)
	dir := keepDir(t)
	o := orders{Dir: filepath.Join(dir, "data"), Replica: dir, OpenShops: 4}
	made := map[string]bool{}
	for round := range 8 {
		p := launch(t, o)
		p.send(call{Do: "create", Name: fmt.Sprintf("toko%d", round), Shops: 100})
		<-time.After(time.Duration(rnd.IntN(60)) * time.Millisecond) // the moment of the kill
		for _, a := range p.acks() {
			made[a.Shop] = true
		}
	}
	p := launch(t, o)
	p.ask(call{Do: "await"})
	held := p.ask(call{Do: "read"}).Shops // opens every file
	for shop := range made {
		if held[shop] == nil {
			t.Errorf("%s was acknowledged and is gone", shop)
		}
	}
	if more := len(held) - len(made); more < 0 || more > 8 {
		t.Errorf("%d shops, %d acknowledged", len(held), len(made))
	}
	was := p.ask(call{Do: "dump", Folder: filepath.Join(dir, "dump")}).Shops
	p.close()
	compareRecovered(t, o, was, filepath.Join(dir, "recovered"))
}

// TestKillBetweenFileAndRow: what an interrupted creation left keeps nobody from
// the name.
func TestKillBetweenFileAndRow(t *testing.T) {
	dir := keepDir(t)
	o := orders{Dir: filepath.Join(dir, "data"), Replica: dir, OpenShops: 4, KillAt: "file created"}
	p := launch(t, o)
	p.send(call{Do: "create", Name: "toko", Shops: 1})
	p.dies()
	o.KillAt = ""
	p = launch(t, o)
	if held := p.ask(call{Do: "read"}).Shops; len(held) != 0 {
		t.Errorf("a shop that nobody was told of: %v", held)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, "tenants", "toko-00.myshopify.com", "0001.db")); err != nil {
		t.Fatalf("the file was to be there without its row: %v", err)
	}
	p.ask(call{Do: "create", Name: "toko", Shops: 1})
	p.ask(call{Do: "await"})
	was := p.ask(call{Do: "dump", Folder: filepath.Join(dir, "dump")}).Shops
	p.close()
	compareRecovered(t, o, was, filepath.Join(dir, "recovered"))
}

// TestFetchIgnoresAnOldLog loses a shop's file, but not the write-ahead log of an
// earlier time that lies beside it.
func TestFetchIgnoresAnOldLog(t *testing.T) {
	opt := testOptions(t, t.TempDir())
	shop := shopName(t, "toko")
	file := ""
	var old []byte
	for round := range 3 {
		p, err := Open(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			if _, err := p.Create(t.Context(), shop, ""); err != nil {
				t.Fatal(err)
			}
			file = p.Path(shop, 1)
		}
		for range 5 {
			save(t, p, shop, fmt.Sprint(round))
		}
		if err := p.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			if old, err = os.ReadFile(file + "-wal"); err != nil || len(old) == 0 {
				t.Fatalf("no log was left: %v", err)
			}
		}
	}
	if err := errors.Join(os.Remove(file), os.WriteFile(file+"-wal", old, 0o600)); err != nil {
		t.Fatal(err)
	}
	p := openPool(t, opt)
	if got := names(t, p, shop); got != "2 2 2 2 2 1 1 1 1 1 0 0 0 0 0" {
		t.Errorf("fetched: %q", got)
	}
}

// TestKillDuringMaintenance merges and prunes as if months had gone by, is
// killed, and loses nothing.
func TestKillDuringMaintenance(t *testing.T) {
	rnd := newSeed(t)
	dir := keepDir(t)
	o := orders{Dir: filepath.Join(dir, "data"), Replica: dir, OpenShops: 12}
	p := launch(t, o)
	p.ask(call{Do: "create", Name: "toko", Shops: crashShops})
	books := newLedger()
	now := time.Now()
	for round := range 6 {
		books.acknowledge(writeAndKill(p, rnd))
		p = launch(t, o)
		p.ask(call{Do: "await"})
		now = now.Add([]time.Duration{2 * time.Minute, 2 * time.Hour, 30 * time.Hour, 40 * 24 * time.Hour}[round%4])
		p.send(call{Do: "maintain", At: now})
		<-time.After(time.Duration(rnd.IntN(80)) * time.Millisecond) // the moment of the kill
		p.acks()
		p = launch(t, o)
		books.check(t, p.ask(call{Do: "read"}).Shops)
	}
	p.ask(call{Do: "maintain", At: now})
	was := p.ask(call{Do: "dump", Folder: filepath.Join(dir, "dump")}).Shops
	p.close()
	compareRecovered(t, o, was, filepath.Join(dir, "recovered"))
}

// TestKillWhileTheBucketIsAway writes, with the shops' bucket out of reach, is
// killed and restarted, and ships everything when the bucket is back.
func TestKillWhileTheBucketIsAway(t *testing.T) {
	rnd := newSeed(t)
	dir := keepDir(t)
	o := orders{Dir: filepath.Join(dir, "data"), Replica: dir, OpenShops: 12}
	p := launch(t, o)
	p.ask(call{Do: "create", Name: "toko", Shops: crashShops})
	p.ask(call{Do: "await"})
	books := newLedger()
	away := filepath.Join(o.bucket(), "tenants")
	if err := breakIt(away); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		books.acknowledge(writeAndKill(p, rnd))
		p = launch(t, o)
		books.check(t, p.ask(call{Do: "read"}).Shops)
	}
	books.acknowledge(writeAndKill(p, rnd))
	p = launch(t, o)
	books.check(t, p.ask(call{Do: "read"}).Shops)
	if behind := p.ask(call{Do: "behind"}).Behind; len(behind) == 0 {
		t.Error("nothing is said to be unreplicated")
	}
	if err := mendIt(away); err != nil {
		t.Fatal(err)
	}
	p.ask(call{Do: "hurry"})
	was := p.ask(call{Do: "dump", Folder: filepath.Join(dir, "dump")}).Shops
	p.kill() // nothing more is shipped
	compareRecovered(t, o, was, filepath.Join(dir, "recovered"))
}
