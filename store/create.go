package store

import (
	"time"

	"lapak"
	"lapak/store/sqlite"
)

// Template is an empty shop file, prepared once, that new shops are copied from.
type Template struct{ image []byte }

// NewTemplate prepares the template from the schema.
func NewTemplate() (Template, error) {
	image, err := sqlite.Image(lapak.Schema)
	return Template{image}, err
}

// Create makes a new shop's file at path, sealed and durable. It is fs.ErrExist
// if there is a file already.
func (t Template) Create(path string, seal Seal) error {
	return sqlite.Create(path, t.image, func(c *sqlite.Conn) error {
		return insertSeal(c, seal, time.Now())
	})
}
