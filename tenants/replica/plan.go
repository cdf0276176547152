package replica

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

const (
	fanIn   = 64 // files that are merged, and so open, at once
	openers = 16 // requests at once to open them
)

// planner shows Litestream's planning no more files than lead to one
// transaction: it is asked level by level, the coarsest first, and each level is
// listed from where the coarser ones end.
type planner struct {
	*client
	target ltx.TXID // 0 is the newest
	end    ltx.TXID // of the levels listed so far
}

// plan is the chain of files that make up the state after a transaction, the
// newest for 0. ErrNoBackup where there is none.
func (c *client) plan(ctx context.Context, target ltx.TXID) ([]*ltx.FileInfo, error) {
	plan, err := litestream.CalcRestorePlan(ctx, &planner{client: c, target: target}, target, noTime, quiet())
	if errors.Is(err, litestream.ErrTxNotAvailable) || errors.Is(err, litestream.ErrNoSnapshots) {
		err = ErrNoBackup
	}
	if err == nil && plan[0].MinTXID != 1 {
		err = ErrNoBackup
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.root, err)
	}
	return plan, nil
}

func (p *planner) LTXFiles(ctx context.Context, level int, _ ltx.TXID, _ bool) (ltx.FileIterator, error) {
	switch level {
	case levelSnapshot:
		p.end = 0
	case levelHour, levelMinute, levelExact:
	default:
		return ltx.NewFileInfoSliceIterator(nil), nil // never written
	}
	from := ltx.TXID(0)
	if level == levelMinute || level == levelExact {
		from = p.end + 1
	}
	files, err := p.files(ctx, level, from, p.target)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if p.target == 0 || f.MaxTXID <= p.target {
			p.end = max(p.end, f.MaxTXID)
		}
	}
	return ltx.NewFileInfoSliceIterator(files), nil
}

// opener opens one of the files that are merged.
type opener func(context.Context) (io.ReadCloser, error)

func (c *client) opener(f *ltx.FileInfo) opener {
	return func(ctx context.Context) (io.ReadCloser, error) {
		return c.OpenLTXFile(ctx, f.Level, f.MinTXID, f.MaxTXID, 0, 0)
	}
}

// combine writes a chain of files as one to w. However many there are, few are
// open at once: longer chains go through temporary files.
func (c *client) combine(ctx context.Context, chain []*ltx.FileInfo, w io.Writer) error {
	inputs := make([]opener, len(chain))
	for i, f := range chain {
		inputs[i] = c.opener(f)
	}
	if len(inputs) > fanIn {
		dir, err := os.MkdirTemp("", "lapak-merge-")
		if err != nil {
			return fmt.Errorf("merge backup files: %w", err)
		}
		defer os.RemoveAll(dir)
		if inputs, err = combineGroups(ctx, inputs, dir); err != nil {
			return err
		}
	}
	return combineFew(ctx, inputs, w)
}

// combineGroups merges groups of inputs into temporary files until few are left.
// The first input stays as it is: it may be a copy of the whole database.
func combineGroups(ctx context.Context, inputs []opener, dir string) ([]opener, error) {
	for len(inputs) > fanIn {
		merged := inputs[:1:1]
		for rest := inputs[1:]; len(rest) > 0; {
			n := min(fanIn, len(rest))
			file, err := combineToFile(ctx, rest[:n], dir)
			if err != nil {
				return nil, err
			}
			merged = append(merged, func(context.Context) (io.ReadCloser, error) { return os.Open(file) })
			rest = rest[n:]
		}
		inputs = merged
	}
	return inputs, nil
}

func combineToFile(ctx context.Context, inputs []opener, dir string) (string, error) {
	f, err := os.CreateTemp(dir, "*.ltx")
	if err != nil {
		return "", fmt.Errorf("merge backup files: %w", err)
	}
	w := bufio.NewWriterSize(f, 64<<10)
	err = combineFew(ctx, inputs, w)
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return "", err
	}
	return f.Name(), nil
}

func combineFew(ctx context.Context, inputs []opener, w io.Writer) error {
	files, err := openAll(ctx, inputs)
	defer closeAll(files)
	if err != nil {
		return fmt.Errorf("merge backup files: %w", err)
	}
	readers := make([]io.Reader, len(files))
	for i, f := range files {
		readers[i] = bufio.NewReaderSize(f, 16<<10)
	}
	m, err := ltx.NewCompactor(w, readers)
	if err == nil {
		m.HeaderFlags = ltx.HeaderFlagNoChecksum // as Litestream's own
		err = m.Compact(ctx)
	}
	if err != nil {
		return fmt.Errorf("merge backup files: %w", err)
	}
	return nil
}

// openAll opens several at once, since each costs a round trip. What it returns
// must be closed, also with an error.
func openAll(ctx context.Context, inputs []opener) ([]io.ReadCloser, error) {
	files, errs := make([]io.ReadCloser, len(inputs)), make([]error, len(inputs))
	slots := make(chan struct{}, openers)
	var wg sync.WaitGroup
	for i, open := range inputs {
		slots <- struct{}{}
		wg.Go(func() {
			files[i], errs[i] = open(ctx)
			<-slots
		})
	}
	wg.Wait()
	return files, errors.Join(errs...)
}

func closeAll(files []io.ReadCloser) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// stream is combine as something to read. Closing it ends the work.
func (c *client) stream(ctx context.Context, chain []*ltx.FileInfo) *stream {
	pr, pw := io.Pipe()
	s := &stream{PipeReader: pr, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		w := bufio.NewWriterSize(pw, 64<<10)
		err := c.combine(ctx, chain, w)
		if err == nil {
			err = w.Flush()
		}
		_ = pw.CloseWithError(err)
	}()
	return s
}

type stream struct {
	*io.PipeReader
	done chan struct{}
}

// Close waits until the files behind are closed.
func (s *stream) Close() error {
	err := s.PipeReader.Close()
	<-s.done
	return err
}
