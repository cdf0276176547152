package upload

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"

	"lapak/web"
)

// File is what came, on disk and without a name there.
type File struct {
	file   *os.File
	size   int64
	sha256 string
	name   string // as the sender calls it
}

// Close lets go of the bytes.
func (f *File) Close() { _ = f.file.Close() }

// Title is what to call the file: the name that was given, else the sender's own.
func (f *File) Title(given string) string {
	if strings.TrimSpace(given) != "" {
		return given
	}
	return strings.ToValidUTF8(f.name, "")
}

// Form reads a multipart form whole: the part "file", and parts of text, each of
// which goes to the function of its name as it comes. The order is free; any other
// part is refused. Whoever gets no error closes the file.
func (u *Uploads) Form(r *http.Request, text map[string]func(value string) error) (*File, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, web.Invalid("body", "must be multipart/form-data")
	}
	form := &form{uploads: u, text: text, seen: map[string]bool{}}
	err = form.read(parts)
	if err == nil && form.file == nil {
		err = web.Invalid("file", "must be there")
	}
	if err != nil && form.file != nil {
		form.file.Close()
	}
	if err != nil {
		return nil, err
	}
	return form.file, nil
}

// To is a part of text that is kept as it came.
func To(text *string) func(string) error {
	return func(value string) error { *text = value; return nil }
}

// form is one that is being read.
type form struct {
	uploads *Uploads
	text    map[string]func(string) error
	seen    map[string]bool
	file    *File
}

func (f *form) read(parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return web.BodyError(err)
		}
		if err := f.readPart(part); err != nil {
			return err
		}
	}
}

func (f *form) readPart(part *multipart.Part) error {
	name := part.FormName()
	if f.seen[name] {
		return web.Invalid(fmt.Sprintf("%.60s", name), "is there twice")
	}
	f.seen[name] = true
	if name == "file" {
		return f.readFile(part)
	}
	keep, expected := f.text[name]
	if !expected {
		return web.Invalid(fmt.Sprintf("%.60s", name), "is not expected here")
	}
	value, err := readText(part)
	if err != nil {
		return err
	}
	return keep(value)
}

func readText(part *multipart.Part) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(part, maxText+1))
	if err != nil {
		return "", web.BodyError(err)
	}
	if len(raw) > maxText {
		return "", web.TooLarge(part.FormName(), maxText)
	}
	return string(raw), nil
}

// readFile writes the part to disk and computes its name in the bucket meanwhile.
func (f *form) readFile(part *multipart.Part) error {
	tmp, err := web.TempFile(f.uploads.spool)
	if err != nil {
		return err
	}
	f.file = &File{file: tmp, name: part.FileName()}
	sum := sha256.New()
	source := &reader{r: io.LimitReader(part, MaxFile+1)}
	if f.file.size, err = io.Copy(io.MultiWriter(tmp, sum), source); err != nil {
		if source.err != nil {
			return web.BodyError(source.err)
		}
		return fmt.Errorf("spool upload: %w", err)
	}
	switch {
	case f.file.size > MaxFile:
		return web.TooLarge("file", MaxFile)
	case f.file.size == 0:
		return web.Invalid("file", "must not be empty")
	}
	f.file.sha256 = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// reader remembers its own error, to tell the sender's faults from the disk's.
type reader struct {
	r   io.Reader
	err error
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
