package tenants

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"lapak/store/sqlite"
)

// ErrLocked says that another process uses the data folder.
var ErrLocked = errors.New("another lapak is using this data folder")

// lock takes the folder for this process, making it if it must. The kernel gives
// the lock back when the process ends, however it ends.
func lock(dir string) (unlock func() error, err error) {
	if err := CheckDir(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "tenants"), 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := sqlite.SyncDir(dir); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner := make([]byte, 20)
		n, _ := f.ReadAt(owner, 0)
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w (process %s)", dir, ErrLocked, strings.TrimSpace(string(owner[:n])))
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("data folder: %w", err), f.Close())
	}
	return f.Close, nil
}
