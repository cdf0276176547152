package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"lapak/store/catalog"
	"lapak/web"
)

// The cost of a password's hash, above what OWASP's Password Storage Cheat Sheet
// asks of Argon2id (46 MiB and one pass): about 90 ms of one core.
const (
	argonMemory = 46 << 10 // KiB
	argonPasses = 2
	argonLanes  = 1
	saltBytes   = 16
	hashBytes   = 32
)

const (
	// MinPassword is the fewest characters of a password.
	MinPassword = 12
	maxPassword = 200
	hashesWait  = 16 // callers that may wait for their turn
)

// hasher makes and compares passwords' hashes, few at a time: each takes memory
// and a whole core, and a stranger may ask for them.
type hasher struct {
	running chan struct{}
	waiting chan struct{}
	decoy   string // the hash of a password that nobody knows
}

func newHasher() hasher {
	var salt [saltBytes]byte
	var sum [hashBytes]byte
	_, _ = rand.Read(salt[:]) // never fails: it ends the program instead
	_, _ = rand.Read(sum[:])
	n := max(runtime.NumCPU()/2, 1)
	return hasher{
		running: make(chan struct{}, n), waiting: make(chan struct{}, n+hashesWait),
		decoy: encodeHash(cost{argonMemory, argonPasses, argonLanes}, salt[:], sum[:]),
	}
}

// turn waits until a hash may be computed. It is 503 where too many wait.
func (h hasher) turn(ctx context.Context) (done func(), err error) {
	busy := &web.Error{Status: http.StatusServiceUnavailable, Code: "busy", Text: "Too many sign-ins at once; try again in a moment", Retry: 2}
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, busy
	}
	select {
	case h.running <- struct{}{}:
		return func() { <-h.running; <-h.waiting }, nil
	case <-ctx.Done():
		<-h.waiting
		busy.Cause = ctx.Err()
		return nil, busy
	}
}

// hash makes a new password's hash, in PHC's string format.
func (h hasher) hash(ctx context.Context, password string) (string, error) {
	done, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	var salt [saltBytes]byte
	_, _ = rand.Read(salt[:])
	c := cost{argonMemory, argonPasses, argonLanes}
	return encodeHash(c, salt[:], c.sum(password, salt[:], hashBytes)), nil
}

// matches compares a password with a hash. An empty hash is nobody's: it takes as
// long and never matches. Stale says that the hash has another cost than new ones.
func (h hasher) matches(ctx context.Context, encoded, password string) (ok, stale bool, err error) {
	known := encoded != ""
	if !known {
		encoded = h.decoy
	}
	c, salt, want, err := decodeHash(encoded)
	if err != nil {
		return false, false, err
	}
	done, err := h.turn(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	got := c.sum(password, salt, len(want))
	ok = subtle.ConstantTimeCompare(got, want) == 1 && known
	return ok, c != cost{argonMemory, argonPasses, argonLanes}, nil
}

// cost is what Argon2id is told.
type cost struct {
	memory, passes uint32
	lanes          uint8
}

// sum is of the password in one way of writing it: keyboards differ in how they
// compose letters.
func (c cost) sum(password string, salt []byte, length int) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, c.passes, c.memory, c.lanes, uint32(length))
}

func encodeHash(c cost, salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.lanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

var errHash = errors.New("not a hash of a password")

// decodeHash reads what encodeHash wrote, with bounds on what it may cost.
func decodeHash(encoded string) (c cost, salt, sum []byte, err error) {
	part := strings.Split(encoded, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.lanes); err != nil {
		return c, nil, nil, fmt.Errorf("%w: %w", errHash, err)
	}
	if c.memory < 8 || c.memory > 1<<20 || c.passes < 1 || c.passes > 64 || c.lanes < 1 {
		return c, nil, nil, errHash
	}
	b64 := base64.RawStdEncoding.Strict()
	salt, saltErr := b64.DecodeString(part[4])
	sum, sumErr := b64.DecodeString(part[5])
	if saltErr != nil || sumErr != nil || len(salt) < 8 || len(sum) < 16 || len(sum) > 128 {
		return c, nil, nil, errHash
	}
	return c, salt, sum, nil
}

// ErrWrongPassword says that a name or its password is wrong; not which.
var ErrWrongPassword = errors.New("the name or the password is wrong")

// Why a new password is refused.
var (
	ErrPasswordLong  = errors.New("the password is too long")
	ErrPasswordShort = errors.New("the password is too short")
	ErrPasswordEasy  = errors.New("the password is too easy to guess")
)

// CheckPassword refuses an operator's new password that is too easy.
func CheckPassword(password, name string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || n > maxPassword:
		return ErrPasswordLong
	case n < MinPassword:
		return ErrPasswordShort
	case different(password) < leastDifferent || strings.EqualFold(password, strings.TrimSpace(name)):
		return ErrPasswordEasy
	}
	return nil
}

// leastDifferent is how many different characters a password has at the least.
const leastDifferent = 5

func different(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}

// verify finds the operator of a name and password. It is ErrWrongPassword where
// they do not fit, and a *web.Error where somebody tried too often.
func (s *Signin) verify(r *http.Request, name, password string) (op catalog.OperatorRecord, err error) {
	try := newAttempt(name, r)
	if wait := s.guard.begin(try, time.Now()); wait > 0 {
		return op, web.ErrTooMany(wait)
	}
	op, hash, err := s.catalog.OperatorPassword(r.Context(), strings.TrimSpace(name))
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		return op, err
	}
	ok, stale, err := s.hasher.matches(r.Context(), hash, password)
	if err != nil {
		return op, fmt.Errorf("check password: %w", err)
	}
	if !ok {
		return op, ErrWrongPassword
	}
	s.guard.passed(try, time.Now())
	if stale {
		s.rehash(r.Context(), op, hash, password)
	}
	return op, nil
}

// rehash keeps a right password at the present cost. If that fails, the old hash
// does as well.
func (s *Signin) rehash(ctx context.Context, op catalog.OperatorRecord, old, password string) {
	hash, err := s.hasher.hash(ctx, password)
	if err == nil {
		err = s.catalog.RehashPassword(ctx, op.ID, old, hash)
	}
	if err != nil {
		s.log.Warn("cannot renew the hash of a password", "operator", op.Name, "error", err)
	}
}

// ChangePassword gives a signed-in operator a new password and signs them out
// everywhere else. It is ErrWrongPassword if old is not the present one, an error
// of CheckPassword, or a *web.Error if they tried too often.
func (s *Signin) ChangePassword(r *http.Request, in catalog.Signin, old, password string) error {
	if err := CheckPassword(password, in.Name); err != nil {
		return err
	}
	op, err := s.verify(r, in.Name, old)
	if err != nil {
		return err
	}
	hash, err := s.hasher.hash(r.Context(), password)
	if err != nil {
		return err
	}
	return s.catalog.SetPassword(r.Context(), op.ID, hash, in.ID)
}
