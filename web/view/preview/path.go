package preview

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// step is one command of a path and its numbers.
type step struct {
	command byte
	n       []float64
}

// arity is how many numbers a command takes; -1 for what is no command.
func arity(command byte) int {
	switch command | 0x20 {
	case 'm', 'l', 't':
		return 2
	case 'h', 'v':
		return 1
	case 's', 'q':
		return 4
	case 'c':
		return 6
	case 'a':
		return 7
	case 'z':
		return 0
	}
	return -1
}

// parsePath reads path data (SVG 2, section 9.3) until its first mistake, or
// until it has used up the budget of numbers.
func parsePath(d string, budget *int) []step {
	p := &pathReader{s: d}
	var all []step
	var command byte
	for {
		p.skip()
		switch {
		case p.s == "":
			return all
		case arity(p.s[0]) >= 0:
			command, p.s = p.s[0], p.s[1:]
		case command == 0 || arity(command) == 0:
			return all
		}
		if len(all) == 0 && command|0x20 != 'm' {
			return nil
		}
		want := arity(command)
		if *budget -= want + 1; *budget < 0 {
			return all
		}
		s := step{command, make([]float64, 0, want)}
		for i := range want {
			v, ok := p.number(command|0x20 == 'a' && (i == 3 || i == 4))
			if !ok {
				return all
			}
			s.n = append(s.n, v)
		}
		all = append(all, s)
		switch command { // further pairs are lines
		case 'm':
			command = 'l'
		case 'M':
			command = 'L'
		}
	}
}

type pathReader struct{ s string }

func (p *pathReader) skip() { p.s = strings.TrimLeft(p.s, " \t\r\n\f,") }

// number reads one number, or one digit for an arc's flag.
func (p *pathReader) number(flag bool) (float64, bool) {
	p.skip()
	if flag {
		if p.s == "" || p.s[0] != '0' && p.s[0] != '1' {
			return 0, false
		}
		v := float64(p.s[0] - '0')
		p.s = p.s[1:]
		return v, true
	}
	end := numberEnd(p.s)
	v, err := strconv.ParseFloat(p.s[:end], 64)
	if err != nil || math.Abs(v) > farthest {
		return 0, false
	}
	p.s = p.s[end:]
	return v, true
}

// numberEnd is where a number ends: "1.5.5-2" holds three.
func numberEnd(s string) int {
	i, dot, digits := 0, false, false
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits = true
		case c == '.' && !dot:
			dot = true
		case (c == 'e' || c == 'E') && digits:
			return exponentEnd(s, i)
		default:
			return i
		}
	}
	return i
}

func exponentEnd(s string, e int) int {
	i := e + 1
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	start := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	if i == start {
		return e
	}
	return i
}

// steps is fabric's path: an array of [command, numbers…], or path data as text.
type steps struct {
	data string
	all  []step
}

func (s *steps) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &s.data) == nil {
		return nil
	}
	var list [][]json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) > maxPath {
		return nil
	}
	for _, item := range list {
		st, ok := stepOf(item)
		if !ok {
			break
		}
		s.all = append(s.all, st)
	}
	return nil
}

func stepOf(item []json.RawMessage) (s step, ok bool) {
	var name string
	if len(item) == 0 || json.Unmarshal(item[0], &name) != nil || len(name) != 1 || arity(name[0]) != len(item)-1 {
		return s, false
	}
	s.command = name[0]
	for _, raw := range item[1:] {
		var v float64
		if json.Unmarshal(raw, &v) != nil || math.Abs(v) > farthest {
			return s, false
		}
		s.n = append(s.n, v)
	}
	return s, true
}

// corner is the least x and y of a path, as far as its points tell.
func corner(all []step) (x, y float64) {
	x, y = math.Inf(1), math.Inf(1)
	var atX, atY float64
	for _, s := range all {
		relative := s.command >= 'a'
		baseX, baseY := 0.0, 0.0
		if relative {
			baseX, baseY = atX, atY
		}
		switch n := s.n; s.command | 0x20 {
		case 'h':
			atX = baseX + n[0]
		case 'v':
			atY = baseY + n[0]
		case 'z':
		default:
			atX, atY = baseX+n[len(n)-2], baseY+n[len(n)-1]
		}
		x, y = min(x, atX), min(y, atY)
	}
	if math.IsInf(x, 0) {
		return 0, 0
	}
	return x, y
}
