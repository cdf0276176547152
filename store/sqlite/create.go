package sqlite

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	driver "modernc.org/sqlite"
)

// Image returns the bytes of a database that script made: a template from which
// Create makes files about thirty times faster than by running the script.
func Image(script string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "lapak-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if err := build(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, nil, func(c *Conn) error { return c.script(script) }); err != nil {
		return nil, fmt.Errorf("prepare template: %w", err)
	}
	return os.ReadFile(path)
}

// Create makes the file at path from an image, changed by fill, durably and
// whole or not at all. It is fs.ErrExist if path is there.
func Create(path string, image []byte, fill func(*Conn) error) error {
	tmp := path + ".new"
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	_ = os.Remove(tmp) // left by a crash; nobody else writes here
	defer os.Remove(tmp)
	if err := build(tmp, os.O_CREATE|os.O_EXCL|os.O_RDWR, image, fill); err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	// Link, unlike rename, refuses to replace a file that is already there.
	if err := os.Link(tmp, path); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	// The folder may be new, too. Two waits for the disk at once are one.
	above := make(chan error, 1)
	go func() { above <- SyncDir(filepath.Dir(filepath.Dir(path))) }()
	return errors.Join(os.Remove(tmp), SyncDir(filepath.Dir(path)), <-above)
}

// build writes image to path, runs fill without any journal, and leaves a synced
// file in WAL mode. A crash in between leaves only the temporary file.
func build(path string, flags int, image []byte, fill func(*Conn) error) error {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(image); err != nil {
		return err
	}
	uri := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=rw"}
	raw, err := (&driver.Driver{}).Open(uri.String())
	if err != nil {
		return openError(path, err)
	}
	c := newConn(raw)
	err = c.script("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;")
	if err == nil {
		err = fill(c)
	}
	if err == nil {
		err = c.script("PRAGMA journal_mode=WAL")
	}
	if err = errors.Join(err, c.close()); err != nil {
		return err
	}
	return f.Sync()
}

// SyncDir makes the names in a folder durable: a file that was created or
// renamed is there after a power failure only when its folder was synced.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
