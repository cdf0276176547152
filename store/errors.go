package store

import (
	"errors"
	"fmt"
)

var (
	// ErrLimit is what every LimitError is.
	ErrLimit = errors.New("limit reached")
	// ErrInvalid is what every InvalidError is.
	ErrInvalid = errors.New("invalid input")
)

// LimitError says that a change would go over a limit of the shop's plan. Its
// text may be shown to people.
type LimitError struct {
	What string // "Design", "Asset", "Product" or "Storage"
}

func (e LimitError) Error() string { return e.What + " limit reached for your plan" }

// Is makes every LimitError an ErrLimit.
func (e LimitError) Is(target error) bool { return target == ErrLimit }

// InvalidError says which input is wrong and why. Its text may be shown to
// people.
type InvalidError struct {
	Field  string // as it is called in JSON or in the query, e.g. "designJson"
	Reason string // follows the field's name in a sentence, e.g. "must be a JSON object"
}

func (e InvalidError) Error() string { return e.Field + " " + e.Reason }

// Is makes every InvalidError an ErrInvalid.
func (e InvalidError) Is(target error) bool { return target == ErrInvalid }

// must turns "no row" into ErrNotFound.
func must(what string, found bool, err error) error {
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// sameVersion is ErrChanged if a caller who named a version meant another one.
func sameVersion(what string, want, is int64) error {
	if want == 0 || want == is {
		return nil
	}
	return fmt.Errorf("%s is at version %d, not %d: %w", what, is, want, ErrChanged)
}
