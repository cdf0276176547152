package web

import (
	"sync"
	"time"

	"lapak/store"
)

const (
	repeatEvery = 10 * time.Second
	repeatMost  = 1000 // troubles remembered
)

// trouble is what makes many requests fail alike: a full disk, a damaged file.
type trouble struct {
	code string
	shop store.Shop
}

// repeats keeps a trouble that lasts from filling the log, and with it the disk.
type repeats struct {
	mu   sync.Mutex
	seen map[trouble]repeat
}

type repeat struct {
	shown  time.Time
	hidden int // since then
}

// look says whether the log shows this one, and how many it did not show since
// the last.
func (r *repeats) look(t trouble, now time.Time) (show bool, hidden int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, known := r.seen[t]
	if known && now.Sub(last.shown) < repeatEvery {
		last.hidden++
		r.seen[t] = last
		return false, 0
	}
	if r.seen == nil || !known && len(r.seen) >= repeatMost {
		r.seen = map[trouble]repeat{}
	}
	r.seen[t] = repeat{shown: now}
	return true, last.hidden
}
