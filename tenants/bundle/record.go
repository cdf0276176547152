package bundle

import (
	"encoding/binary"
	"math"
)

// The parts of a zip, as in APPNOTE.TXT 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
const (
	localSignature      = 0x04034b50 // 4.3.7
	descriptorSignature = 0x08074b50 // 4.3.9
	centralSignature    = 0x02014b50 // 4.3.12
	end64Signature      = 0x06064b50 // 4.3.14
	locatorSignature    = 0x07064b50 // 4.3.15
	endSignature        = 0x06054b50 // 4.3.16

	localLen = 30

	stored   = 0
	deflated = 8

	hasDescriptor = 1 << 3           // 4.4.4: sizes and CRC follow the data
	version20     = 20               // 4.4.3
	version45     = 45               // the same, for zip64
	madeBy        = 3<<8 | version45 // 4.4.2: Unix, for the permissions
	permissions   = (0o100000 | 0o600) << 16
	noDate        = 1<<5 | 1 // 1980-01-01, the first that a zip knows

	// large is from where on an entry has 8 bytes for its sizes. It leaves room for
	// a compression that makes larger.
	large = 1 << 31
)

// record is all that a zip says of an entry.
type record struct {
	name         string
	method       uint16
	crc          uint32
	packed, size int64
	offset       int64 // of the local header
}

func (r record) large() bool { return r.size >= large }

func (r record) version() uint16 {
	if r.large() || r.offset >= math.MaxUint32 {
		return version45
	}
	return version20
}

// local is the header before the data. Those of the manifest are known then.
func (r record) local() []byte {
	flags, crc, packed, size := uint16(hasDescriptor), uint32(0), uint32(0), uint32(0)
	version, extra := uint16(version20), 0
	switch {
	case r.name == ManifestName:
		flags, crc, packed, size = 0, r.crc, uint32(r.packed), uint32(r.size)
	case r.large():
		version, packed, size, extra = version45, math.MaxUint32, math.MaxUint32, 20
	}
	b := put(nil, uint32(localSignature), version, flags, r.method, uint16(0), uint16(noDate),
		crc, packed, size, uint16(len(r.name)), uint16(extra))
	b = append(b, r.name...)
	if extra > 0 {
		b = put(b, uint16(1), uint16(16), uint64(0), uint64(0))
	}
	return b
}

// descriptor follows the data; the manifest has none.
func (r record) descriptor() []byte {
	switch {
	case r.name == ManifestName:
		return nil
	case r.large():
		return put(nil, uint32(descriptorSignature), r.crc, uint64(r.packed), uint64(r.size))
	}
	return put(nil, uint32(descriptorSignature), r.crc, uint32(r.packed), uint32(r.size))
}

// central is the record in the directory at the end.
func (r record) central() []byte {
	flags := uint16(hasDescriptor)
	if r.name == ManifestName {
		flags = 0
	}
	var extra []byte
	size, packed, offset := uint32(math.MaxUint32), uint32(math.MaxUint32), uint32(math.MaxUint32)
	if r.large() {
		extra = put(extra, uint64(r.size), uint64(r.packed))
	} else {
		size, packed = uint32(r.size), uint32(r.packed)
	}
	if r.offset >= math.MaxUint32 {
		extra = put(extra, uint64(r.offset))
	} else {
		offset = uint32(r.offset)
	}
	if extra != nil {
		extra = append(put(nil, uint16(1), uint16(len(extra))), extra...)
	}
	b := put(nil, uint32(centralSignature), uint16(madeBy), r.version(), flags, r.method, uint16(0), uint16(noDate),
		r.crc, packed, size, uint16(len(r.name)), uint16(len(extra)), uint16(0), uint16(0), uint16(0), uint32(permissions), offset)
	return append(append(b, r.name...), extra...)
}

// ending is what follows the directory, which begins at offset.
func ending(entries, size, offset int64) (b []byte) {
	if entries >= math.MaxUint16 || size >= math.MaxUint32 || offset >= math.MaxUint32 {
		b = put(b, uint32(end64Signature), uint64(44), uint16(madeBy), uint16(version45), uint32(0), uint32(0),
			uint64(entries), uint64(entries), uint64(size), uint64(offset))
		b = put(b, uint32(locatorSignature), uint32(0), uint64(offset+size), uint32(1))
	}
	n := uint16(min(entries, math.MaxUint16))
	return put(b, uint32(endSignature), uint16(0), uint16(0), n, n,
		uint32(min(size, math.MaxUint32)), uint32(min(offset, math.MaxUint32)), uint16(0))
}

// put appends numbers of 2, 4 and 8 bytes.
func put(b []byte, numbers ...any) []byte {
	for _, n := range numbers {
		switch n := n.(type) {
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, n)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, n)
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, n)
		}
	}
	return b
}
