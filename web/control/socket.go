package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
)

// socketName is the socket's name in the data folder; leavingName the one it has
// while its owner is about to close it.
const (
	socketName  = "lapak.sock"
	leavingName = "lapak.sock.leaving"
)

// maxSocketPath is how long a socket's address may be: macOS has 104 bytes in
// sun_path, Linux 108, both with a zero at the end.
const maxSocketPath = 103

// address is a path of the folder's socket that is short enough. Where the
// folder's own is too long it goes through an open descriptor of the folder,
// which the caller closes when it is done with the address.
func address(dir, name string) (path string, done func(), err error) {
	path = filepath.Join(dir, name)
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	short := fmt.Sprintf("/proc/self/fd/%d", f.Fd())
	if _, err := os.Stat(short); err != nil {
		_ = f.Close()
		return "", nil, fmt.Errorf("the data folder's name is too long for its socket: %s has %d bytes, and %d are allowed", path, len(path), maxSocketPath)
	}
	return short + "/" + name, func() { _ = f.Close() }, nil
}

// Listen makes the socket of a data folder, which only its owner may open. The
// caller holds the folder's lock, so a socket that is there belongs to nobody.
// Closing the listener removes the socket.
func Listen(ctx context.Context, dir string) (*Listener, error) {
	path := filepath.Join(dir, socketName)
	for _, stale := range []string{path, filepath.Join(dir, leavingName)} {
		if err := os.Remove(stale); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("remove a stale socket: %w", err)
		}
	}
	name, done, err := address(dir, socketName)
	if err != nil {
		return nil, err
	}
	defer done()
	lc := net.ListenConfig{Control: private}
	l, err := lc.Listen(ctx, "unix", name)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // by a name that may be gone then
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &Listener{Listener: l, dir: dir, closed: make(chan struct{}, 1)}, nil
}

// private is a net.ListenConfig.Control: on Linux a socket's file gets the mode
// of the descriptor that is bound, so others can open it at no moment.
func private(_, _ string, c syscall.RawConn) error {
	var chmodErr error
	err := c.Control(func(fd uintptr) { chmodErr = syscall.Fchmod(int(fd), 0o600) })
	return errors.Join(err, chmodErr)
}

// Listener is a data folder's socket.
type Listener struct {
	net.Listener
	dir    string
	open   atomic.Int64  // connections
	closed chan struct{} // has a token when one was closed
}

// Accept counts the connection.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &counted{Conn: c, done: sync.OnceFunc(func() {
		l.open.Add(-1)
		select {
		case l.closed <- struct{}{}:
		default:
		}
	})}, nil
}

type counted struct {
	net.Conn
	done func()
}

func (c *counted) Close() error {
	defer c.done()
	return c.Conn.Close()
}

// Close removes the socket first, so that nobody finds a dead one.
func (l *Listener) Close() error {
	for _, name := range []string{socketName, leavingName} {
		_ = os.Remove(filepath.Join(l.dir, name))
	}
	return l.Listener.Close()
}

// Leave hides the socket and returns when everybody who had found it has been
// answered, or ctx ends: a server's shutdown would cut off those who wait to be
// accepted or whose request is not read yet. It must be served meanwhile.
func (l *Listener) Leave(ctx context.Context) error {
	if err := os.Rename(filepath.Join(l.dir, socketName), filepath.Join(l.dir, leavingName)); err != nil {
		return err
	}
	// They are accepted in turn, so that an answer to the last one is enough.
	last := newClient(l.dir, leavingName)
	defer last.Close()
	_, err := last.Status(ctx)
	if refused := (*Failure)(nil); err != nil && !errors.As(err, &refused) {
		return err
	}
	for l.open.Load() > 0 {
		select {
		case <-l.closed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// ErrNobody says that nobody answers on the data folder's socket.
var ErrNobody = errors.New("nobody answers on the data folder's socket")

func dial(ctx context.Context, dir, socket string) (net.Conn, error) {
	name, done, err := address(dir, socket)
	if err != nil {
		return nil, err
	}
	defer done()
	c, err := new(net.Dialer).DialContext(ctx, "unix", name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("%w: %w", ErrNobody, err)
	}
	return c, err
}
