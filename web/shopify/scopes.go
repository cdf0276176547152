package shopify

import (
	"slices"
	"strings"
)

// Scopes are access scopes. Order and repeats do not matter, and a write scope
// contains its read scope. The zero Scopes is none.
type Scopes struct{ list []string } // as given, without those that another implies

// ParseScopes reads a comma-separated list, blanks and empty items forgiven.
func ParseScopes(text string) Scopes {
	var all []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" && !slices.Contains(all, item) {
			all = append(all, item)
		}
	}
	var s Scopes
	for _, item := range all {
		if !implied(all, item) {
			s.list = append(s.list, item)
		}
	}
	return s
}

// String is the shortest list that means the same, in the order given.
func (s Scopes) String() string { return strings.Join(s.list, ",") }

// Has says whether s grants everything that other does.
func (s Scopes) Has(other Scopes) bool {
	return !slices.ContainsFunc(other.list, func(item string) bool {
		return !slices.Contains(s.list, item) && !implied(s.list, item)
	})
}

// Equal says whether both grant the same.
func (s Scopes) Equal(other Scopes) bool { return s.Has(other) && other.Has(s) }

// MarshalText makes Scopes their list in JSON.
func (s Scopes) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is ParseScopes.
func (s *Scopes) UnmarshalText(text []byte) error {
	*s = ParseScopes(string(text))
	return nil
}

// implied says whether a write scope in list contains the read scope item.
func implied(list []string, item string) bool {
	rest, unauthenticated := strings.CutPrefix(item, "unauthenticated_")
	name, ok := strings.CutPrefix(rest, "read_")
	write := "write_" + name
	if unauthenticated {
		write = "unauthenticated_" + write
	}
	return ok && slices.Contains(list, write)
}
