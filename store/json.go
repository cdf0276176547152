package store

import "encoding/binary"

// maxJSONDepth is encoding/json's own.
const maxJSONDepth = 10000

// validJSON is json.Valid, several times as fast: designs are large, and those
// of a whole fleet are looked at when it is adopted.
func validJSON(b []byte) bool {
	end := jsonValue(b, jsonSpace(b, 0), 0)
	return end >= 0 && jsonSpace(b, end) == len(b)
}

// The functions below begin at b[i] and return where what they read ends, -1 if
// it is not there.

func jsonSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

func jsonValue(b []byte, i, depth int) int {
	if i >= len(b) || depth > maxJSONDepth {
		return -1
	}
	switch b[i] {
	case '{':
		return jsonMembers(b, i+1, depth+1, '}')
	case '[':
		return jsonMembers(b, i+1, depth+1, ']')
	case '"':
		return jsonString(b, i+1)
	case 't':
		return jsonWord(b, i, "true")
	case 'f':
		return jsonWord(b, i, "false")
	case 'n':
		return jsonWord(b, i, "null")
	}
	return jsonNumber(b, i)
}

func jsonWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// jsonMembers reads what is in an object or an array, behind its first bracket.
func jsonMembers(b []byte, i, depth int, closing byte) int {
	if depth > maxJSONDepth {
		return -1
	}
	if i = jsonSpace(b, i); i < len(b) && b[i] == closing {
		return i + 1
	}
	for {
		if closing == '}' {
			if i >= len(b) || b[i] != '"' {
				return -1
			}
			if i = jsonString(b, i+1); i < 0 {
				return -1
			}
			if i = jsonSpace(b, i); i >= len(b) || b[i] != ':' {
				return -1
			}
			i = jsonSpace(b, i+1)
		}
		if i = jsonValue(b, i, depth); i < 0 {
			return -1
		}
		if i = jsonSpace(b, i); i >= len(b) {
			return -1
		}
		if b[i] == closing {
			return i + 1
		}
		if b[i] != ',' {
			return -1
		}
		i = jsonSpace(b, i+1)
	}
}

// jsonString reads behind the first quote.
func jsonString(b []byte, i int) int {
	for {
		for i+8 <= len(b) && plain(binary.LittleEndian.Uint64(b[i:])) {
			i += 8
		}
		if i >= len(b) || b[i] < ' ' {
			return -1
		}
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			if i = jsonEscape(b, i+1); i < 0 {
				return -1
			}
		default:
			i++
		}
	}
}

// plain says whether none of eight bytes is a quote, a backslash or a control
// character. A doubtful one is not plain.
func plain(x uint64) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	quote, slash := x^(ones*'"'), x^(ones*'\\')
	return ((x-ones*' ')&^x|(quote-ones)&^quote|(slash-ones)&^slash)&tops == 0
}

func jsonEscape(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
	default:
		return -1
	}
	if len(b)-i < 5 {
		return -1
	}
	for _, c := range b[i+1 : i+5] {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return -1
		}
	}
	return i + 5
}

func jsonNumber(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = jsonDigits(b, i); i < 0 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i = jsonDigits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return jsonDigits(b, i)
	}
	return i
}

// jsonDigits reads one digit or more.
func jsonDigits(b []byte, i int) int {
	start := i
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}
