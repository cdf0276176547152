package tenants

import (
	"container/heap"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"lapak/tenants/replica"
)

const (
	shipTimeout = 30 * time.Second
	retryFirst  = time.Second
	retryMost   = time.Minute
	shipsMost   = 16 // at once; most of them wait for the network
	cutsMost    = 2  // of them working on this machine
	// restFor is for how many times the duration of its work a cutter rests while
	// shops are in use and others wait to be shipped: so replication takes a share
	// of the machine, not all of it, and under load points lie further apart rather
	// than requests waiting.
	restFor = 4
	restMax = 100 * time.Millisecond
)

// shipment is one database on its way to the bucket.
type shipment struct {
	name string
	live *replica.Live
	log  *slog.Logger
	// failed is told each failure, and nil when it is over. It may be nil.
	failed func(error)
	// coarse is told of commits that lie further apart than is promised and
	// still share a restore point. It may be nil.
	coarse func(from, to time.Time)

	commit   atomic.Int64 // unix ns of the newest commit; 0 before the first
	settled  atomic.Int64 // the same, but 0 while a commit is under way
	unsent   atomic.Int64 // unix ns of the oldest commit not in the bucket; 0: none
	sending  atomic.Int64 // what unsent was, while that is on its way
	uncut    atomic.Int64 // unix ns of the oldest commit that no restore point holds; 0: none
	failures atomic.Int64 // in a row
	fenced   atomic.Bool  // another server wrote to the replica: this file is not the shop's any more

	mu       sync.Mutex // one ship, or the cooling, at a time
	attached bool       // a cut has been made, so the next needs no bucket
	gone     bool       // detached: nothing more to ship
	retryAt  time.Time

	// The shipper's, under its lock.
	due   time.Time
	began time.Time // when the last ship began
	index int       // in the shipper's heap, -1 when not
}

func newShipment(name string, log *slog.Logger) *shipment {
	return &shipment{name: name, log: log, index: -1}
}

// writing notes that a commit is under way: until it is noted as committed, a
// cut may hold it already, so no earlier commit's time is right for the cut.
func (s *shipment) writing() { s.settled.Store(0) }

// committed notes a durable commit.
func (s *shipment) committed(at time.Time) {
	s.settled.Store(at.UnixNano())
	s.commit.Store(at.UnixNano())
	s.unsent.CompareAndSwap(0, at.UnixNano())
	s.uncut.CompareAndSwap(0, at.UnixNano())
}

// lastCommit is the zero time before the first commit since the file was opened,
// and while one is under way.
func (s *shipment) lastCommit() time.Time {
	if ns := s.settled.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// lag is for how long the oldest unreplicated commit has waited.
func (s *shipment) lag(now time.Time) time.Duration {
	if ns := s.oldest(); ns != 0 {
		return now.Sub(time.Unix(0, ns))
	}
	return 0
}

// oldest is the time of the oldest commit that the bucket has not confirmed, in
// unix ns; 0 when it has all.
func (s *shipment) oldest() int64 {
	if ns := s.sending.Load(); ns != 0 {
		return ns
	}
	return s.unsent.Load()
}

// ship replicates what is there now. While the bucket fails it only cuts until
// the next try is due. It returns when to come back; zero means not by itself.
// CutDone is called between the work on this machine and the upload.
func (s *shipment) ship(ctx context.Context, now time.Time, cutDone func()) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return time.Time{}, nil
	}
	if !now.Before(s.retryAt) {
		return s.sendLocked(ctx, cutDone)
	}
	if !s.attached {
		return s.retryAt, nil // attaching needs the bucket
	}
	return s.retryAt, s.cutLocked(ctx)
}

// sendLocked cuts and uploads.
func (s *shipment) sendLocked(ctx context.Context, cutDone func()) (time.Time, error) {
	limited, cancel := context.WithTimeout(ctx, shipTimeout)
	defer cancel()
	s.sending.Store(s.unsent.Load())
	defer s.sending.Store(0)
	oldest := s.unsent.Swap(0)
	err := s.cutLocked(limited)
	cutDone()
	if err == nil {
		err = s.live.Send(limited)
	}
	if err == nil {
		s.recovered()
		return time.Time{}, nil
	}
	s.unsent.CompareAndSwap(0, oldest)
	if errors.Is(ctx.Err(), context.Canceled) {
		return time.Time{}, err // we stopped, the bucket did not fail
	}
	return s.fail(err), err
}

// cutLocked makes a restore point of what was committed, on this machine.
func (s *shipment) cutLocked(ctx context.Context) error {
	from, to := s.uncut.Swap(0), s.commit.Load()
	if err := s.live.Cut(ctx); err != nil {
		s.uncut.CompareAndSwap(0, from)
		return err
	}
	s.attached = true
	if s.coarse != nil && from != 0 && to-from > int64(replica.Granularity) {
		s.coarse(time.Unix(0, from), time.Unix(0, to))
	}
	return nil
}

func (s *shipment) fail(err error) time.Time {
	n := s.failures.Add(1)
	wait := min(retryFirst<<min(n-1, 10), retryMost)
	s.retryAt = time.Now().Add(wait)
	if errors.Is(err, replica.ErrFenced) {
		s.fenced.Store(true)
		s.log.Error("REPLICATION STOPPED: another server continued this shop's backups, or this file is an older copy; it takes no more changes here", "shop", s.name, "error", err)
		wait = retryMost
		s.retryAt = time.Now().Add(wait)
	} else {
		s.log.Warn("replication failed; it will be tried again", "shop", s.name, "error", err, "failures", n, "retry_in", wait)
	}
	if s.failed != nil {
		s.failed(err)
	}
	return s.retryAt
}

func (s *shipment) recovered() {
	s.retryAt = time.Time{}
	if n := s.failures.Swap(0); n > 0 {
		s.log.Info("replication works again", "shop", s.name, "failures", n)
		if s.failed != nil {
			s.failed(nil)
		}
	}
}

// shipper replicates databases soon after a commit: the first one after a quiet
// time at once, so that even changes made by hand are kept apart, those that
// follow together, one ship per debounce. With nothing committed it sleeps.
type shipper struct {
	debounce time.Duration
	remote   bool         // uploads wait for a network rather than for this machine
	inUse    atomic.Int64 // leases that are out
	workers  chan struct{}
	cutters  chan struct{}
	wake     chan struct{}
	wg       sync.WaitGroup

	mu    sync.Mutex
	queue shipQueue
}

func newShipper(debounce time.Duration) *shipper {
	return &shipper{
		debounce: debounce, wake: make(chan struct{}, 1),
		workers: make(chan struct{}, shipsMost), cutters: make(chan struct{}, cutsMost),
	}
}

// notify queues a shipment for as soon as a debounce has passed since its last.
func (sh *shipper) notify(s *shipment) { sh.at(s, time.Now()) }

// at queues a shipment for a moment, or earlier if it is queued so.
func (sh *shipper) at(s *shipment, due time.Time) {
	sh.mu.Lock()
	if quiet := s.began.Add(sh.debounce); due.Before(quiet) {
		due = quiet
	}
	switch {
	case s.index < 0:
		s.due = due
		heap.Push(&sh.queue, s)
	case due.Before(s.due):
		s.due = due
		heap.Fix(&sh.queue, s.index)
	}
	first := sh.queue[0] == s
	sh.mu.Unlock()
	if first {
		select {
		case sh.wake <- struct{}{}:
		default:
		}
	}
}

// run serves the queue until ctx ends and waits for what is under way.
func (sh *shipper) run(ctx context.Context) {
	defer sh.wg.Wait()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s, wait := sh.next()
		if s != nil {
			select {
			case sh.workers <- struct{}{}:
			case <-ctx.Done():
				return
			}
			sh.wg.Go(func() { sh.one(ctx, s); <-sh.workers })
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-sh.wake:
		case <-ctx.Done():
			return
		}
	}
}

// next pops the shipment that is due, or says how long until there is one.
func (sh *shipper) next() (*shipment, time.Duration) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if len(sh.queue) == 0 {
		return nil, time.Hour
	}
	if wait := time.Until(sh.queue[0].due); wait > 0 {
		return nil, wait
	}
	s := heap.Pop(&sh.queue).(*shipment)
	s.began = time.Now()
	return s, 0
}

func (sh *shipper) one(ctx context.Context, s *shipment) {
	sh.cutters <- struct{}{}
	start := time.Now()
	rest := sync.OnceFunc(func() { sh.rest(time.Since(start)) })
	cutDone := func() {}
	if sh.remote {
		cutDone = rest
	}
	again, err := s.ship(ctx, start, cutDone)
	rest()
	if err != nil && ctx.Err() == nil && again.IsZero() {
		again = time.Now().Add(retryFirst)
	}
	if !again.IsZero() {
		sh.at(s, again)
	}
}

// rest gives a cutter's place back, later if requests and other ships compete.
func (sh *shipper) rest(worked time.Duration) {
	if sh.inUse.Load() == 0 || !sh.behind() {
		<-sh.cutters
		return
	}
	time.AfterFunc(min(worked*restFor, restMax), func() { <-sh.cutters })
}

// behind says that a shipment is due and not yet begun.
func (sh *shipper) behind() bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return len(sh.queue) > 0 && !time.Now().Before(sh.queue[0].due)
}

// shipQueue is a heap.Interface by due time.
type shipQueue []*shipment

func (q shipQueue) Len() int           { return len(q) }
func (q shipQueue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q shipQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *shipQueue) Push(x any) {
	s := x.(*shipment)
	s.index = len(*q)
	*q = append(*q, s)
}
func (q *shipQueue) Pop() any {
	old := *q
	s := old[len(old)-1]
	*q = old[:len(old)-1]
	s.index = -1
	return s
}
