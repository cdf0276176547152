package bucket

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxKey is S3's limit for a whole object name, in bytes:
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
	maxKey = 1024
	// maxSegment is the limit of a file name, in bytes.
	maxSegment = 255
	// tempFolder holds a Folder's unfinished files, so no key may begin with it.
	tempFolder = ".tmp"
)

// CheckKey returns nil or an error that is ErrBadKey and says why. A key is
// UTF-8 of at most 1024 bytes: segments of 1 to 255 bytes between slashes, none
// of them "." or "..", without backslashes and control characters. The first
// segment must not be ".tmp". The rules are those of folders and S3 together.
func CheckKey(key string) error {
	if len(key) > maxKey {
		return badKey(key[:64]+"…", "longer than 1024 bytes")
	}
	if key == tempFolder || strings.HasPrefix(key, tempFolder+"/") {
		return badKey(key, "reserved for unfinished files")
	}
	if err := checkText(key); err != nil {
		return err
	}
	for segment := range strings.SplitSeq(key, "/") {
		if why := badSegment(segment); why != "" {
			return badKey(key, why)
		}
	}
	return nil
}

func badSegment(s string) string {
	switch {
	case s == "":
		return "an empty segment"
	case s == "." || s == "..":
		return "a segment of dots"
	case len(s) > maxSegment:
		return "a segment longer than 255 bytes"
	}
	return ""
}

// checkText refuses what cannot travel in S3's XML or names something else in
// a file system.
func checkText(s string) error {
	if !utf8.ValidString(s) {
		return badKey(s, "not UTF-8")
	}
	for _, r := range s {
		if r == '\\' || unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF {
			return badKey(s, fmt.Sprintf("the character %q", r))
		}
	}
	return nil
}

// checkPrefix is for List: whole segments must be good, the last may be a part.
func checkPrefix(prefix string) error {
	if len(prefix) > maxKey {
		return badKey(prefix[:64]+"…", "longer than 1024 bytes")
	}
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		if err := CheckKey(prefix[:i]); err != nil {
			return err
		}
	}
	return checkText(prefix)
}

// checkList checks List's arguments; after is only compared, so any text does.
func checkList(prefix, after string) error {
	if err := checkPrefix(prefix); err != nil {
		return err
	}
	return checkText(after)
}

// checkFolder returns folder with one slash at its end, or "" for the top.
func checkFolder(folder string) (string, error) {
	folder = strings.TrimSuffix(folder, "/")
	if folder == "" {
		return "", nil
	}
	return folder + "/", CheckKey(folder)
}

// folderOf returns what stands before the last slash, or "".
func folderOf(key string) string {
	i := strings.LastIndexByte(key, '/')
	return key[:max(i, 0)]
}

func checkRange(offset, length int64) error {
	if offset < 0 || length < 0 || length > math.MaxInt64-offset {
		return errors.New("offset and length must not be negative, nor their sum too large")
	}
	return nil
}

func badKey(key, why string) error {
	return fmt.Errorf("%w %q: %s", ErrBadKey, key, why)
}
