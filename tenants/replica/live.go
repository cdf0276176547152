package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// pruneEvery is after how many uploads the local copies of what was uploaded
// are removed.
const pruneEvery = 64

// trustFor is for how long a Live believes that it is the replica's only writer
// without asking: what another one stored meanwhile is still there to collide
// with, as no level-0 file is pruned before minExact.
const trustFor = minExact / 2

// Live replicates one open database. Nothing happens between its calls: no
// goroutine, no timer, no request. It is safe for concurrent use.
type Live struct {
	path       string
	lastCommit func() time.Time
	log        *slog.Logger
	attached   atomic.Bool

	mu    sync.Mutex // one attach, cut, upload or detach at a time
	up    *uplink
	db    *litestream.DB // nil while detached
	cut   ltx.TXID       // the newest transaction on disk
	since int            // uploads since the last prune
	anew  bool           // a full copy is to be uploaded before all else
}

// Live makes the replication of the file at path to the replica called name;
// lastCommit tells when its newest commit was made, so that a backup is stamped
// with that instead of the moment it was cut.
//
// lastCommit must cover every commit that a reader of the file can see. Where it
// cannot tell, as before the first commit or while one is under way, it returns
// the zero time; the backup is then stamped with the moment it was cut. A time
// that is too old would let a restore show a commit made after the wish.
func (s *Set) Live(path, name string, lastCommit func() time.Time, log *slog.Logger) *Live {
	return &Live{path: path, lastCommit: lastCommit, log: log, up: newUplink(s.client(name))}
}

// Sync is Cut and Send.
func (l *Live) Sync(ctx context.Context) error {
	if err := l.Cut(ctx); err != nil {
		return err
	}
	return l.Send(ctx)
}

// Cut makes a backup file, on this machine, of what was committed since the last
// one: a restore point. The first call attaches: it opens the database a second
// time and asks the bucket where the replica stands. It is ErrFenced where
// somebody else went on with the replica.
func (l *Live) Cut(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up.fenced != nil {
		return l.up.fenced
	}
	if l.db == nil {
		return l.attach(ctx)
	}
	if err := l.cutNow(ctx, l.db); err != nil {
		return fmt.Errorf("cut backup file: %w", err)
	}
	return nil
}

// cutNow also notes the time of what it cut, which all commits in it precede:
// that of the newest commit where it is known, else the end of the cut.
func (l *Live) cutNow(ctx context.Context, db *litestream.DB) error {
	err := db.Sync(ctx)
	at, now := l.lastCommit(), time.Now()
	trim(db)
	if at.IsZero() || at.After(now) {
		at = now
	}
	pos, posErr := db.Pos()
	for posErr == nil && l.cut < pos.TXID {
		l.cut++
		l.up.times[l.cut] = at
	}
	return errors.Join(err, posErr)
}

// Send uploads what was cut and not uploaded yet. What fails stays on disk, each
// cut with its own time, and goes up with the next Send. ErrFenced is final:
// this Live will not write to the replica again.
func (l *Live) Send(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil && l.anew {
		return errBehind // what was cut goes up after the next Cut
	}
	if l.db == nil {
		return l.up.fenced
	}
	if err := l.send(ctx); err != nil {
		return fmt.Errorf("upload backup file: %w", err)
	}
	return nil
}

func (l *Live) send(ctx context.Context) error {
	if l.up.stale(time.Now()) {
		if err := l.up.locate(ctx, l.path); err != nil {
			if l.anew = errors.Is(err, errBehind); l.anew {
				l.drop(l.db) // the next Cut attaches again, with a full copy
			}
			return err
		}
		l.db.Replica.SetPos(ltx.Pos{TXID: l.up.newest.MaxTXID})
	}
	if err := l.db.Replica.Sync(ctx); err != nil {
		if l.anew {
			l.drop(l.db) // look again where the replica stands
		}
		return err
	}
	if l.anew {
		l.anew = false
		if err := os.RemoveAll(localDir(l.path) + aside); err != nil {
			return err
		}
	}
	if l.since++; l.since >= pruneEvery {
		l.since = 0
		return l.prune()
	}
	return nil
}

// attach opens the database for Litestream. Nothing of it is opened before the
// bucket has answered, and nothing stays open after a failure: a half-opened
// litestream.DB would never work again.
func (l *Live) attach(ctx context.Context) error {
	if _, err := os.Stat(l.path); err != nil {
		return fmt.Errorf("attach replication: %w", err)
	}
	if err := l.locate(ctx); err != nil {
		return fmt.Errorf("attach replication: %w", err)
	}
	db := l.newDB()
	err := db.Open()
	if err == nil {
		l.cut = max(l.up.newest.MaxTXID, l.up.local.last)
		err = l.cutNow(ctx, db)
	}
	if err != nil {
		l.drop(db)
		return fmt.Errorf("attach replication: %w", err)
	}
	l.db = db
	l.attached.Store(true)
	return nil
}

// locate also sets aside what is on disk where the replica does not lead up to
// it: Litestream then goes on from the replica's end with a full copy. Until that
// is uploaded nothing is forgotten, since the bucket may only have seemed empty.
func (l *Live) locate(ctx context.Context) error {
	local := localDir(l.path)
	if _, err := os.Stat(local + aside); err == nil {
		if err := errors.Join(os.RemoveAll(local), os.Rename(local+aside, local)); err != nil {
			return err
		}
	}
	err := l.up.locate(ctx, l.path)
	if l.anew = errors.Is(err, errBehind); !l.anew {
		return err
	}
	l.log.Warn("a full copy follows", "error", err, "replica", l.up.root,
		"replica_txid", l.up.newest.MaxTXID, "local_txid", l.up.local.first)
	if err := os.Rename(local, local+aside); err != nil {
		return err
	}
	return l.up.locate(ctx, l.path)
}

// aside ends the name of the folder of local files that were set aside.
const aside = ".aside"

// drop closes db and sends nothing.
func (l *Live) drop(db *litestream.DB) {
	ended, end := context.WithCancel(context.Background())
	end()
	_ = db.Close(ended) // always complains about the context
	l.db = nil
	l.attached.Store(false)
}

func (l *Live) newDB() *litestream.DB {
	db := litestream.NewDB(l.path)
	db.MonitorInterval = 0
	db.CheckpointInterval = 0
	db.MinCheckpointPageN = 250
	db.BusyTimeout = 5 * time.Second
	db.ShutdownSyncTimeout = 0 // Close tries once; the tail stays on disk
	db.Replica = litestream.NewReplicaWithClient(db, l.up)
	db.Replica.MonitorEnabled = false
	db.SetLogger(l.log)
	return db
}

// Attached says whether the database is open for replication. It never waits.
func (l *Live) Attached() bool { return l.attached.Load() }

// Detach makes a last Sync and lets go of the file. The program's own
// connections must be closed before: Litestream's lock is what keeps another
// process from deleting the write-ahead log meanwhile. An error means that the
// tail was not uploaded, not that the database is still attached.
func (l *Live) Detach(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil {
		return nil
	}
	err := l.up.fenced
	if err == nil {
		err = errors.Join(l.cutNow(ctx, l.db), l.send(ctx))
	}
	switch {
	case err == nil:
		err = errors.Join(l.db.Close(ctx), l.prune())
		l.db = nil
		l.attached.Store(false)
	case l.db != nil:
		l.drop(l.db)
	}
	if err != nil {
		return fmt.Errorf("detach replication: %w", err)
	}
	return nil
}

// Scour is Sync that leaves nothing of the past on this machine: the write-ahead
// log is emptied into the file, and of the uploaded files only the newest stays.
// Nobody may write meanwhile. It is not often worth it: a full copy is uploaded.
func (l *Live) Scour(ctx context.Context) error {
	if err := l.Sync(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.db.Checkpoint(ctx, litestream.CheckpointModeTruncate)
	if err == nil {
		err = l.cutNow(ctx, l.db)
	}
	if err == nil {
		err = l.send(ctx)
	}
	if err == nil {
		err = l.prune()
	}
	if err != nil {
		return fmt.Errorf("empty the log: %w", err)
	}
	return nil
}

// Discard lets go of the file and sends nothing more, for a database that is to
// be deleted: no later call replicates it again.
func (l *Live) Discard() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up.fenced = errDiscarded
	if l.db != nil {
		l.drop(l.db)
	}
}

var errDiscarded = errors.New("this database is not replicated any more")

// Point is the ID of the newest point that Cut made, or found when it attached;
// 0 before the first Cut.
func (l *Live) Point() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(l.cut)
}

// prune removes the local copies of uploaded files but the newest, from which
// Litestream goes on.
func (l *Live) prune() error {
	uploaded := l.up.newest.MaxTXID
	dir := localDir(l.path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("prune local backup files: %w", err)
	}
	for _, e := range entries {
		_, max, err := ltx.ParseFilename(e.Name())
		if err != nil || max >= uploaded {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("prune local backup files: %w", err)
		}
	}
	return nil
}

// MetaDir is the folder beside the file at path in which Litestream keeps where
// it stands.
func MetaDir(path string) string {
	dir, file := filepath.Split(path)
	return filepath.Join(dir, "."+file+litestream.MetaDirSuffix)
}

// localDir is where litestream.DB.LTXLevelDir(0) is for the file at path.
func localDir(path string) string { return filepath.Join(MetaDir(path), "ltx", "0") }
