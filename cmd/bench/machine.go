package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine is where the figures come from.
type machine struct {
	cpu, kernel, filesystem, goVersion, postgres, date string
	cores                                              int
	memory                                             int64 // bytes
	loads                                              map[string]string
}

func describe(dir, postgres string) machine {
	return machine{
		cpu: cpuModel(), cores: runtime.NumCPU(), memory: memoryTotal(), kernel: kernel(), filesystem: filesystem(dir),
		goVersion: runtime.Version(), postgres: postgres, date: time.Now().UTC().Format(time.DateOnly), loads: map[string]string{},
	}
}

func cpuModel() string {
	raw, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func memoryTotal() int64 {
	raw, _ := os.ReadFile("/proc/meminfo")
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return 0
	}
	kb, _ := strconv.ParseInt(fields[1], 10, 64)
	return kb << 10
}

func kernel() string {
	raw, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return "Linux " + strings.TrimSpace(string(raw))
}

// filesystem is the type of the mount that dir is on, by the longest mount point
// above it.
func filesystem(dir string) string {
	raw, _ := os.ReadFile("/proc/mounts")
	best, kind := "", "unknown"
	for line := range strings.Lines(string(raw)) {
		f := strings.Fields(line)
		if len(f) < 4 || len(f[1]) < len(best) || !strings.HasPrefix(dir, strings.TrimSuffix(f[1], "/")+"/") {
			continue
		}
		best, kind = f[1], f[2]+" ("+f[3]+")"
	}
	return kind
}

func (m machine) noteLoad(figure string) {
	raw, _ := os.ReadFile("/proc/loadavg")
	if f := strings.Fields(string(raw)); len(f) > 0 {
		m.loads[figure] = f[0]
	}
}

func (m machine) loadAtStart(figure string) string {
	if load, ok := m.loads[figure]; ok {
		return load
	}
	return "unknown"
}

// dropCached makes the system forget a file's pages, so that the next reader
// waits for the disk.
func dropCached(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return err
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("drop %s from the page cache: %w", path, err)
	}
	return nil
}

// processTimes is a process' parent and how long it has run on a core. (proc(5):
// fields 4, 14 and 15 of stat; times in hundredths of a second.)
func processTimes(pid int) (parent int, used time.Duration, err error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	at := strings.LastIndex(string(raw), ") ")
	fields := strings.Fields(string(raw[at+1:]))
	if at < 0 || len(fields) < 13 {
		return 0, 0, fmt.Errorf("/proc/%d/stat is %q", pid, raw)
	}
	parent, parentErr := strconv.Atoi(fields[1])
	user, userErr := strconv.Atoi(fields[11])
	system, systemErr := strconv.Atoi(fields[12])
	return parent, time.Duration(user+system) * 10 * time.Millisecond, errors.Join(parentErr, userErr, systemErr)
}
