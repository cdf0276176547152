package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
)

const (
	shopDescriptors = 12  // of an open shop: its connections' files and its replica's
	ownDescriptors  = 256 // of the program itself: requests, buckets, the catalog
	mostOpenShops   = 2000
)

// useCores lets twice as many threads run as there are cores: one that waits in
// fdatasync holds its place for a while. GOMAXPROCS in the environment wins.
func useCores() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
}

// descriptors raises the limit of open files to the most that is allowed and
// returns it.
func descriptors() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	if limit.Cur < limit.Max {
		raised := limit
		raised.Cur = limit.Max
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err == nil {
			limit = raised
		}
	}
	return int(min(limit.Cur, 1<<30)), nil
}

// openShops is how many shops may be open with so many descriptors; want is the
// flag's value, 0 where it is not given.
func openShops(want, descriptors int) (int, error) {
	fit := (descriptors - ownDescriptors) / shopDescriptors
	if fit < 1 {
		return 0, fmt.Errorf("only %d files may be open (ulimit -n); at least %d are needed", descriptors, ownDescriptors+shopDescriptors)
	}
	if want > fit {
		return 0, usage("--open-shops: %d shops need about %d open files, but only %d are allowed (ulimit -n), which is enough for %d shops",
			want, ownDescriptors+want*shopDescriptors, descriptors, fit)
	}
	if want == 0 {
		want = min(fit, mostOpenShops)
	}
	return want, nil
}
