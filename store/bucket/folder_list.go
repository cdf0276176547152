package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// List implements Bucket.
func (f *Folder) List(ctx context.Context, prefix, after string, fn func(Info) error) error {
	if err := checkList(prefix, after); err != nil {
		return failed("list", prefix, err)
	}
	l := lister{f: f, ctx: ctx, prefix: prefix, after: after, fn: fn}
	return l.walk(folderOf(prefix))
}

type lister struct {
	f             *Folder
	ctx           context.Context
	prefix, after string
	fn            func(Info) error
}

func (l *lister) walk(dir string) error {
	entries, err := l.f.readDir(dir)
	if err != nil {
		return failed("list", dir, err)
	}
	for _, e := range entries {
		if err := l.ctx.Err(); err != nil {
			return failed("list", dir, err)
		}
		if err := l.entry(path.Join(dir, e.Name()), e); err != nil {
			return err
		}
	}
	return nil
}

func (l *lister) entry(name string, e fs.DirEntry) error {
	switch {
	case CheckKey(name) != nil:
		return nil
	case e.IsDir():
		if l.skips(name + "/") {
			return nil
		}
		return l.walk(name)
	case !e.Type().IsRegular() || name <= l.after || !strings.HasPrefix(name, l.prefix):
		return nil
	}
	fi, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed since the folder was read
	}
	if err != nil {
		return failed("list", name, err)
	}
	return l.fn(fileInfo(name, fi))
}

// skips tells whether no key below folder (with its slash) is asked for.
func (l *lister) skips(folder string) bool {
	if l.after > folder && !strings.HasPrefix(l.after, folder) {
		return true
	}
	return !strings.HasPrefix(folder, l.prefix) && !strings.HasPrefix(l.prefix, folder)
}

// readDir returns the entries of dir in the byte order of the keys they lead
// to: a folder counts with its slash, so "a-b" comes before "a/". An absent
// folder has no entries.
func (f *Folder) readDir(dir string) ([]fs.DirEntry, error) {
	d, err := f.root.Open(path.Join(".", dir))
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries, err := d.ReadDir(-1)
	if absent(err) {
		err = nil // removed, or a file
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(keyOrder(a), keyOrder(b)) })
	return entries, nil
}

func keyOrder(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}

// Folders implements Bucket.
func (f *Folder) Folders(ctx context.Context, folder string) ([]string, error) {
	folder, err := checkFolder(folder)
	if err != nil {
		return nil, fmt.Errorf("list folders: %w", err)
	}
	entries, err := f.readDir(folder)
	if err != nil {
		return nil, failed("list folders of", folder, err)
	}
	var names []string
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, failed("list folders of", folder, err)
		}
		name := folder + e.Name()
		if !e.IsDir() || CheckKey(name) != nil {
			continue
		}
		// A crash can leave a folder without keys, which S3 could not have.
		has, err := f.hasKey(ctx, name)
		if err != nil {
			return nil, failed("list folders of", folder, err)
		}
		if has {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

func (f *Folder) hasKey(ctx context.Context, folder string) (bool, error) {
	err := f.List(ctx, folder+"/", "", func(Info) error { return io.EOF })
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return false, err
}
