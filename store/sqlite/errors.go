package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrCorrupt says that the file is damaged or is no SQLite database.
	ErrCorrupt = errors.New("database file is damaged")
	// ErrFull says that the disk has no room left for a write.
	ErrFull = errors.New("disk is full")
	// ErrReadOnly says that the file or its folder cannot be written.
	ErrReadOnly = errors.New("database file or its folder is read-only")
	// ErrConstraint says that a UNIQUE, CHECK, NOT NULL, STRICT type or foreign
	// key rule refused the row.
	ErrConstraint = errors.New("a rule of the table was broken")
)

// kinds maps SQLite's primary result codes (https://www.sqlite.org/rescode.html).
func kindOf(code int) error {
	switch code & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrCorrupt
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_READONLY:
		return ErrReadOnly
	case sqlite3.SQLITE_CONSTRAINT:
		return ErrConstraint
	}
	return nil
}

func wrap(err error) error {
	var e *driver.Error
	if !errors.As(err, &e) {
		return err
	}
	if kind := kindOf(e.Code()); kind != nil {
		return fmt.Errorf("%w: %w", kind, err)
	}
	return err
}

func openError(path string, err error) error {
	if _, statErr := os.Stat(path); errors.Is(statErr, fs.ErrNotExist) {
		return fmt.Errorf("open %s: %w", path, ErrMissing)
	}
	return fmt.Errorf("open %s: %w", path, wrap(err))
}
