package catalog

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound says that the catalog has no such row, or not for this shop.
	ErrNotFound = errors.New("not found")
	// ErrExists says that such a row is already there.
	ErrExists = errors.New("exists already")
	// ErrState says that the row's present state does not allow the step.
	ErrState = errors.New("not possible in its present state")
	// ErrInvalid says that a value was refused. The error is a *FieldError.
	ErrInvalid = errors.New("invalid")
	// ErrNotCatalog says that a file is there but is no catalog.
	ErrNotCatalog = errors.New("this file is not a catalog")
	// ErrNewer says that the file was written by a newer version of Lapak.
	ErrNewer = errors.New("this catalog was written by a newer version of Lapak")
)

// FieldError is an ErrInvalid that names the field, in a sentence for people.
type FieldError struct {
	Field  string // as the caller spelled it, e.g. "primaryColor"
	Reason string // e.g. "must be a colour like #aabbcc"
}

// Error is e.g. "primaryColor must be a colour like #aabbcc".
func (e *FieldError) Error() string { return e.Field + " " + e.Reason }

// Unwrap makes every FieldError an ErrInvalid.
func (e *FieldError) Unwrap() error { return ErrInvalid }

func invalid(field, reason string, args ...any) error {
	return &FieldError{Field: field, Reason: fmt.Sprintf(reason, args...)}
}
