package bundle

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate" // half as fast again as the standard one
)

// Writer writes a bundle: Manifest, then Add for each entry in its order, then
// Close. After an error it is of no use, and what was written is no bundle.
type Writer struct {
	out     *bufio.Writer
	n       int64 // bytes written
	scratch io.ReadWriteSeeker
	dir     *bufio.Writer // into scratch: the directory
	entries int64
	dirSize int64
	packer  *flate.Writer // of one entry after the other
}

// NewWriter writes to w and keeps the directory in scratch, an empty file,
// until Close.
func NewWriter(w io.Writer, scratch io.ReadWriteSeeker) *Writer {
	return &Writer{out: bufio.NewWriterSize(w, 256<<10), scratch: scratch, dir: bufio.NewWriterSize(scratch, 64<<10), packer: newPacker()}
}

func newPacker() *flate.Writer {
	p, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic(err) // there is such a level
	}
	return p
}

// Manifest writes the manifest. List calls its argument with each object's entry
// in order of their names; it is run twice and must say the same. Format, Database's
// name and the objects' sum are filled in.
func (w *Writer) Manifest(m Manifest, list func(func(Entry) error) error) error {
	m.Format, m.Database.Name = Format, DatabaseName
	m.ObjectCount, m.ObjectBytes = 0, 0
	// The head holds the sum, so it is known only after the lines behind it.
	if err := list(func(e Entry) error {
		m.ObjectCount, m.ObjectBytes = m.ObjectCount+1, m.ObjectBytes+e.Size
		return e.check()
	}); err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	size := &counter{w: sum}
	if err := m.write(size, list); err != nil {
		return err
	}
	r := record{name: ManifestName, crc: sum.Sum32(), packed: size.n, size: size.n, offset: w.n}
	if size.n >= large {
		return fmt.Errorf("%w: %d assets", ErrTooLarge, m.ObjectCount)
	}
	err := w.write(r.local())
	if err == nil {
		err = m.write(w, list)
	}
	if err == nil {
		err = w.note(r)
	}
	return err
}

func (m Manifest) write(w io.Writer, list func(func(Entry) error) error) error {
	head, err := m.head()
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	first := true
	err = list(func(e Entry) error {
		line, err := e.line(first)
		first = false
		if err == nil {
			_, err = w.Write(line)
		}
		return err
	})
	if err == nil {
		_, err = io.WriteString(w, lastEnd)
	}
	return err
}

// Add writes one entry, whose bytes r yields. It is ErrDiffers if they are not
// what e says.
func (w *Writer) Add(e Entry, r io.Reader) error {
	in := bufio.NewReaderSize(r, 64<<10)
	rec := record{name: e.Name, method: w.method(in), size: e.Size, offset: w.n}
	if err := w.write(rec.local()); err != nil {
		return err
	}
	start, sums := w.n, newSums()
	err := w.pack(rec.method, io.TeeReader(in, sums))
	if err != nil {
		return fmt.Errorf("write %s: %w", e.Name, err)
	}
	if sums.n != e.Size || sums.sha256() != e.SHA256 {
		return fmt.Errorf("%s: %w: %d bytes with the hash %s", e.Name, ErrDiffers, sums.n, sums.sha256())
	}
	rec.packed, rec.crc = w.n-start, sums.crc.Sum32()
	if err := w.write(rec.descriptor()); err != nil {
		return err
	}
	return w.note(rec)
}

func (w *Writer) pack(method uint16, r io.Reader) error {
	if method == stored {
		_, err := io.Copy(only{w}, r)
		return err
	}
	w.packer.Reset(w)
	_, err := io.Copy(w.packer, r)
	return errors.Join(err, w.packer.Close())
}

// sample is how much of an entry decides how it is packed.
const sample = 4 << 10

// method packs what gets at least a tenth smaller; pictures and fonts mostly are
// packed already.
func (w *Writer) method(in *bufio.Reader) uint16 {
	head, _ := in.Peek(sample) // an error shows again when it is read
	var size counter
	w.packer.Reset(&size)
	_, _ = w.packer.Write(head) // a counter never fails
	_ = w.packer.Close()
	if size.n < int64(len(head))*9/10 {
		return deflated
	}
	return stored
}

func (w *Writer) note(r record) error {
	n, err := w.dir.Write(r.central())
	w.entries, w.dirSize = w.entries+1, w.dirSize+int64(n)
	return err
}

// Close writes the end.
func (w *Writer) Close() error {
	if err := w.dir.Flush(); err != nil {
		return err
	}
	if _, err := w.scratch.Seek(0, io.SeekStart); err != nil {
		return err
	}
	offset := w.n
	if _, err := io.CopyN(w, w.scratch, w.dirSize); err != nil {
		return fmt.Errorf("write the directory: %w", err)
	}
	if err := w.write(ending(w.entries, w.dirSize, offset)); err != nil {
		return err
	}
	return w.out.Flush()
}

// Size is how many bytes were written so far.
func (w *Writer) Size() int64 { return w.n }

// Write is for the parts of an entry.
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.out.Write(p)
	w.n += int64(n)
	return n, err
}

func (w *Writer) write(p []byte) error {
	_, err := w.Write(p)
	return err
}

// only hides all methods but Write.
type only struct{ io.Writer }

type counter struct {
	w io.Writer // nil: nowhere
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	if c.w == nil {
		return len(p), nil
	}
	return c.w.Write(p)
}

// sums is what is to be known of an entry's bytes.
type sums struct {
	sha hash.Hash
	crc hash.Hash32
	n   int64
}

func newSums() *sums { return &sums{sha: sha256.New(), crc: crc32.NewIEEE()} }

func (s *sums) Write(p []byte) (int, error) {
	s.n += int64(len(p))
	_, _ = s.sha.Write(p) // hashes never fail
	_, _ = s.crc.Write(p)
	return len(p), nil
}

func (s *sums) sha256() string { return hex.EncodeToString(s.sha.Sum(nil)) }
