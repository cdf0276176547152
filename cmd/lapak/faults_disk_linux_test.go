package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inside says in which test the process is that may mount.
const inside = "LAPAK_TEST_MAY_MOUNT"

// mayMount runs the test again in a process that may mount file systems nobody
// else sees, as root or not, and says whether this is that process.
func mayMount(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inside) == t.Name() {
		must(t, syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inside+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		asUser(cmd.SysProcAttr, 0)
	}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("in a process that may mount (it needs root or user namespaces): %v\n%s", err, out)
	}
	return false
}

// asUser makes a process believe that it has this user id. With another than 0
// it has none of root's powers, and still owns what this user owns.
func asUser(attr *syscall.SysProcAttr, id int) {
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: id, HostID: os.Getuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: id, HostID: os.Getgid(), Size: 1}}
}

// smallDisk is a folder on a disk of its own.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, syscall.Mount("lapak-test", dir, "tmpfs", 0, options))
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fillDisk leaves no byte free and returns what to delete for room.
func fillDisk(t *testing.T, disk string) (ballast string) {
	t.Helper()
	ballast = filepath.Join(disk, "ballast")
	f, err := os.Create(ballast)
	must(t, err)
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else {
			must(t, err)
		}
	}
	return ballast
}

// TestFullDisk: changes are refused, nothing else; what was acknowledged stays,
// and with room all goes on by itself.
func TestFullDisk(t *testing.T) {
	if !mayMount(t) {
		return
	}
	const name, other, cold = "kopi.myshopify.com", "teh.myshopify.com", "dingin.myshopify.com"
	disk := smallDisk(t, "size=24m")
	data := filepath.Join(disk, "data")
	s := startServer(t, data)
	key, otherKey, coldKey := newShop(t, data, name), newShop(t, data, other), newShop(t, data, cold)
	s.saveDesign(t, otherKey, "theirs")

	// It fills up by the changes themselves.
	var acknowledged []string
	var a answer
	for i := 0; a.status != 507 && i < 200; i++ {
		if a = s.save(t, key, fmt.Sprint(i), 200_000); a.status == 201 {
			acknowledged = append(acknowledged, fmt.Sprint(i))
		}
	}
	slices.Reverse(acknowledged)
	if a.status != 507 || a.code() != "storage_full" || a.header.Get("Retry-After") == "" || len(acknowledged) < 5 {
		t.Fatalf("after %d designs: %v", len(acknowledged), a)
	}
	ballast := fillDisk(t, disk)
	for range 50 {
		if a := s.save(t, key, "lost", 200_000); a.status != 507 || a.code() != "storage_full" {
			t.Fatalf("write: %v", a)
		}
	}
	if a := s.upload(t, otherKey); a.status != 507 || a.code() != "storage_full" {
		t.Errorf("upload: %v", a)
	}
	if a := s.get(t, key, "/imcst_api/export"); a.status != 507 || a.code() != "storage_full" {
		t.Errorf("export: %v", a)
	}
	if a := s.get(t, "", "/readyz"); a.status != 503 || a.code() != "not_ready" {
		t.Errorf("readyz: %v", a)
	}
	if a := s.get(t, "", "/healthz"); a.status != 200 {
		t.Errorf("healthz: %v", a)
	}
	same(t, "while the disk is full", s.names(t, key), acknowledged)
	same(t, "another shop", s.names(t, otherKey), []string{"theirs"})
	if a := s.get(t, coldKey, "/imcst_api/designs"); a.status != 200 && a.code() != "storage_full" {
		t.Errorf("a shop that was not open: %v", a)
	}
	if out, _ := lapakFails(t, "doctor", "--data", data); !strings.Contains(out, "no space left on device") {
		t.Errorf("doctor: %s", out)
	}
	_, line := lapakFails(t, "shops", "create", "baru.myshopify.com", "--data", data)
	if !strings.Contains(line, "no space left") && !strings.Contains(line, "disk is full") {
		t.Errorf("shops create: %s", line)
	}
	s.logged(t, "status=507", "shop="+name, "disk is full")
	if n := strings.Count(s.logs.String(), "status=507"); n > 10 {
		t.Errorf("the log has %d lines about the full disk", n)
	}

	must(t, os.Remove(ballast))
	must(t, syscall.Mount("lapak-test", disk, "tmpfs", syscall.MS_REMOUNT, "size=200m"))
	if a := s.save(t, key, "more", 200_000); a.status != 201 {
		t.Fatalf("with room: %v", a)
	}
	acknowledged = append([]string{"more"}, acknowledged...)
	if a := s.get(t, "", "/readyz"); a.status != 200 {
		t.Errorf("readyz with room: %v", a)
	}
	if a := s.upload(t, otherKey); a.status != 201 {
		t.Errorf("upload with room: %v", a)
	}
	s.settle(t, parseShop(t, name))
	s.settle(t, parseShop(t, other))
	if code := s.end(t, syscall.SIGTERM); code != 0 {
		t.Fatalf("exit code %d: %s", code, s.logs.String())
	}

	// The replica has it all, too.
	fresh := t.TempDir()
	must(t, os.CopyFS(filepath.Join(fresh, "replica"), os.DirFS(filepath.Join(data, "replica"))))
	lapak(t, "recover", "--data", fresh)
	s = startServer(t, fresh)
	same(t, "recovered", s.names(t, key), acknowledged)
}

// upload sends a picture that does not compress.
func (s *testServer) upload(t *testing.T, key string) answer {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 300, 300))
	_, _ = rand.Read(picture.Pix)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	must(t, form.WriteField("type", "gallery"))
	must(t, form.WriteField("name", "noise"))
	part, err := form.CreateFormFile("file", "noise.png")
	must(t, err)
	must(t, png.Encode(part, picture))
	must(t, form.Close())
	return s.try(t, key, "POST", "/imcst_api/assets", form.FormDataContentType(), &body)
}

// TestDiskIsReadOnlyAtStart is what Linux does to a disk with errors.
func TestDiskIsReadOnlyAtStart(t *testing.T) {
	if !mayMount(t) {
		return
	}
	disk := smallDisk(t, "size=100m")
	data := filepath.Join(disk, "data")
	s := startServer(t, data)
	key := newShop(t, data, "kopi.myshopify.com")
	s.saveDesign(t, key, "kept")
	// The disk itself cannot be switched while files are open for writing, but a
	// folder in front of it can.
	if code := s.end(t, syscall.SIGTERM); code != 0 {
		t.Fatal(code)
	}
	must(t, syscall.Mount("lapak-test", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	out, err := startFails(t, data)
	if !strings.Contains(out, "read-only file system") || err != exitFailed {
		t.Errorf("exit code %d: %s", err, out)
	}
	lapakFails(t, "shops", "list", "--data", data)
	must(t, syscall.Mount("lapak-test", disk, "tmpfs", syscall.MS_REMOUNT, ""))
	s = startServer(t, data)
	same(t, "again", s.names(t, key), []string{"kept"})
}

// startFails starts a server that cannot serve; it must say why in one line.
func startFails(t *testing.T, data string, args ...string) (line string, code int) {
	t.Helper()
	return runAs(t, nil, append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0"}, args...)...)
}

// runAs runs a command that ends by itself in a process of its own.
func runAs(t *testing.T, attr *syscall.SysProcAttr, args ...string) (line string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "lapak", args...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr, cmd.Stdout, cmd.SysProcAttr = t.TempDir(), &stderr, io.Discard, attr
	_ = cmd.Run() // the code says it
	oneLine(t, stderr.String())
	return stderr.String(), cmd.ProcessState.ExitCode()
}

func user() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	asUser(attr, 1000)
	return attr
}

// TestForbiddenBuckets: a folder for backups or images that cannot be written is
// said loudly, and the shops are served.
func TestForbiddenBuckets(t *testing.T) {
	for dir, want := range map[string]string{"replica": "NO BACKUPS", "replica/.tmp": "NO BACKUPS", "assets": "NO IMAGES"} {
		t.Run(dir, func(t *testing.T) {
			const name = "kopi.myshopify.com"
			data := t.TempDir()
			s := startServer(t, data)
			key := newShop(t, data, name)
			s.upload(t, key)
			s.end(t, syscall.SIGTERM)
			must(t, filepath.WalkDir(filepath.Join(data, dir), func(path string, d os.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					err = os.Chmod(path, 0o500)
				}
				return err
			}))
			s = startServerAs(t, user(), data)
			s.logged(t, "level=ERROR", want, "permission denied")
			s.saveDesign(t, key, "kept")
			out, _ := lapakFailsAs(t, user(), "doctor", "--data", data)
			if !strings.Contains(out, "permission denied") {
				t.Errorf("doctor: %s", out)
			}
			must(t, filepath.WalkDir(filepath.Join(data, dir), func(path string, _ os.DirEntry, err error) error {
				if err == nil {
					err = os.Chmod(path, 0o700)
				}
				return err
			}))
			s.settle(t, parseShop(t, name))
			if a := s.upload(t, key); a.status != 201 {
				t.Error(a)
			}
		})
	}
}

// lapakFailsAs is lapakFails in a process of its own.
func lapakFailsAs(t *testing.T, attr *syscall.SysProcAttr, args ...string) (out, line string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "lapak", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &stdout, &stderr, attr
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Fatalf("lapak %v: exit code %d: %s%s", args, code, stdout.String(), stderr.String())
	}
	oneLine(t, stderr.String())
	return stdout.String(), stderr.String()
}

// TestForbiddenFiles starts as a user without root's powers.
func TestForbiddenFiles(t *testing.T) {
	for what, c := range map[string]struct {
		path string
		mode os.FileMode
		want []string
	}{
		"data folder": {"", 0o500, []string{"data folder: ", "permission denied"}},
		"catalog":     {"catalog.db", 0o400, []string{"catalog", "read-only"}},
		"secret key":  {"secret.key", 0o000, []string{"secret key: ", "secret.key", "permission denied"}},
		"open key":    {"secret.key", 0o644, []string{"secret key: ", "may be read by others (mode 0644): chmod 600 it"}},
	} {
		t.Run(what, func(t *testing.T) {
			data := t.TempDir()
			s := startServer(t, data)
			key := newShop(t, data, "kopi.myshopify.com")
			s.saveDesign(t, key, "kept")
			s.end(t, syscall.SIGTERM)
			path := filepath.Join(data, c.path)
			info, err := os.Stat(path)
			must(t, err)
			must(t, os.Chmod(path, c.mode))
			line, code := runAs(t, user(), "serve", "--data", data, "--listen", "127.0.0.1:0")
			must(t, os.Chmod(path, info.Mode().Perm()))
			if code != exitFailed || !containsAll(line, c.want) {
				t.Errorf("exit code %d: %swant %q", code, line, c.want)
			}
			s = startServer(t, data)
			same(t, "once it is allowed", s.names(t, key), []string{"kept"})
		})
	}
}

// TestWrongPlaces names a file or nothing where a folder should be.
func TestWrongPlaces(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for what, c := range map[string]struct {
		args []string
		want string
	}{
		"empty key":          {[]string{"--secret-key-file", file}, "does not hold a key: it must be 64 hexadecimal digits"},
		"key is a folder":    {[]string{"--secret-key-file", t.TempDir()}, "secret key: "},
		"assets are a file":  {[]string{"--assets", "file:" + file}, "assets: "},
		"data in a file":     {[]string{"--data", file + "/data"}, "data folder: "},
		"settings a folder":  {[]string{"--litestream", t.TempDir()}, "replication settings: "},
		"another's port":     {[]string{"--listen", "192.0.2.1:80"}, "listen: "},
		"assets have no key": {[]string{"--assets", "s3://bucket"}, "AWS_ACCESS_KEY_ID"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			line, code := startFails(t, t.TempDir(), c.args...)
			if code != exitFailed && code != exitUsage || !strings.Contains(line, c.want) {
				t.Errorf("exit code %d: %s", code, line)
			}
		})
	}
}
