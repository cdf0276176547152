package adopt

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// sum is a hash of a set of rows, whatever their order: the sum of their hashes.
type sum struct {
	rows  int64
	lanes [4]uint64
}

func (s *sum) add(row [sha256.Size]byte) {
	s.rows++
	for i := range s.lanes {
		s.lanes[i] += binary.BigEndian.Uint64(row[8*i:])
	}
}

func (s *sum) addAll(o sum) {
	s.rows += o.rows
	for i := range s.lanes {
		s.lanes[i] += o.lanes[i]
	}
}

// String is the hash in hexadecimal.
func (s *sum) String() string {
	var b []byte
	for _, lane := range s.lanes {
		b = binary.BigEndian.AppendUint64(b, lane)
	}
	return hex.EncodeToString(b)
}

// digester hashes rows, one value after the other. Each is written with its
// length, so that no two rows write the same.
type digester struct {
	h   hash.Hash
	buf []byte
}

func newDigester() *digester { return &digester{h: sha256.New()} }

func (d *digester) number(n int64) { d.buf = binary.BigEndian.AppendUint64(d.buf, uint64(n)) }

func (d *digester) text(s string) {
	d.number(int64(len(s)))
	d.buf = append(d.buf, s...)
}

func (d *digester) truth(b bool) {
	if b {
		d.number(1)
	} else {
		d.number(0)
	}
}

func (d *digester) optional(s *string) {
	if d.truth(s != nil); s != nil {
		d.text(*s)
	}
}

func (d *digester) optionalNumber(n *int64) {
	if d.truth(n != nil); n != nil {
		d.number(*n)
	}
}

// bytes is for what may be long: it is hashed where it lies.
func (d *digester) bytes(b []byte) {
	d.number(int64(len(b)))
	_, _ = d.h.Write(d.buf) // a hash never fails
	_, _ = d.h.Write(b)
	d.buf = d.buf[:0]
}

// row is the hash of one row.
func (d *digester) row(r record) (is [sha256.Size]byte) {
	d.h.Reset()
	d.buf = d.buf[:0]
	r.write(d)
	_, _ = d.h.Write(d.buf)
	d.h.Sum(is[:0])
	return is
}
