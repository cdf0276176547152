package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// socketName is the socket's name in the data folder.
const socketName = "lapak.sock"

// maxSocketPath is how long a socket's address may be: macOS has 104 bytes in
// sun_path, Linux 108, both with a zero at the end.
const maxSocketPath = 103

// address is a name of the socket that is short enough. Where the folder's own
// name is too long it goes through an open descriptor of the folder, which the
// caller closes when it is done with the address.
func address(dir string) (name string, done func(), err error) {
	path := filepath.Join(dir, socketName)
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
	return short + "/" + socketName, func() { _ = f.Close() }, nil
}

// Listen makes the socket of a data folder, which only its owner may open. The
// caller holds the folder's lock, so a socket that is there belongs to nobody.
// Closing the listener removes the socket.
func Listen(ctx context.Context, dir string) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove a stale socket: %w", err)
	}
	name, done, err := address(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	// The mode of a socket's file is the descriptor's when it is bound, so there
	// is no moment at which others could open it (unix(7)).
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var chmodErr error
		err := c.Control(func(fd uintptr) { chmodErr = syscall.Fchmod(int(fd), 0o600) })
		return errors.Join(err, chmodErr)
	}}
	l, err := lc.Listen(ctx, "unix", name)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // by a name that may be gone then
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &listener{l, path}, nil
}

type listener struct {
	net.Listener
	path string
}

// Close removes the socket first, so that nobody finds a dead one.
func (l *listener) Close() error {
	_ = os.Remove(l.path)
	return l.Listener.Close()
}

// ErrNobody says that nobody answers on the data folder's socket.
var ErrNobody = errors.New("nobody answers on the data folder's socket")

func dial(ctx context.Context, dir string) (net.Conn, error) {
	name, done, err := address(dir)
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
