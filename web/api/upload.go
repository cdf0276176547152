package api

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

const (
	maxUpload = 20 << 20 // bytes of a file
	maxText   = 4 << 10  // bytes of each other part
)

// upload is a multipart form's content: the file on disk, without a name.
type upload struct {
	file        *os.File
	size        int64
	sha256      string
	filename    string // as the sender calls it
	kind, named string
	seen        map[string]bool
}

// Close lets go of the file's bytes.
func (u *upload) Close() {
	if u.file != nil {
		_ = u.file.Close()
	}
}

// readUpload reads the whole form. The order of its parts is free. Whoever gets
// no error closes the upload.
func (a *API) readUpload(r *http.Request, c *web.Caller) (*upload, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, web.Invalid("body", "must be multipart/form-data")
	}
	u := &upload{seen: map[string]bool{}}
	if err := a.readParts(u, form, c); err != nil {
		u.Close()
		return nil, err
	}
	return u, nil
}

func (a *API) readParts(u *upload, form *multipart.Reader, c *web.Caller) error {
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return web.BodyError(err)
		}
		if err := a.readPart(u, part, c); err != nil {
			return err
		}
	}
	if u.file == nil {
		return web.Invalid("file", "must be there")
	}
	return nil
}

func (a *API) readPart(u *upload, part *multipart.Part, c *web.Caller) (err error) {
	name := part.FormName()
	if u.seen[name] {
		return web.Invalid(clip(name), "is there twice")
	}
	u.seen[name] = true
	switch name {
	case "file":
		return a.spoolFile(u, part)
	case "type":
		u.kind, err = readText(part)
	case "name":
		u.named, err = readText(part)
	case "shop":
		var shop string
		if shop, err = readText(part); err == nil {
			err = c.Names(shop)
		}
	default:
		err = web.Invalid(clip(name), "is not expected here")
	}
	return err
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

// spoolFile writes a part to disk and computes its name in the bucket meanwhile.
func (a *API) spoolFile(u *upload, part *multipart.Part) (err error) {
	if u.file, err = a.tempFile(); err != nil {
		return err
	}
	u.filename = part.FileName()
	sum := sha256.New()
	source := &reader{r: io.LimitReader(part, maxUpload+1)}
	if u.size, err = io.Copy(io.MultiWriter(u.file, sum), source); err != nil {
		if source.err != nil {
			return web.BodyError(source.err)
		}
		return fmt.Errorf("spool upload: %w", err)
	}
	switch {
	case u.size > maxUpload:
		return web.TooLarge("file", maxUpload)
	case u.size == 0:
		return web.Invalid("file", "must not be empty")
	}
	u.sha256 = hex.EncodeToString(sum.Sum(nil))
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

// title is what the asset is called: by the form, else by its file.
func (u *upload) title() string {
	if strings.TrimSpace(u.named) != "" {
		return u.named
	}
	return strings.ToValidUTF8(u.filename, "")
}
