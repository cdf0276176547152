package preview

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// svg is a picture being written. Elements are opened with tag, given attributes,
// and ended by end or over.
type svg struct{ b []byte }

func (s *svg) tag(name string) *svg {
	s.b = append(append(s.b, '<'), name...)
	return s
}

// attr writes a text as an attribute, escaped.
func (s *svg) attr(name, value string) *svg {
	s.b = append(append(append(s.b, ' '), name...), `="`...)
	s.b = escape(s.b, value)
	s.b = append(s.b, '"')
	return s
}

func (s *svg) num(name string, v float64) *svg {
	s.b = append(append(append(s.b, ' '), name...), `="`...)
	s.b = append(decimal(s.b, v), '"')
	return s
}

// numbers writes an attribute of a word and numbers, such as a transform.
func (s *svg) numbers(values ...float64) *svg {
	for i, v := range values {
		if i > 0 {
			s.b = append(s.b, ' ')
		}
		s.b = decimal(s.b, v)
	}
	return s
}

func (s *svg) raw(text string) *svg {
	s.b = append(s.b, text...)
	return s
}

// over ends an element without content.
func (s *svg) over() { s.b = append(s.b, "/>"...) }

// decimal writes a number with at most two digits after the point.
func decimal(b []byte, v float64) []byte {
	if math.IsNaN(v) {
		v = 0
	}
	v = math.Round(max(-farthest, min(farthest, v))*100) / 100
	if v == 0 {
		v = 0 // not -0
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

// escape appends text as XML; what XML cannot hold is left out.
func escape(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case strings.IndexByte(`<>&"'`, c) >= 0:
				b = append(append(append(b, "&#"...), strconv.Itoa(int(c))...), ';')
			case c >= ' ' && c != 0x7f:
				b = append(b, c)
			case c == '\t' || c == '\n' || c == '\r':
				b = append(b, ' ')
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError && r != 0xfffe && r != 0xffff {
			b = append(b, s[i:i+n]...)
		}
		i += n
	}
	return b
}
