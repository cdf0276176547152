package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Folder is a Bucket of files. A key is a file below the folder, so no key can
// run through another one (a and a/b): that is ErrBadKey. Symbolic links and
// special files are no keys, and a link cannot lead outside.
type Folder struct {
	dir  string
	root *os.Root

	// tree is held for reading while a file gets its name, and for writing
	// while folders are made or removed. So no file is put into a folder that is
	// being removed, or into one whose own name is not durable yet.
	tree sync.RWMutex
}

// NewFolder opens dir, which is made (mode 0700) when absent, and clears it of
// unfinished files that are older than a day.
func NewFolder(dir string) (*Folder, error) {
	if dir == "" {
		return nil, errors.New("open bucket folder: the path is empty")
	}
	if err := makeDirs(filepath.Clean(dir)); err != nil {
		return nil, fmt.Errorf("open bucket folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open bucket folder: %w", err)
	}
	f := &Folder{dir: dir, root: root}
	if err := f.sweep(time.Now().Add(-24 * time.Hour)); err != nil {
		return nil, errors.Join(fmt.Errorf("open bucket folder: %w", err), root.Close())
	}
	return f, nil
}

// makeDirs is os.MkdirAll whose new folders are durable.
func makeDirs(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeDirs(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	p, err := os.Open(parent)
	if err != nil {
		return err
	}
	return errors.Join(p.Sync(), p.Close())
}

// String returns "file:" and the path that NewFolder was given.
func (f *Folder) String() string { return "file:" + f.dir }

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Sign returns "": a folder has no URLs.
func (f *Folder) Sign(_ context.Context, key string, _ time.Duration) (string, error) {
	return "", CheckKey(key)
}

// Stat implements Bucket.
func (f *Folder) Stat(ctx context.Context, key string) (Info, error) {
	if err := checkCall(ctx, key); err != nil {
		return Info{}, failed("stat", key, err)
	}
	info, err := f.stat(key)
	return info, failed("stat", key, err)
}

func (f *Folder) stat(key string) (Info, error) {
	fi, err := f.root.Lstat(key)
	if absent(err) || err == nil && !fi.Mode().IsRegular() {
		return Info{}, ErrNotFound
	}
	if err != nil {
		return Info{}, err
	}
	return fileInfo(key, fi), nil
}

// Get implements Bucket.
func (f *Folder) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, Info, error) {
	if err := errors.Join(checkCall(ctx, key), checkRange(offset, length)); err != nil {
		return nil, Info{}, failed("get", key, err)
	}
	// Looking first keeps special files closed: to open a pipe is to wait.
	if _, err := f.stat(key); err != nil {
		return nil, Info{}, failed("get", key, err)
	}
	file, err := f.root.Open(key)
	if absent(err) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, Info{}, failed("get", key, err)
	}
	body, info, err := readPart(file, key, offset, length)
	if err != nil {
		return nil, Info{}, failed("get", key, errors.Join(err, file.Close()))
	}
	return &ctxBody{ctx: ctx, r: body, c: file}, info, nil
}

// readPart returns the asked part of file, and what the open file itself says,
// since its name may belong to another one by now.
func readPart(file *os.File, key string, offset, length int64) (io.Reader, Info, error) {
	fi, err := file.Stat()
	if err != nil {
		return nil, Info{}, err
	}
	if !fi.Mode().IsRegular() {
		return nil, Info{}, ErrNotFound
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return nil, Info{}, err
	}
	if length == 0 {
		return file, fileInfo(key, fi), nil
	}
	return io.LimitReader(file, length), fileInfo(key, fi), nil
}

// ctxBody ends reading with the context, as a body from S3 does.
type ctxBody struct {
	ctx context.Context
	r   io.Reader
	c   io.Closer
}

func (b *ctxBody) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	return b.r.Read(p)
}

func (b *ctxBody) Close() error { return b.c.Close() }

func fileInfo(key string, fi fs.FileInfo) Info {
	return Info{Key: key, Size: fi.Size(), ModTime: fi.ModTime().UTC()}
}

// absent tells whether err means that there is no such file: its name is not
// there, or one of its folders is a file.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func checkCall(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	return ctx.Err()
}

// failed wraps err with what was being done; nil stays nil.
func failed(doing, key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", doing, key, err)
}
