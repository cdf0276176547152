package tenants

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants/replica"
)

// childVar holds a child's orders. A test binary that finds it is no test but a
// server of its own, for crash tests to kill.
const childVar = "LAPAK_CRASH_CHILD"

func TestMain(m *testing.M) {
	if orders := os.Getenv(childVar); orders != "" {
		if err := runChild(orders); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// orders are what a child opens and when it dies.
type orders struct {
	Dir, Replica string // data folder, and the folder whose subfolder replica is the bucket
	Recover      bool
	OpenShops    int
	// KillAt is the fail point at which the child kills itself: "" is none.
	KillAt string
	// AwayAt is the fail point from which on the catalog cannot be replicated.
	AwayAt string
}

func (o orders) bucket() string { return filepath.Join(o.Replica, "replica") }

func (o orders) options() (Options, error) {
	assets, err := bucket.NewFolder(filepath.Join(o.Dir, "assets"))
	return Options{
		Dir: o.Dir, Replication: replica.Default(o.Replica), Assets: assets, OpenShops: o.OpenShops,
		Debounce: 20 * time.Millisecond, Recover: o.Recover, FailPoint: o.failPoint, Secret: testSecret,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}, err
}

func (o orders) failPoint(step string) {
	if step == o.AwayAt {
		if err := breakIt(filepath.Join(o.bucket(), "catalog.db")); err != nil {
			panic(err)
		}
	}
	if step != o.KillAt {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // until it comes
}

// call is one line from the parent.
type call struct {
	Do      string // see child.do
	Shop    store.Shop
	Shops   int    // write, create: how many
	Round   int    // write, create: goes into the names
	Seed    uint64 // write
	Request RestoreRequest
	At      time.Time // maintain: now
	Name    string    // save: the design's; create: how the shops' names begin
	Folder  string    // dump: where to write; export, import: the file
}

// answer is one line from a child.
type answer struct {
	Err   string               `json:",omitempty"`
	Ack   *change              `json:",omitempty"` // write: one durable change, before the call's own answer
	Shops map[string]*contents `json:",omitempty"`
	Job   *catalog.Job         `json:",omitempty"`
	Rec   *shopState           `json:",omitempty"`
	// Certificate is that of an erased shop.
	Certificate *Certificate `json:",omitempty"`
	// Behind are the shops that are not wholly in the bucket.
	Behind []store.Shop `json:",omitempty"`
	Now    time.Time
}

// change is one acknowledged change of a design.
type change struct {
	Shop, ID string
	Version  int64 // after it; 0: deleted
}

// shopState is what the catalog says of a shop.
type shopState struct {
	State catalog.State
	Epoch int
	Jobs  []catalog.Job
}

type child struct {
	pool *Pool
	mu   sync.Mutex // one line at a time
}

func runChild(text string) error {
	var o orders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	opt, err := o.options()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c := &child{}
	if c.pool, err = Open(ctx, opt); err != nil {
		c.say(answer{Err: err.Error()})
		return err
	}
	c.say(answer{Now: time.Now()})
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var todo call
		if err := json.Unmarshal(lines.Bytes(), &todo); err != nil {
			return err
		}
		a := answer{}
		if err := c.do(ctx, todo, &a); err != nil {
			a.Err = err.Error()
		}
		a.Now = time.Now()
		c.say(a)
		if todo.Do == "close" {
			return nil
		}
	}
	return c.pool.Close(ctx)
}

// say writes one line in one system call, so that a kill cuts none in two.
func (c *child) say(a answer) {
	line, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = os.Stdout.Write(append(line, '\n')) // the parent is gone: nothing to say
}

func (c *child) do(ctx context.Context, todo call, a *answer) (err error) {
	switch todo.Do {
	case "create":
		return c.create(ctx, todo)
	case "write":
		return c.write(ctx, todo)
	case "save":
		return c.save(ctx, todo)
	case "await":
		return c.await(ctx, true)
	case "await shops":
		return c.await(ctx, false)
	case "hurry": // without the waits that a failing bucket is given
		c.pool.wakeCatchUp()
		return c.await(ctx, true)
	case "behind":
		a.Behind, err = c.pool.Unreplicated(ctx)
	case "read":
		a.Shops, err = c.read(ctx, "")
	case "dump":
		a.Shops, err = c.read(ctx, todo.Folder)
	case "house": // what is due, without waiting for the minute
		return c.pool.MaintainDue(ctx, time.Now())
	case "maintain":
		return c.maintain(ctx, todo.At)
	case "restore":
		a.Job, err = c.restore(ctx, todo)
	case "erase":
		_, err = c.pool.Erase(ctx, todo.Shop, operator)
	case "import":
		return c.importFile(ctx, todo)
	case "export":
		return c.exportFile(ctx, todo)
	case "erased":
		a.Certificate, err = c.erased(ctx, todo.Shop)
	case "customer":
		return c.customer(ctx, todo)
	case "redact":
		return c.pool.Redact(ctx, todo.Shop, todo.Name)
	case "redacted":
		return c.redacted(ctx)
	case "state":
		a.Rec, err = c.state(ctx, todo.Shop)
	case "close":
		return c.pool.Close(ctx)
	default:
		return fmt.Errorf("%q is not known", todo.Do)
	}
	return err
}

func nth(label string, i int) (store.Shop, error) {
	return store.ParseShop(fmt.Sprintf("%s-%02d.myshopify.com", label, i))
}

func (c *child) create(ctx context.Context, todo call) error {
	for i := range todo.Shops {
		shop, err := nth(todo.Name, i)
		if err != nil {
			return err
		}
		if _, err := c.pool.Create(ctx, shop, "enterprise"); err != nil {
			return err
		}
		c.say(answer{Ack: &change{Shop: shop.String()}})
	}
	return nil
}

const writers = 16

// write changes designs at random until the child is killed.
func (c *child) write(ctx context.Context, todo call) error {
	errs := make(chan error, writers)
	for w := range writers {
		rnd := rand.New(rand.NewPCG(todo.Seed, uint64(w)))
		go func() {
			own := map[string][]change{}
			for {
				shop, err := nth("toko", rnd.IntN(todo.Shops))
				if err == nil {
					err = c.changeOne(ctx, rnd, shop, own)
				}
				if err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

// changeOne creates a design or changes one that this writer made before.
func (c *child) changeOne(ctx context.Context, rnd *rand.Rand, shop store.Shop, own map[string][]change) error {
	l, err := c.pool.Acquire(ctx, shop)
	if err != nil {
		return err
	}
	defer l.Release()
	mine := own[shop.String()]
	dice := rnd.IntN(10)
	last := change{Shop: shop.String()}
	if dice < 4 && len(mine) > 0 {
		last = mine[len(mine)-1]
		mine = mine[:len(mine)-1]
	}
	err = l.Write(ctx, "change", func(tx *store.Tx) error {
		d, err := store.Design{ID: last.ID}, error(nil)
		switch {
		case last.ID == "":
			d, err = tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "1", DesignJSON: []byte(`{"a":1}`)})
		case dice == 0:
			err = tx.DeleteDesign(store.By{}, l.Terms(), last.ID, last.Version)
		default:
			d, err = tx.UpdateDesign(store.By{}, l.Terms(), last.ID, store.DesignPatch{DesignJSON: []byte(`{"a":2}`)}, last.Version)
		}
		last.ID, last.Version = d.ID, d.Version
		return err
	})
	if err != nil {
		return err
	}
	c.say(answer{Ack: &last})
	if last.Version > 0 {
		mine = append(mine, last)
	}
	own[shop.String()] = mine
	return nil
}

func (c *child) save(ctx context.Context, todo call) error {
	l, err := c.pool.Acquire(ctx, todo.Shop)
	if err != nil {
		return err
	}
	defer l.Release()
	err = l.Write(ctx, "save", func(tx *store.Tx) error {
		_, err := tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "1", Name: todo.Name, DesignJSON: []byte(`{}`)})
		return err
	})
	return err
}

// await returns when everything is in the bucket, or everything but the catalog,
// without visiting any shop.
func (c *child) await(ctx context.Context, catalog bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		behind, err := c.pool.Unreplicated(ctx)
		if err != nil {
			return err
		}
		stats := c.pool.Stats()
		if len(behind) == 0 && (stats.Unreplicated == 0 || !catalog) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not replicated within a minute: %v, %+v", behind, stats)
		}
	}
}

// maintain begins to maintain every shop, as if it were now, again and again.
func (c *child) maintain(ctx context.Context, now time.Time) error {
	shops, err := c.pool.Catalog().Shops(ctx, catalog.Filter{}, catalog.Page{Limit: 1000})
	if err != nil {
		return err
	}
	for _, s := range shops {
		if _, err := c.pool.Maintain(ctx, s.Name, now); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return nil
}

// restore returns the job when it has ended.
func (c *child) restore(ctx context.Context, todo call) (*catalog.Job, error) {
	job, err := c.pool.StartRestore(ctx, todo.Shop, store.By{UserID: "operator"}, todo.Request)
	if err != nil {
		return nil, err
	}
	for job.State == catalog.Queued || job.State == catalog.Running {
		time.Sleep(time.Millisecond) // a job has no event to wait for
		if job, err = c.pool.Catalog().Job(ctx, todo.Shop, job.ID); err != nil {
			return nil, err
		}
	}
	return &job, nil
}

func (c *child) state(ctx context.Context, shop store.Shop) (*shopState, error) {
	rec, err := c.pool.Catalog().Shop(ctx, shop)
	if err != nil {
		return nil, err
	}
	jobs, err := c.pool.Catalog().Jobs(ctx, shop, 100)
	return &shopState{rec.State, rec.Epoch, jobs}, err
}

// breakIt puts a folder of the bucket out of reach: every access is an error, as
// the link leads to itself. (A file in its place would look like an empty
// bucket, and the folder that the bucket itself holds open would move along.)
func breakIt(dir string) error {
	return errors.Join(os.Rename(dir, dir+".away"), os.Symlink(filepath.Base(dir), dir))
}

// mendIt takes back what breakIt did.
func mendIt(dir string) error {
	return errors.Join(os.Remove(dir), os.Rename(dir+".away", dir))
}
