// Package lapak holds what the whole program shares and nothing else: the text
// of a shop's schema.
package lapak

import _ "embed"

// Schema is one shop's file as SQL text: what a new shop gets, and what every
// chain of migrations must end at.
//
//go:embed schema.sql
var Schema string

// SchemaVersion is the user_version that Schema sets.
const SchemaVersion = 1
