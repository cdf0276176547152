package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"syscall"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants"
	"lapak/tenants/replica"
)

// Error is an answer that is not a success: a sentence for people and a word for
// programs.
type Error struct {
	Status int
	Code   string // e.g. "not_found"
	Text   string // a sentence; nothing in it that the caller may not know
	Retry  int    // seconds until another try makes sense; 0: not by waiting
	Cause  error  // for the log; nil: there is nothing more to know
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Text
	}
	return e.Text + ": " + e.Cause.Error()
}

func (e *Error) Unwrap() error { return e.Cause }

// Invalid is the answer to input that is wrong. Reason follows the field's name
// in a sentence.
func Invalid(field, reason string) *Error {
	return &Error{Status: http.StatusBadRequest, Code: "invalid", Text: field + " " + reason}
}

// TooLarge is the answer to input of more than limit bytes.
func TooLarge(field string, limit int64) *Error {
	size := fmt.Sprintf("%d KiB", limit>>10)
	if limit >= 1<<20 {
		size = fmt.Sprintf("%d MiB", limit>>20)
	}
	return &Error{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Text: field + " must be at most " + size}
}

// ErrForbidden is the answer to a caller whose role is too low.
func ErrForbidden() *Error {
	return &Error{Status: http.StatusForbidden, Code: "forbidden", Text: "Your role does not allow this"}
}

// ErrTooMany is the answer to a caller who has to wait for their next turn.
func ErrTooMany(wait time.Duration) *Error {
	return &Error{
		Status: http.StatusTooManyRequests, Code: "rate_limited", Text: "Too many requests; slow down",
		Retry: int(wait/time.Second) + 1,
	}
}

func errSuspended() *Error {
	return &Error{Status: http.StatusForbidden, Code: "suspended", Text: "This shop is suspended"}
}

// Explain turns an error into the answer that its caller gets. It is the one
// place that does.
func Explain(err error) *Error {
	if known := new(Error); errors.As(err, &known) {
		return known
	}
	if e := explainRefusal(err); e != nil {
		return e
	}
	e := explainTrouble(err)
	e.Cause = err
	return e
}

// explainRefusal is about errors that the caller made.
func explainRefusal(err error) *Error {
	var invalid store.InvalidError
	var field *catalog.FieldError
	var limit store.LimitError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &invalid):
		return Invalid(invalid.Field, invalid.Reason)
	case errors.As(err, &field):
		return Invalid(field.Field, field.Reason)
	case errors.As(err, &limit):
		return &Error{Status: http.StatusForbidden, Code: "limit_reached", Text: limit.Error()}
	case errors.As(err, &large):
		return TooLarge("The request", large.Limit)
	}
	for _, known := range []struct {
		err    error
		status int
		code   string
		text   string
	}{
		{ErrNoProof, http.StatusUnauthorized, "unauthorized", "Sign in or send a valid API key"},
		{ErrBadProof, http.StatusUnauthorized, "unauthorized", "Sign in or send a valid API key"},
		{store.ErrNotFound, http.StatusNotFound, "not_found", "Not found"},
		{catalog.ErrNotFound, http.StatusNotFound, "not_found", "Not found"},
		{tenants.ErrNoShop, http.StatusNotFound, "not_found", "Not found"},
		{store.ErrChanged, http.StatusPreconditionFailed, "changed", "It has changed meanwhile; read it again first"},
	} {
		if errors.Is(err, known.err) {
			return &Error{Status: known.status, Code: known.code, Text: known.text}
		}
	}
	return nil
}

// explainTrouble is about what the caller can do nothing about.
func explainTrouble(err error) *Error {
	const unavailable = http.StatusServiceUnavailable
	switch {
	case errors.Is(err, tenants.ErrRestoring):
		return &Error{Status: unavailable, Code: "restoring", Text: "This shop is being restored; try again in a moment", Retry: 5}
	case errors.Is(err, tenants.ErrBusy):
		return &Error{Status: unavailable, Code: "busy", Text: "Too many shops are busy; try again in a moment", Retry: 1}
	case errors.Is(err, catalog.ErrState):
		return &Error{Status: unavailable, Code: "busy", Text: "Something else is being done to this shop; try again in a moment", Retry: 5}
	case errors.Is(err, tenants.ErrClosed), errors.Is(err, sqlite.ErrClosed):
		return &Error{Status: unavailable, Code: "busy", Text: "The server is stopping; try again in a moment", Retry: 5}
	case errors.Is(err, replica.ErrFenced):
		return &Error{Status: unavailable, Code: "moved", Text: "This shop is served by another server now", Retry: 60}
	case errors.Is(err, tenants.ErrNotReplicated):
		return &Error{Status: unavailable, Code: "not_replicated", Text: "Saved here, but not yet in the backup", Retry: 30}
	case unwritable(err):
		return &Error{Status: http.StatusInsufficientStorage, Code: "storage_full", Text: "The server has no room left; nothing was changed", Retry: 60}
	case errors.Is(err, store.ErrNewer):
		return &Error{Status: http.StatusInternalServerError, Code: "newer", Text: "This shop's data was written by a newer version of Lapak than this server runs"}
	case damaged(err):
		return &Error{Status: http.StatusInternalServerError, Code: "damaged", Text: "This shop's data cannot be read; it has to be restored from its backup"}
	case unreachable(err):
		return &Error{Status: unavailable, Code: "storage_unreachable", Text: "The storage behind this server cannot be reached; try again in a moment", Retry: 30}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &Error{Status: unavailable, Code: "timeout", Text: "This took too long; try again", Retry: 1}
	}
	return &Error{Status: http.StatusInternalServerError, Code: "internal", Text: "Something went wrong on our side; it has been noted"}
}

// unwritable says that the disk takes no more, be it full or read-only.
func unwritable(err error) bool {
	for _, known := range []error{sqlite.ErrFull, sqlite.ErrReadOnly, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// unreachable says that a bucket does not answer, or not to us.
func unreachable(err error) bool {
	var request *url.Error
	return errors.As(err, &request) || errors.Is(err, bucket.ErrDenied) || errors.Is(err, bucket.ErrNoBucket)
}

// damaged says that a shop's own file is no use; the other shops' are not meant.
func damaged(err error) bool {
	for _, known := range []error{sqlite.ErrCorrupt, store.ErrWrongSeal, tenants.ErrLost} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// failed notes an error for the log and makes the headers those of an answer
// that is no success.
func (s *Server) failed(w http.ResponseWriter, err error) *Error {
	e := Explain(err)
	if x, ok := w.(*exchange); ok {
		x.failed, x.code = err, e.Code
		if x.status != 0 { // too late for another answer: cut it off
			panic(http.ErrAbortHandler)
		}
	}
	h := w.Header()
	for _, name := range []string{"ETag", "Last-Modified", "Link", "Location", "Content-Disposition", "Content-Range", "Accept-Ranges"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if e.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(e.Retry))
	}
	return e
}

// fail answers with an error, and logs what the caller may not see.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := s.failed(w, err)
	h := w.Header()
	if e.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	body := struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{e.Text, e.Code}
	if err := WriteJSON(w, r, e.Status, body); err != nil {
		s.log.Error("cannot answer with an error", "error", err)
	}
}
