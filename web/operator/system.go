package operator

import (
	"errors"
	"log/slog"
	"os"
	"runtime/metrics"
	"syscall"
)

const errorLevel = slog.LevelError

// disk is how many bytes are free, and how many there are, where dir is.
func disk(dir string) (free, total int64, err error) {
	if dir == "" {
		return 0, 0, errors.New("no folder")
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), int64(fs.Blocks) * int64(fs.Bsize), nil
}

// descriptors is how many files this process has open, and how many it may. It
// is an error where the system does not tell.
func descriptors() (used, limit int64, err error) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, 0, err
	}
	f, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	return int64(len(names)), int64(min(r.Cur, 1<<40)), err
}

// memory is how many bytes the process takes of the system.
func memory() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64() - sample[1].Value.Uint64())
}
