package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Put implements Bucket: a temporary file, fsync, its time, its name, fsync of
// the folder.
func (f *Folder) Put(ctx context.Context, key string, r io.Reader, size int64, opt PutOptions) (Info, error) {
	if err := checkCall(ctx, key); err != nil {
		return Info{}, failed("put", key, err)
	}
	src, err := newSource(ctx, r, size)
	if err != nil {
		return Info{}, failed("put", key, err)
	}
	info := Info{Key: key, ModTime: opt.modTime()}
	temp, err := f.writeTemp(src, info.ModTime)
	if err != nil {
		return Info{}, failed("put", key, err)
	}
	info.Size = src.n
	if err := ctx.Err(); err != nil {
		return Info{}, failed("put", key, errors.Join(err, f.root.Remove(temp)))
	}
	return info, failed("put", key, f.place(temp, key, opt.IfAbsent))
}

// writeTemp writes src into a new file that has its bytes and its time on the
// disk, and returns the file's name. On error there is no file.
func (f *Folder) writeTemp(src io.Reader, mod time.Time) (name string, err error) {
	// The name holds the time of birth: sweep cannot go by the file's own time.
	name = path.Join(tempFolder, fmt.Sprintf("%d-%s", time.Now().Unix(), rand.Text()))
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, src)
	if err == nil {
		err = f.root.Chtimes(name, mod, mod)
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, f.root.Remove(name))
	}
	return name, nil
}

// place gives the finished file its key and makes that durable. The temporary
// name is gone afterwards, whatever happens.
func (f *Folder) place(temp, key string, ifAbsent bool) error {
	err := f.name(temp, key, ifAbsent)
	// Another process may remove the empty folders we have just made.
	for try := 0; try < 10 && errors.Is(err, fs.ErrNotExist); try++ {
		if err = f.makeParents(folderOf(key)); err == nil {
			err = f.name(temp, key, ifAbsent)
		}
	}
	if err != nil || ifAbsent {
		err = errors.Join(f.placeError(key, err), f.root.Remove(temp))
	}
	if err != nil {
		return err
	}
	return f.syncDir(folderOf(key))
}

// name is one atomic step: a link fails when the key is there, a rename
// replaces it.
func (f *Folder) name(temp, key string, ifAbsent bool) error {
	f.tree.RLock()
	defer f.tree.RUnlock()
	if ifAbsent {
		return f.root.Link(temp, key)
	}
	return f.root.Rename(temp, key)
}

func (f *Folder) placeError(key string, err error) error {
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR) {
		return badKey(key, "a part of it is a key itself, or it is a folder of keys")
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if fi, statErr := f.root.Lstat(key); statErr == nil && fi.IsDir() {
		return badKey(key, "it is a folder of keys")
	}
	return ErrExists
}

func (f *Folder) makeParents(dir string) error {
	f.tree.Lock()
	defer f.tree.Unlock()
	made := ""
	for segment := range strings.SplitSeq(dir, "/") {
		parent := made
		made = path.Join(made, segment)
		err := f.root.Mkdir(made, 0o700)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err = errors.Join(err, f.syncDir(parent)); err != nil {
			return err
		}
	}
	return nil
}

// syncDir makes the names in dir durable. A folder that is gone was removed
// together with its last key, and has nothing to keep.
func (f *Folder) syncDir(dir string) error {
	d, err := f.root.Open(path.Join(".", dir))
	if absent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Delete implements Bucket. Folders that become empty go too.
func (f *Folder) Delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := CheckKey(key); err != nil {
			return failed("delete", key, err)
		}
	}
	folders := make(map[string]bool)
	for _, key := range keys {
		if err := f.remove(ctx, key); err != nil {
			return failed("delete", key, err)
		}
		folders[folderOf(key)] = true
	}
	for folder := range folders {
		if err := f.prune(folder); err != nil {
			return failed("delete from", folder, err)
		}
	}
	return nil
}

func (f *Folder) remove(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// Without this look an empty folder of that name would be removed.
	if _, err := f.stat(key); err != nil {
		return unless(err, ErrNotFound)
	}
	return unless(f.root.Remove(key), fs.ErrNotExist)
}

// prune removes folder and its parents as far as they are empty, and makes
// what was removed durable.
func (f *Folder) prune(folder string) error {
	f.tree.Lock()
	for folder != "" && f.removeEmpty(folder) {
		folder = folderOf(folder)
	}
	f.tree.Unlock()
	return f.syncDir(folder)
}

// removeEmpty tells whether folder is gone.
func (f *Folder) removeEmpty(folder string) bool {
	fi, err := f.root.Lstat(folder)
	if err != nil || !fi.IsDir() {
		return absent(err)
	}
	return f.root.Remove(folder) == nil
}

// sweep makes the folder of unfinished files and removes those begun before t.
func (f *Folder) sweep(t time.Time) error {
	if err := f.root.Mkdir(tempFolder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := f.readDir(tempFolder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		begun, _, _ := strings.Cut(e.Name(), "-")
		if sec, err := strconv.ParseInt(begun, 10, 64); err != nil || sec >= t.Unix() {
			continue
		}
		if err := unless(f.root.Remove(path.Join(tempFolder, e.Name())), fs.ErrNotExist); err != nil {
			return err
		}
	}
	return nil
}

// unless returns err, or nil when it is the harmless one.
func unless(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}
