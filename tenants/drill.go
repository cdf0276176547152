package tenants

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants/replica"
)

const (
	drillTimeout = 30 * time.Minute
	stillTimeout = 5 * time.Second  // for which a shop's writers may have to wait
	drillFirst   = time.Minute      // after the start
	drillLook    = 10 * time.Minute // between two looks for a shop that is due
	drillLeast   = time.Second      // between two drills
	drillRest    = 19               // times as long as a drill took: so drills take a twentieth of a core
	drillTries   = 3                // of a shop that cannot be drilled, before the next one's turn
)

// drillQuery reads a whole file: it is not slow, but large.
const drillQuery = "drill"

// ErrNotProven says that a shop's backup is not what it should be.
var ErrNotProven = errors.New("the backup is not proven")

// Drill is what a proof of one shop's backup found.
type Drill struct {
	Shop    store.Shop `json:"shop"`
	Proven  bool       `json:"proven"`
	Problem string     `json:"problem,omitempty"` // a sentence; "" when it is proven
	At      time.Time  `json:"at"`                // when the compared state was the live one
	Epoch   int        `json:"epoch"`
	Point   uint64     `json:"point"`            // the restore point that holds that state
	Bytes   int64      `json:"bytes"`            // of the restored file
	Digest  string     `json:"digest,omitempty"` // of all that both files say
	Took    float64    `json:"seconds"`
}

// drillNow is the drill under way.
type drillNow struct {
	shop   store.Shop
	cancel context.CancelFunc
	done   chan struct{} // nil: there is none
}

// Drill restores a shop from the bucket alone into a file that nobody else sees,
// and proves it: whole, consistent, of that shop, identity and epoch, and equal,
// table by table, to the live file at that very point. It is ErrNotProven if
// something is wrong; other errors say that it could not be found out. One shop at
// a time; the shop goes on meanwhile, and its writers wait for some milliseconds.
// The result is kept in the catalog.
func (p *Pool) Drill(ctx context.Context, shop store.Shop) (d Drill, err error) {
	select {
	case p.drills <- struct{}{}:
	case <-ctx.Done():
		return Drill{Shop: shop, Problem: "was not begun"}, fmt.Errorf("wait for another drill: %w", ctx.Err())
	}
	defer func() { <-p.drills }()
	run, end := p.beginDrill(ctx, shop)
	defer end()
	d = Drill{Shop: shop, At: time.Now().UTC()}
	start := time.Now()
	err = p.drillShop(run, &d)
	d.Took = time.Since(start).Seconds()
	if d.Proven = err == nil; err != nil {
		d.Problem = sentence(err)
	}
	if err != nil && inconclusive(err) {
		return d, fmt.Errorf("drill %s: %w", shop, err)
	}
	if noteErr := p.catalog.NoteDrill(ctx, shop, d.At, d.Problem); noteErr != nil {
		return d, fmt.Errorf("drill %s: %w", shop, noteErr)
	}
	if err != nil {
		p.log.Error("A BACKUP IS NOT WHAT IT SHOULD BE", "shop", shop.String(), "error", err)
		err = fmt.Errorf("%s: %w: %w", shop, ErrNotProven, err)
	}
	return d, err
}

func (p *Pool) beginDrill(ctx context.Context, shop store.Shop) (run context.Context, end func()) {
	run, cancel := context.WithTimeout(ctx, drillTimeout)
	stop := context.AfterFunc(p.ctx, cancel)
	done := make(chan struct{})
	p.mu.Lock()
	p.drill = drillNow{shop, cancel, done}
	p.mu.Unlock()
	return run, func() {
		stop()
		cancel()
		p.mu.Lock()
		p.drill = drillNow{}
		p.mu.Unlock()
		close(done)
	}
}

// endDrill cuts a shop's drill off, so that nothing of the shop lies around.
func (p *Pool) endDrill(shop store.Shop) {
	p.mu.Lock()
	now := p.drill
	p.mu.Unlock()
	if now.done != nil && now.shop == shop {
		now.cancel()
		<-now.done
	}
}

// drillDir is where restored files are proven.
func (p *Pool) drillDir() string { return filepath.Join(p.opt.Dir, "drill") }

func (p *Pool) drillShop(ctx context.Context, d *Drill) error {
	seal, live, err := p.liveDigest(ctx, d)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.drillDir(), 0o700); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(p.drillDir(), "")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "restored.db")
	if err := p.materialize(ctx, seal, d.Point, file); err != nil {
		return fmt.Errorf("restore the backup: %w", err)
	}
	d.Bytes = fileSize(file)
	db := store.Open(file, store.Options{})
	defer db.Close()
	err = db.Snapshot(ctx, drillQuery, func(v *store.View) (err error) {
		d.Digest, err = v.Digest()
		return err
	})
	if err != nil {
		return fmt.Errorf("read the restored file: %w", err)
	}
	if d.Digest != live {
		return fmt.Errorf("the restored file differs from the live one at point %d", d.Point)
	}
	return nil
}

// liveDigest reads the live file at a moment whose restore point is known.
func (p *Pool) liveDigest(ctx context.Context, d *Drill) (seal store.Seal, digest string, err error) {
	l, err := p.Acquire(ctx, d.Shop)
	if err != nil {
		return seal, "", err
	}
	defer l.Release()
	rec := l.Shop()
	seal = store.Seal{Shop: rec.Name, UUID: rec.UUID, Epoch: rec.Epoch}
	d.Epoch = rec.Epoch
	digest, err = l.digestAtRest(ctx, d)
	if errors.Is(err, errAtWork) {
		digest, err = l.digestAtWork(ctx, d)
	}
	return seal, digest, err
}

// errAtWork says that a shop has been written since it was opened.
var errAtWork = errors.New("the shop is being written")

// digestAtRest is for a shop that nobody has written since it was opened: all of
// it is in the bucket, and the newest point there is its state.
func (l *Lease) digestAtRest(ctx context.Context, d *Drill) (digest string, err error) {
	t := l.tenant
	if t.dirty.Load() {
		return "", errAtWork
	}
	if d.Point, err = l.pool.replicas.Newest(ctx, replicaName(d.Shop, d.Epoch)); err != nil {
		return "", fmt.Errorf("look for the newest backup: %w", err)
	}
	err = t.db.Snapshot(ctx, drillQuery, func(v *store.View) (err error) {
		if err := fix(v); err != nil {
			return err
		}
		// A write says that it is one before it begins. So there was none when the
		// view was fixed.
		if t.dirty.Load() {
			return errAtWork
		}
		d.At = time.Now().UTC()
		digest, err = v.Digest()
		return err
	})
	return digest, err
}

// fix makes a snapshot see the moment of this call: SQLite fixes it at the first
// read.
func fix(v *store.View) error {
	_, err := v.HasObject("")
	return err
}

// digestAtWork lets the writers wait until what they have written is a restore
// point on this machine and the view is fixed. The rest is done while they go on.
func (l *Lease) digestAtWork(ctx context.Context, d *Drill) (digest string, err error) {
	if err := l.Replicate(ctx); err != nil { // most of the work, before anybody waits
		return "", err
	}
	err = l.tenant.db.Snapshot(ctx, drillQuery, func(v *store.View) (err error) {
		if d.Point, err = l.standStill(ctx, v); err != nil {
			return err
		}
		d.At = time.Now().UTC()
		digest, err = v.Digest()
		return err
	})
	if err == nil {
		err = l.Replicate(ctx) // the point itself
	}
	return digest, err
}

// standStill cuts a restore point and fixes the view to the same state.
func (l *Lease) standStill(ctx context.Context, v *store.View) (point uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, stillTimeout)
	defer cancel()
	t := l.tenant
	t.ship.mu.Lock() // before the writers wait: a ship under way may take its time
	defer t.ship.mu.Unlock()
	t.writers.Lock()
	defer t.writers.Unlock()
	if err := t.ship.cutLocked(ctx); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNotReplicated, err)
	}
	return t.ship.live.Point(), fix(v)
}

// inconclusive says that an error is none of the backup's own: nobody knows now
// what it is worth.
func inconclusive(err error) bool {
	var unreachable *url.Error
	var network net.Error
	if errors.Is(err, replica.ErrFenced) {
		return false
	}
	if errors.As(err, &unreachable) || errors.As(err, &network) {
		return true
	}
	for _, known := range []error{
		context.Canceled, context.DeadlineExceeded, ErrNoShop, ErrRestoring, ErrBusy, ErrClosed, ErrNotReplicated,
		catalog.ErrState, catalog.ErrNotFound, bucket.ErrDenied, bucket.ErrNoBucket,
		fs.ErrPermission, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.EIO, syscall.ELOOP,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// keepDrilling proves one backup after the other, those that changed since they
// were proven, the one proven longest ago first. Where none is due it asks the
// catalog now and then, and the bucket nothing.
func (p *Pool) keepDrilling(ctx context.Context) {
	failed := 0
	for wait := drillFirst; ; {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		wait = p.drillNext(ctx, time.Now(), &failed)
	}
}

// drillNext drills the shop that is due, if one is, and returns how long to rest.
// Failed counts the tries of a shop that cannot be drilled.
func (p *Pool) drillNext(ctx context.Context, now time.Time, failed *int) time.Duration {
	shop, last, ok, err := p.catalog.NextDrill(ctx)
	if err != nil && ctx.Err() == nil {
		p.log.Error("cannot look for a backup to prove", "error", err)
	}
	if err != nil || !ok {
		return drillLook
	}
	if due := last.Add(p.opt.DrillEvery); !last.IsZero() && now.Before(due) {
		return min(due.Sub(now), drillLook)
	}
	d, err := p.Drill(ctx, shop)
	if err == nil || errors.Is(err, ErrNotProven) {
		*failed = 0
		return max(time.Duration(d.Took*drillRest*float64(time.Second)), drillLeast)
	}
	if ctx.Err() != nil {
		return drillLook
	}
	p.log.Warn("a backup could not be proven; it will be tried again", "shop", shop.String(), "error", err)
	if *failed++; *failed >= drillTries {
		*failed = 0
		if err := p.catalog.NoteDrill(ctx, shop, now, d.Problem); err != nil {
			p.log.Error("cannot note a drill", "shop", shop.String(), "error", err)
		}
	}
	return drillLook
}
