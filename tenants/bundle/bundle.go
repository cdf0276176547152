// Package bundle is the format of a shop as one file: a zip of manifest.json, the
// database and the assets' bytes, in this order.
//
// It is written and read as a stream, in little memory however large it is. So
// that it can be checked as it comes, it has one canonical form: the manifest says
// in which order which entries follow, with their sizes and SHA-256, and whatever
// else a zip says about them follows from that, but for how well they are packed. A
// Reader accepts nothing else.
// Every tool that knows zip can open a bundle; one that was packed anew is none.
package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Format is the version of the format that this package writes and reads.
const Format = 1

var (
	// ErrNotBundle says that a file is no shop's export, or one that was packed anew.
	ErrNotBundle = errors.New("this is no file that lapak export wrote")
	// ErrDamaged says that a file was an export and has been changed or cut off.
	ErrDamaged = errors.New("the file is damaged")
	// ErrNewer says that a file's format is of a newer Lapak.
	ErrNewer = errors.New("this file was written by a newer version of Lapak")
	// ErrTooLarge says that a file holds more than the Limits.
	ErrTooLarge = errors.New("the file holds too much")
	// ErrDiffers says that a Writer was given other bytes than its manifest says.
	ErrDiffers = errors.New("the bytes are not what they should be")
)

// The names in the zip. An object's is AssetsPrefix and its key within the shop.
const (
	ManifestName = "manifest.json"
	DatabaseName = "shop.db"
	AssetsPrefix = "assets/"
)

// Entry is one file in a bundle.
type Entry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // bytes
	SHA256 string `json:"sha256"` // 64 hexadecimal digits
}

// Object is the entry of an object: its name, TYPE/SHA256.EXT, holds its hash.
func Object(object string, size int64) Entry {
	_, name, _ := strings.Cut(object, "/")
	sum, _, _ := strings.Cut(name, ".")
	return Entry{Name: AssetsPrefix + object, Size: size, SHA256: sum}
}

// Object is the object's name, TYPE/SHA256.EXT; "" for the database.
func (e Entry) Object() string {
	object, is := strings.CutPrefix(e.Name, AssetsPrefix)
	if !is {
		return ""
	}
	return object
}

// Manifest is what a bundle says of itself.
type Manifest struct {
	Format    int       `json:"format"`
	Shop      string    `json:"shop"`
	UUID      string    `json:"id"`
	Epoch     int       `json:"epoch"`
	Schema    int       `json:"schemaVersion"`
	CreatedAt time.Time `json:"createdAt"` // when the shop was as it is in here; UTC
	State     string    `json:"state"`
	// Config is the shop's config by ShopConfig's names, without limits.
	Config map[string]string `json:"config"`
	// Limits are those of the shop's own, which are not its plan's.
	Limits      map[string]string `json:"limits"`
	Tables      map[string]int64  `json:"tables"` // rows
	Database    Entry             `json:"database"`
	ObjectCount int64             `json:"objectCount"`
	ObjectBytes int64             `json:"objectBytes"`
}

// The manifest is JSON, laid out in lines so that it can be read in little memory:
// the head, one line for each object, the end.
const (
	headEnd = `,"objects":[`
	lastEnd = "]}\n"
	maxLine = 64 << 10
)

func (m Manifest) head() ([]byte, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	return append(raw[:len(raw)-1], headEnd+"\n"...), nil
}

// parseHead accepts exactly what head writes.
func parseHead(line []byte) (m Manifest, err error) {
	raw, ok := bytes.CutSuffix(line, []byte(headEnd+"\n"))
	if !ok {
		return m, fmt.Errorf("%w: its manifest is none", ErrNotBundle)
	}
	raw = append(bytes.Clone(raw), '}')
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(raw, &version); err != nil || version.Format < 1 {
		return m, fmt.Errorf("%w: its manifest is none", ErrNotBundle)
	}
	if version.Format > Format {
		return m, fmt.Errorf("%w: its format is %d, this program knows %d", ErrNewer, version.Format, Format)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("%w: its manifest: %w", ErrDamaged, err)
	}
	if again, err := m.head(); err != nil || !bytes.Equal(again, line) {
		return m, fmt.Errorf("%w: its manifest is not in the canonical form", ErrDamaged)
	}
	return m, m.check()
}

func (m Manifest) check() error {
	if m.Database.Name != DatabaseName || m.Database.Size <= 0 || !hashForm.MatchString(m.Database.SHA256) {
		return fmt.Errorf("%w: its manifest names no database", ErrDamaged)
	}
	if m.ObjectCount < 0 || m.ObjectBytes < 0 {
		return fmt.Errorf("%w: its manifest counts wrong", ErrDamaged)
	}
	return nil
}

var (
	hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
	// nameForm leads out of no folder, on any system.
	nameForm = regexp.MustCompile(`^assets/[a-z][a-z-]{0,31}/[0-9a-f]{64}\.[0-9a-z]{1,8}$`)
)

func (e Entry) check() error {
	if !nameForm.MatchString(e.Name) || e.Size < 0 || Object(e.Object(), e.Size) != e {
		return fmt.Errorf("%w: its manifest names an asset that is none", ErrDamaged)
	}
	return nil
}

func (e Entry) line(first bool) ([]byte, error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	if !first {
		raw = append([]byte(","), raw...)
	}
	return append(raw, '\n'), nil
}

func parseEntry(line []byte, first bool) (e Entry, err error) {
	if err := json.Unmarshal(bytes.TrimPrefix(line, []byte(",")), &e); err != nil {
		return e, fmt.Errorf("%w: its manifest: %w", ErrDamaged, err)
	}
	if again, err := e.line(first); err != nil || !bytes.Equal(again, line) {
		return e, fmt.Errorf("%w: its manifest is not in the canonical form", ErrDamaged)
	}
	return e, e.check()
}
