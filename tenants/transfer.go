package tenants

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lapak/store"
)

const (
	transferAtOnce = 8       // small objects that are on their way at the same time
	smallObject    = 1 << 20 // bytes; what is larger goes alone and as a stream
)

// transferDir is where exports and imports keep what they work on.
func (p *Pool) transferDir() string { return filepath.Join(p.opt.Dir, "transfer") }

// transfer is an export or an import under way.
type transfer struct {
	cancel context.CancelFunc
	dir    string
}

// beginTransfer gives an export or an import of a shop a folder of its own. It ends
// with the pool, which waits for it, and where the shop is erased.
func (p *Pool) beginTransfer(ctx context.Context, shop store.Shop) (run context.Context, dir string, end func(), err error) {
	if err := os.MkdirAll(p.transferDir(), 0o700); err != nil {
		return nil, "", nil, err
	}
	if dir, err = os.MkdirTemp(p.transferDir(), ""); err != nil {
		return nil, "", nil, err
	}
	run, cancel := context.WithCancel(ctx)
	t := &transfer{cancel, dir}
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.wg.Add(1)
		p.transfers[t] = shop
	}
	p.mu.Unlock()
	if closed {
		cancel()
		_ = os.RemoveAll(dir)
		return nil, "", nil, ErrClosed
	}
	stop := context.AfterFunc(p.ctx, cancel)
	return run, dir, func() {
		stop()
		cancel()
		_ = os.RemoveAll(dir) // or the next start does it
		p.mu.Lock()
		delete(p.transfers, t)
		p.mu.Unlock()
		p.wg.Done()
	}, nil
}

// endTransfers cuts a shop's exports off. They may hang in sending to somebody who
// does not listen, so it does not wait for them, but nothing of the shop is left
// in a folder.
func (p *Pool) endTransfers(shop store.Shop) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t, of := range p.transfers {
		if of != shop {
			continue
		}
		t.cancel()
		if err := os.RemoveAll(t.dir); err != nil {
			return fmt.Errorf("remove an export of %s: %w", shop, err)
		}
	}
	return nil
}

// untilDone passes bytes on until a context ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
	w   io.Writer
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

func (u untilDone) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(p)
}

// parcel is an object on its way; a small one in memory.
type parcel struct {
	object store.Object
	ready  chan struct{} // closed when err and the bytes are there
	err    error
	buf    *bytes.Buffer
}

func newParcel(o store.Object) *parcel {
	return &parcel{object: o, ready: make(chan struct{})}
}

func (p *parcel) small() bool { return p.object.Size <= smallObject }

// fill reads the bytes, at most one more than there should be.
func (p *parcel) fill(r io.Reader) error {
	p.buf = bytes.NewBuffer(make([]byte, 0, p.object.Size+bytes.MinRead))
	_, err := p.buf.ReadFrom(io.LimitReader(r, p.object.Size+1))
	return err
}

func (p *parcel) reader() io.Reader { return bytes.NewReader(p.buf.Bytes()) }

func (p *parcel) drop() { p.buf = nil }
