package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// pruneEvery is after how many uploads the local copies of what was uploaded
// are removed.
const pruneEvery = 64

// Live replicates one open database. Nothing happens between its calls: no
// goroutine, no timer, no request. It is safe for concurrent use.
type Live struct {
	path   string
	client *client
	log    *slog.Logger

	mu    sync.Mutex // one attach, sync or detach at a time
	db    *litestream.DB
	since int // uploads since the last prune
}

// Live makes the replication of the file at path to the replica called name;
// lastCommit tells when its newest commit was made, so that a backup is stamped
// with that instead of the moment it was cut.
func (s *Set) Live(path, name string, lastCommit func() time.Time, log *slog.Logger) *Live {
	c := s.client(name)
	c.stamp = func(cut time.Time) time.Time {
		if at := lastCommit(); !at.IsZero() && at.Before(cut) {
			return at
		}
		return cut
	}
	return &Live{path: path, client: c, log: log}
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
// time and asks the bucket where the replica stands.
func (l *Live) Cut(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.attach(); err != nil {
		return err
	}
	if err := l.db.Sync(ctx); err != nil {
		return fmt.Errorf("cut backup file: %w", err)
	}
	return nil
}

// Send uploads what was cut and not uploaded yet. What fails stays on disk, each
// cut with its own time, and goes up with the next Send.
func (l *Live) Send(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil {
		return nil
	}
	if err := l.db.Replica.Sync(ctx); err != nil {
		return fmt.Errorf("upload backup file: %w", err)
	}
	if l.since++; l.since >= pruneEvery {
		l.since = 0
		return l.prune()
	}
	return nil
}

func (l *Live) attach() error {
	if l.db != nil {
		return nil
	}
	db := litestream.NewDB(l.path)
	db.MonitorInterval = 0
	db.CheckpointInterval = 0
	db.MinCheckpointPageN = 250
	db.BusyTimeout = 5 * time.Second
	db.ShutdownSyncTimeout = 0 // Close tries once; the tail stays on disk
	db.SetLogger(l.log)
	db.Replica = litestream.NewReplicaWithClient(db, l.client)
	db.Replica.MonitorEnabled = false
	if err := db.Open(); err != nil {
		return fmt.Errorf("attach replication: %w", err)
	}
	l.db = db
	return nil
}

// Attached says whether the database is open for replication.
func (l *Live) Attached() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db != nil
}

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
	err := l.db.Close(ctx)
	if err == nil {
		err = l.prune()
	}
	l.db = nil
	if err != nil {
		return fmt.Errorf("detach replication: %w", err)
	}
	return nil
}

// prune removes the local copies of uploaded files but the newest, from which
// Litestream goes on.
func (l *Live) prune() error {
	uploaded := l.db.Replica.Pos().TXID
	dir := l.db.LTXLevelDir(0)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
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
