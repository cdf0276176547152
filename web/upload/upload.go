// Package upload takes images and fonts in and gives them out again: it reads a
// form to a file on disk, finds out what the bytes really are, stores them in the
// assets bucket with the row that names them, and serves them so that they are
// nothing but what they are. What it makes of images, small pictures and WebP, it
// keeps beside them.
package upload

import (
	"log/slog"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"lapak/tenants"
)

// Options of New. Pool and Spool are required.
type Options struct {
	Pool *tenants.Pool
	// Spool is a folder for uploads on their way. What is in it has no name, so
	// nothing is left behind.
	Spool string
	Log   *slog.Logger // nil means nothing is logged
}

// Uploads moves assets' bytes for one pool of shops. A program needs one: what may
// be decoded and encoded at once is bounded by it.
type Uploads struct {
	pool     *tenants.Pool
	spool    string
	log      *slog.Logger
	memory   *semaphore.Weighted // bytes of decoded images
	encoding *semaphore.Weighted // large images on their way to WebP
	making   singleflight.Group  // by the key of what is made
}

// New makes Uploads. Nothing runs until they are asked for.
func New(opt Options) *Uploads {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Uploads{
		pool: opt.Pool, spool: opt.Spool, log: opt.Log, memory: semaphore.NewWeighted(decodedMost), encoding: semaphore.NewWeighted(1),
	}
}

const (
	// MaxFile is the largest file in bytes.
	MaxFile = 20 << 20
	// MaxForm is the largest form in bytes: the file and what stands around it.
	MaxForm = MaxFile + 64<<10

	maxText = 4 << 10 // bytes of each other part
)
