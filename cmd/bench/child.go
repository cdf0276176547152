package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// roleVar tells a process of the bench what it is.
const roleVar = "LAPAK_BENCH_ROLE"

// profileVar names a folder; CPU profiles of Lapak's process are written there.
const profileVar = "LAPAK_BENCH_PROFILE"

func runChild(role string, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("role %s: one argument is wanted", role)
	}
	switch role {
	case "lapak":
		return runLapak(args[0])
	case "peer":
		return runPeer(args[0])
	case "load":
		return runLoad(args[0])
	}
	return fmt.Errorf("%s=%q is no role", roleVar, role)
}

// child is a process of the bench.
type child struct {
	addresses
	cmd   *exec.Cmd
	stdin io.Closer
	ended chan struct{}
	err   error // set when ended is closed
}

// addresses is the line a server writes when it serves.
type addresses struct {
	Serves  string `json:"serves"`
	Control string `json:"control"`
}

const readyLimit = 60 * time.Second

// startChild starts this program in a role and waits until it serves. It ends
// when its standard input does, so it never outlives the bench.
func startChild(role string, spec any) (*child, error) {
	raw, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, string(raw))
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	c := &child{cmd: cmd, stdin: stdin, ended: make(chan struct{})}
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n')
		lines <- line
		c.err = cmd.Wait()
		close(c.ended)
	}()
	if err := c.awaitReady(lines); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", role, err), c.stop())
	}
	return c, nil
}

func (c *child) awaitReady(lines <-chan string) error {
	select {
	case line := <-lines:
		if err := json.Unmarshal([]byte(line), &c.addresses); err != nil {
			return fmt.Errorf("did not start: %q", line)
		}
		return nil
	case <-time.After(readyLimit):
		return errors.New("does not serve")
	}
}

// stop ends the process as the product ends: it replicates and closes.
func (c *child) stop() error {
	_ = c.stdin.Close()
	select {
	case <-c.ended:
		return c.err
	case <-time.After(2 * time.Minute):
		return errors.Join(errors.New("a child process did not stop"), c.cmd.Process.Kill())
	}
}

// ask calls the control side and decodes its answer into v.
func (c *child) ask(ctx context.Context, path string, in, v any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.Control+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("control %s: %w", path, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("control %s: %w", path, err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("control %s: %s", path, body)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(body, v)
}

// cpu is how long the process has run on a core, user and system.
func (c *child) cpu() (time.Duration, error) {
	_, used, err := processTimes(c.cmd.Process.Pid)
	return used, err
}

// memory is a line of /proc/PID/status in bytes, such as VmRSS.
func (c *child) memory(name string) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("/proc status has no %s", name)
}

// profile runs fn and, where profileVar says so, writes a CPU profile of the
// process meanwhile, at most span long.
func (c *child) profile(name string, span time.Duration, fn func() error) error {
	dir := os.Getenv(profileVar)
	if dir == "" {
		return fn()
	}
	done := make(chan error, 1)
	go func() { done <- c.writeProfile(filepath.Join(dir, name+".pprof"), span) }()
	return errors.Join(fn(), <-done)
}

func (c *child) writeProfile(path string, span time.Duration) error {
	res, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", c.Control, max(int(span.Seconds()), 1)))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, res.Body)
	return errors.Join(err, f.Close())
}

// serveChild serves both sides until standard input ends.
func serveChild(public *http.Server, control http.Handler) error {
	front, err := listen()
	if err != nil {
		return err
	}
	back, err := listen()
	if err != nil {
		return err
	}
	side := &http.Server{Handler: control, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 2)
	go func() { served <- public.Serve(front) }()
	go func() { served <- side.Serve(back) }()
	line, err := json.Marshal(addresses{front.Addr().String(), back.Addr().String()})
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	_, _ = io.Copy(io.Discard, os.Stdin)
	err = errors.Join(public.Close(), side.Close())
	for range 2 {
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}
