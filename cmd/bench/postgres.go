package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	_ "embed"

	"github.com/jackc/pgx/v5"
)

//go:embed peer.sql
var peerSchema string

const postgresMissing = `PostgreSQL 15 is not on this machine, and without it there is nothing to compare with.
Install it: apt-get install postgresql-15
(initdb and postgres are looked for in /usr/lib/postgresql/15/bin and on PATH.)`

// postgresSettings differ from the defaults only in what a server of this size
// would be given; durability is as it comes: fsync and synchronous_commit on.
var postgresSettings = []string{"shared_buffers=1GB", "max_wal_size=4GB", "max_connections=64", "listen_addresses="}

const owner = "bench_owner"

// postgres is a server of its own in a folder of its own.
type postgres struct {
	version string
	bin     string // folder of the programs
	dir     string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// findPostgres returns the folder of the programs and the version's text.
func findPostgres() (bin, version string, err error) {
	dirs := []string{"/usr/lib/postgresql/15/bin"}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, dir := range dirs {
		out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
		_, initErr := os.Stat(filepath.Join(dir, "initdb"))
		if version = strings.TrimSpace(string(out)); err == nil && initErr == nil && strings.Contains(version, " 15.") {
			return dir, version, nil
		}
	}
	return "", "", errors.New(postgresMissing)
}

// startPostgres makes a database cluster in dir and serves it on a socket there.
func startPostgres(ctx context.Context, bin, version, dir string) (*postgres, error) {
	p := &postgres{version: version, bin: bin, dir: dir}
	if err := p.initialize(); err != nil {
		return nil, err
	}
	if err := p.start(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *postgres) initialize() error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return err
	}
	if c := unprivileged(); c != nil {
		if err := os.Chown(p.dir, int(c.Uid), int(c.Gid)); err != nil {
			return err
		}
	}
	cmd := p.command("initdb", "-D", filepath.Join(p.dir, "data"), "-U", owner, "-A", "trust", "-E", "UTF8", "--locale=C")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// command runs a program of PostgreSQL's, which refuses to run as root, as
// somebody who may do nothing else.
func (p *postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: unprivileged(), Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// unprivileged is nil where this process is not root.
func unprivileged() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return &syscall.Credential{Uid: 65534, Gid: 65534}
}

func (p *postgres) start(ctx context.Context) error {
	args := []string{"-D", filepath.Join(p.dir, "data"), "-k", p.dir}
	for _, s := range postgresSettings {
		args = append(args, "-c", s)
	}
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	p.cmd = p.command("postgres", args...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	p.ended = make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(p.ended) }() // how it ended is in its log
	return p.prepare(ctx)
}

// prepare waits for the server and makes the tables.
func (p *postgres) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, p.url(owner))
		if err == nil {
			_, err = conn.Exec(ctx, peerSchema)
			return errors.Join(err, conn.Close(ctx))
		}
		select {
		case <-p.ended:
			log, _ := os.ReadFile(filepath.Join(p.dir, "log"))
			return fmt.Errorf("postgres ended: %s", log)
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// url is of one of the two roles: owner, or app, which row security binds.
func (p *postgres) url(role string) string {
	return fmt.Sprintf("host=%s user=%s dbname=postgres sslmode=disable", p.dir, role)
}

// cpu is how long the server and its processes have run on a core. Those that
// ended are not in it; the handlers' connections stay.
func (p *postgres) cpu() (total time.Duration, err error) {
	entries, err := os.ReadDir("/proc")
	for _, e := range entries {
		pid, notPID := strconv.Atoi(e.Name())
		if notPID != nil {
			continue
		}
		parent, used, gone := processTimes(pid)
		if gone == nil && (pid == p.cmd.Process.Pid || parent == p.cmd.Process.Pid) {
			total += used
		}
	}
	return total, err
}

func (p *postgres) stop() error {
	if p.cmd == nil || p.cmd.Process == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(syscall.SIGINT) // fast shutdown; an error means that it has ended
	select {
	case <-p.ended:
		return nil
	case <-time.After(time.Minute):
		return errors.Join(errors.New("postgres did not stop"), p.cmd.Process.Kill())
	}
}
