package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxName       = 200 // characters
	maxURL        = 2000
	maxDesignJSON = 1 << 20 // bytes
	maxConfigJSON = 256 << 10
	maxProductID  = 64
)

// ProductID is raw as this package keeps product ids: a Shopify global id
// (gid://shopify/Product/1) becomes its number. Anything but 1 to 64 letters,
// digits and "_./:-" is an InvalidError.
func ProductID(raw string) (string, error) {
	id := raw
	if number, ok := strings.CutPrefix(raw, "gid://shopify/Product/"); ok {
		if number == "" || strings.Trim(number, "0123456789") != "" {
			return "", InvalidError{"shopifyProductId", "must end in a number after gid://shopify/Product/"}
		}
		id = number
	}
	if id == "" || len(id) > maxProductID || strings.IndexFunc(id, notInProductID) >= 0 {
		return "", InvalidError{"shopifyProductId", fmt.Sprintf("must be 1 to %d letters, digits or any of _./:-", maxProductID)}
	}
	return id, nil
}

func notInProductID(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !letter && !strings.ContainsRune("_./:-", r)
}

// cleanText trims a line of text; most is in characters.
func cleanText(field, raw string, most int) (string, error) {
	s := strings.TrimSpace(raw)
	switch {
	case !utf8.ValidString(s):
		return "", InvalidError{field, "must be valid UTF-8"}
	case utf8.RuneCountInString(s) > most:
		return "", InvalidError{field, fmt.Sprintf("must be at most %d characters", most)}
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return "", InvalidError{field, "must be one line without control characters"}
	}
	return s, nil
}

// cleanName is cleanText for names, which are never empty.
func cleanName(raw string) (string, error) {
	s, err := cleanText("name", raw, maxName)
	if s == "" && err == nil {
		s = "Untitled"
	}
	return s, err
}

// checkObject accepts one JSON object of at most so many bytes.
func checkObject(field string, raw json.RawMessage, most int) error {
	switch {
	case len(raw) > most:
		return InvalidError{field, fmt.Sprintf("must be at most %d KiB", most>>10)}
	case !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")):
		return InvalidError{field, "must be a JSON object"}
	case !utf8.Valid(raw):
		return InvalidError{field, "must be valid UTF-8"}
	case !validJSON(raw):
		return InvalidError{field, "must be valid JSON"}
	}
	return nil
}

// digest names a large JSON value in the audit log.
type digest struct {
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func digestOf(raw json.RawMessage) digest {
	sum := sha256.Sum256(raw)
	return digest{len(raw), hex.EncodeToString(sum[:])}
}
