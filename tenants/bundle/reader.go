package bundle

import (
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// Limits are how much a bundle may hold, in bytes; 0 does not limit. They bound
// what it says that it holds, and a Reader yields no byte more than that.
type Limits struct {
	Manifest int64
	Database int64
	Object   int64 // of each
}

// Reader reads a bundle and checks all of it on the way: nothing is proven before
// Next has returned io.EOF.
type Reader struct {
	in       *source
	limits   Limits
	manifest Manifest
	lines    *bufio.Reader // of the manifest, behind its head
	last     string        // the name of the object before
	begun    bool          // the database was returned
	objects  int64
	bytes    int64
	entry    *entryReader // the last one returned
	unpacker io.ReadCloser
	entries  int64
	dir      hash.Hash // of what the directory should be
	dirSize  int64
	err      error
}

// NewReader reads the manifest from r, keeping it in scratch, an empty file.
// It is ErrNotBundle, ErrDamaged, ErrNewer or ErrTooLarge.
func NewReader(r io.Reader, scratch io.ReadWriteSeeker, limits Limits) (*Reader, error) {
	b := &Reader{in: &source{r: bufio.NewReaderSize(r, 256<<10)}, limits: limits, dir: sha256.New()}
	if err := b.spool(scratch); err != nil {
		return nil, err
	}
	b.lines = bufio.NewReaderSize(scratch, maxLine)
	head, err := b.line()
	if err != nil {
		return nil, err
	}
	if b.manifest, err = parseHead(head); err != nil {
		return nil, err
	}
	if limits.Database > 0 && b.manifest.Database.Size > limits.Database {
		return nil, fmt.Errorf("%w: a database of %d bytes", ErrTooLarge, b.manifest.Database.Size)
	}
	return b, nil
}

// Manifest is what the bundle says of itself. It is proven when Next has returned
// io.EOF, and what it says of the shop is the caller's to compare.
func (b *Reader) Manifest() Manifest { return b.manifest }

// spool copies the manifest into scratch. It is stored unpacked, so it takes no
// more room than it took in the bundle.
func (b *Reader) spool(scratch io.ReadWriteSeeker) error {
	var head [localLen]byte
	if _, err := io.ReadFull(b.in, head[:]); err != nil || binary.LittleEndian.Uint32(head[:]) != localSignature {
		return b.foreign(err)
	}
	r := record{
		name: ManifestName, method: stored, crc: binary.LittleEndian.Uint32(head[14:]),
		packed: int64(binary.LittleEndian.Uint32(head[18:])), size: int64(binary.LittleEndian.Uint32(head[22:])),
	}
	want := r.local()
	name := make([]byte, len(ManifestName))
	if _, err := io.ReadFull(b.in, name); err != nil || !bytes.Equal(append(head[:], name...), want) || r.packed != r.size {
		return b.foreign(err)
	}
	if b.limits.Manifest > 0 && r.size > b.limits.Manifest {
		return fmt.Errorf("%w: a manifest of %d bytes", ErrTooLarge, r.size)
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(io.MultiWriter(scratch, sum), b.in, r.size); err != nil {
		return b.broken(err)
	}
	if sum.Sum32() != r.crc {
		return fmt.Errorf("%w: its manifest has another checksum", ErrDamaged)
	}
	b.note(r)
	_, err := scratch.Seek(0, io.SeekStart)
	return err
}

// foreign is for a beginning that is none of a bundle's.
func (b *Reader) foreign(err error) error {
	if b.in.err != nil {
		return b.in.err
	}
	if err != nil {
		return fmt.Errorf("%w: it is too short", ErrNotBundle)
	}
	return fmt.Errorf("%w: it does not begin with a manifest", ErrNotBundle)
}

// broken is what ended the reading: the source's own error, or else damage.
func (b *Reader) broken(err error) error {
	switch {
	case b.in.err != nil:
		return b.in.err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it is cut off", ErrDamaged)
	}
	return err
}

// line is the manifest's next line.
func (b *Reader) line() ([]byte, error) {
	line, err := b.lines.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%w: its manifest is cut off", ErrDamaged)
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fmt.Errorf("%w: its manifest has a line that is too long", ErrDamaged)
	}
	return line, err
}

// Next returns the next entry, the database first and then the objects in order of
// their names, and its bytes, which must be read to their end: there it is known
// whether they are those of the entry. It is io.EOF after the last, when all of
// the bundle is proven.
func (b *Reader) Next() (Entry, io.Reader, error) {
	if b.err == nil && b.entry != nil && !b.entry.done {
		b.err = errors.New("an entry of the bundle was not read to its end")
	}
	if b.err != nil {
		return Entry{}, nil, b.err
	}
	e, err := b.announced()
	if err == nil {
		err = b.open(e)
	}
	if errors.Is(err, errEnd) {
		if err = b.end(); err == nil {
			err = io.EOF
		}
	}
	if b.err = err; err != nil {
		return Entry{}, nil, err
	}
	return e, b.entry, nil
}

var errEnd = errors.New("the manifest ends")

// announced is the entry that the manifest says comes next, or errEnd.
func (b *Reader) announced() (e Entry, err error) {
	if !b.begun {
		b.begun = true
		return b.manifest.Database, nil
	}
	line, err := b.line()
	if err != nil {
		return e, err
	}
	if string(line) == lastEnd {
		return e, errEnd
	}
	if e, err = parseEntry(line, b.objects == 0); err != nil {
		return e, err
	}
	if e.Name <= b.last {
		return e, fmt.Errorf("%w: its manifest names assets twice or in disorder", ErrDamaged)
	}
	if b.limits.Object > 0 && e.Size > b.limits.Object {
		return e, fmt.Errorf("%w: an asset of %d bytes", ErrTooLarge, e.Size)
	}
	if e.Size > b.manifest.ObjectBytes-b.bytes {
		return e, fmt.Errorf("%w: its manifest counts wrong", ErrDamaged)
	}
	b.last, b.objects, b.bytes = e.Name, b.objects+1, b.bytes+e.Size
	return e, nil
}

// open reads the header of e. How e is packed is the only thing in it that is not
// known.
func (b *Reader) open(e Entry) error {
	r := record{name: e.Name, size: e.Size, offset: b.in.n}
	want := r.local()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(b.in, got); err != nil {
		return b.broken(err)
	}
	if r.method = binary.LittleEndian.Uint16(got[8:]); r.method == deflated {
		want = r.local()
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%w: where %s should begin there is something else", ErrDamaged, e.Name)
	}
	b.entry = &entryReader{b: b, want: e, rec: r, start: b.in.n, sums: newSums()}
	b.entry.r = io.LimitReader(b.in, e.Size)
	if r.method == deflated {
		b.entry.r = b.unpack()
	}
	return nil
}

func (b *Reader) unpack() io.Reader {
	if b.unpacker == nil {
		b.unpacker = flate.NewReader(b.in)
	} else {
		_ = b.unpacker.(flate.Resetter).Reset(b.in, nil) // never fails without a dictionary
	}
	return b.unpacker
}

func (b *Reader) note(r record) {
	n, _ := b.dir.Write(r.central()) // a hash never fails
	b.entries, b.dirSize = b.entries+1, b.dirSize+int64(n)
}

// end proves what is behind the last entry.
func (b *Reader) end() error {
	if b.objects != b.manifest.ObjectCount || b.bytes != b.manifest.ObjectBytes {
		return fmt.Errorf("%w: its manifest counts wrong", ErrDamaged)
	}
	if _, err := b.lines.ReadByte(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: its manifest goes on behind its end", ErrDamaged)
	}
	offset, got := b.in.n, sha256.New()
	if _, err := io.CopyN(got, b.in, b.dirSize); err != nil {
		return b.broken(err)
	}
	if !bytes.Equal(got.Sum(nil), b.dir.Sum(nil)) {
		return fmt.Errorf("%w: its directory is not that of its entries", ErrDamaged)
	}
	want := ending(b.entries, b.dirSize, offset)
	tail := make([]byte, len(want))
	if _, err := io.ReadFull(b.in, tail); err != nil {
		return b.broken(err)
	}
	if !bytes.Equal(tail, want) {
		return fmt.Errorf("%w: its end is not that of its entries", ErrDamaged)
	}
	if _, err := b.in.ReadByte(); !errors.Is(err, io.EOF) {
		if b.in.err != nil {
			return b.in.err
		}
		return fmt.Errorf("%w: it goes on behind its end", ErrDamaged)
	}
	return nil
}

// entryReader yields an entry's bytes, at most as many as were announced, and
// io.EOF if they are the right ones.
type entryReader struct {
	b     *Reader
	want  Entry
	rec   record
	r     io.Reader
	start int64
	sums  *sums
	done  bool
	err   error
}

func (e *entryReader) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.r.Read(p)
	n = int(min(int64(n), e.want.Size-e.sums.n+1)) // one more shows that there are more
	_, _ = e.sums.Write(p[:n])
	switch {
	case e.sums.n > e.want.Size:
		n, e.err = 0, fmt.Errorf("%w: %s is larger than announced", ErrDamaged, e.want.Name)
	case errors.Is(err, io.EOF):
		e.err = e.finish()
	case err != nil:
		e.err = e.spoilt(err)
	}
	if e.err != nil && !errors.Is(e.err, io.EOF) {
		e.b.err = e.err
	}
	return n, e.err
}

func (e *entryReader) spoilt(err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		return fmt.Errorf("%w: %s cannot be unpacked", ErrDamaged, e.want.Name)
	}
	return e.b.broken(err)
}

// finish compares what was read with what was announced; io.EOF if all is right.
func (e *entryReader) finish() error {
	b := e.b
	if b.in.err != nil {
		return b.in.err
	}
	if e.sums.n < e.want.Size {
		return fmt.Errorf("%w: %s is cut off", ErrDamaged, e.want.Name)
	}
	if e.sums.sha256() != e.want.SHA256 {
		return fmt.Errorf("%w: %s has another hash", ErrDamaged, e.want.Name)
	}
	e.rec.packed, e.rec.crc = b.in.n-e.start, e.sums.crc.Sum32()
	want := e.rec.descriptor()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(b.in, got); err != nil {
		return b.broken(err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%w: %s has another checksum", ErrDamaged, e.want.Name)
	}
	b.note(e.rec)
	e.done = true
	return io.EOF
}

// source counts what was read, to the byte: a bufio.Reader reads ahead.
type source struct {
	r   *bufio.Reader
	n   int64
	err error // of the reader below, if it was not its end
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	return n, s.count(n, err)
}

func (s *source) ReadByte() (byte, error) {
	c, err := s.r.ReadByte()
	if err != nil {
		return c, s.count(0, err)
	}
	s.n++
	return c, nil
}

func (s *source) count(n int, err error) error {
	s.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return err
}
