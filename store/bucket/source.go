package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// source reads the bytes of a Put. It ends with the context, and fails with
// ErrSize instead of io.EOF when their number is not the one announced.
type source struct {
	ctx  context.Context
	r    io.Reader
	size int64 // -1: unknown
	n    int64 // bytes read
}

func newSource(ctx context.Context, r io.Reader, size int64) (*source, error) {
	if size < -1 {
		return nil, fmt.Errorf("size %d: must be -1 (unknown) or more", size)
	}
	return &source{ctx: ctx, r: r, size: size}, nil
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.n += int64(n)
	switch {
	case s.size >= 0 && s.n > s.size:
		return n, fmt.Errorf("%w: more than %d bytes", ErrSize, s.size)
	case err == io.EOF && s.size >= 0 && s.n < s.size:
		return n, fmt.Errorf("%w: %d bytes of %d", ErrSize, s.n, s.size)
	}
	return n, err
}

// readHead reads up to limit bytes. whole tells that r ended within them.
// The buffer grows in few steps, so that small unknown sizes stay cheap.
func readHead(r io.Reader, expected int64, limit int) (head []byte, whole bool, err error) {
	space := 64 << 10
	if expected >= 0 {
		space = int(min(expected, int64(limit)))
	}
	buf := make([]byte, 0, space+1) // one more byte to meet the end
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if errors.Is(err, io.EOF) || err == io.ErrUnexpectedEOF {
			return buf, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		if len(buf) > limit {
			return buf, false, nil
		}
		grown := make([]byte, len(buf), min(16*cap(buf), limit+1))
		copy(grown, buf)
		buf = grown
	}
}
