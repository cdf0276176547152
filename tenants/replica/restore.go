package replica

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/superfly/ltx"
)

// restoreTries is how often a restore begins anew when a file of its plan was
// merged away or a connection broke.
const restoreTries = 4

// Restore writes the state at a point, the newest for point 0, into a new file,
// which appears whole or not at all. It is ErrNoBackup where there is no such
// point, and fs.ErrExist where the file is there.
func (s *Set) Restore(ctx context.Context, name string, point uint64, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("restore %s: %s: %w", name, file, os.ErrExist)
	}
	err := s.client(name).restore(ctx, ltx.TXID(point), file)
	if err != nil {
		return fmt.Errorf("restore %s: %w", name, err)
	}
	return nil
}

func (c *client) restore(ctx context.Context, target ltx.TXID, file string) (err error) {
	for try := 1; ; try++ {
		var plan []*ltx.FileInfo
		if plan, err = c.plan(ctx, target); err != nil {
			return err
		}
		target = plan[len(plan)-1].MaxTXID
		err = c.build(ctx, plan, file)
		if err == nil || try == restoreTries || ctx.Err() != nil || !again(err) {
			return err
		}
	}
}

func again(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, io.ErrUnexpectedEOF)
}

// build makes the database file of a plan.
func (c *client) build(ctx context.Context, plan []*ltx.FileInfo, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	tmp := file + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	s := c.stream(ctx, plan)
	w := bufio.NewWriterSize(f, 256<<10)
	err = ltx.NewDecoder(bufio.NewReaderSize(s, 64<<10)).DecodeDatabaseTo(w)
	_ = s.Close()
	if err == nil {
		err = errors.Join(w.Flush(), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, file); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}

// syncDir makes a new name in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
