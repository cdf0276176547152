package adopt

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrSource says that the source cannot be read, or is not the app's database.
var ErrSource = errors.New("the source cannot be adopted")

// source is the database of the app before, seen at one moment.
type source interface {
	// name is its address without secrets.
	name() string
	// tables are all that it has.
	tables(ctx context.Context) ([]*table, error)
	// places calls each with the shop of every row and where it lies.
	places(ctx context.Context, t *table, each func(shop value, place int64) error) error
	// readers may be used at once, each by one caller.
	readers(ctx context.Context, most int) ([]reader, error)
	close()
}

// reader reads rows of the source's one moment.
type reader interface {
	// rows calls each with some columns of the rows at these places. What it is
	// given is valid until it returns; its error ends the reading.
	rows(ctx context.Context, t *table, columns []int, places []int64, each func(place int64, values []value) error) error
}

// kind is of a value, as JSON tells them apart.
type kind int

const (
	null kind = iota
	text
	number
	boolean // "t" or "f"
	document
)

// value is a column of a row, as text.
type value struct {
	kind kind
	text []byte
}

func (v value) null() bool { return v.kind == null }

// column is one of a table's.
type column struct {
	name string
	kind kind // as far as its type says
}

// table is one of the source's.
type table struct {
	schema, name string
	columns      []column
	*model             // nil: none of the app's that are known
	at           []int // of the model's fields: its column, -1 where there is none
	unknown      []int // columns that the model does not know
	all          []int // every column
	stamps       []int // the columns of id and updatedAt
	shop         int   // the column of the shop's name
	byShop       map[string][]int64
	rowCount     int64
}

// model is a table of the app as its Prisma schema has it.
type model struct {
	name   string // as Prisma spells it
	fields []field
}

// field is a column that is known.
type field struct {
	name     string
	aliases  []string // other spellings, without case and underscores
	required bool
}

// The fields that every model has, in this order at its beginning.
const (
	fieldID = iota
	fieldShop
	fieldUpdated
)

func common(more ...field) []field {
	return append([]field{{name: "id", required: true}, {name: "shop", aliases: []string{"shopdomain"}, required: true},
		{name: "updatedAt"}}, more...)
}

// fold makes the spellings of one name the same: Prisma's camelCase and the
// snake_case that @map gives.
func fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// match finds the tables of the app among the source's and their columns; rest
// are the names of those that are none.
func match(all []*table) (known []*table, rest []string, err error) {
	found := map[string]*table{}
	for _, t := range all {
		m := modelOf(t.name)
		if m == nil {
			rest = append(rest, t.name)
			continue
		}
		if other := found[m.name]; other != nil {
			return nil, nil, fmt.Errorf("%w: both %s and %s look like %s; name the schema (?schema=…)", ErrSource, other.full(), t.full(), m.name)
		}
		found[m.name] = t
		if err := t.matchColumns(m); err != nil {
			return nil, nil, err
		}
	}
	for _, m := range models() {
		if t := found[m.name]; t != nil {
			known = append(known, t)
		}
	}
	if len(known) == 0 {
		return nil, nil, fmt.Errorf("%w: it has none of the tables Session, SavedDesign, MerchantConfig, Asset, ShopConfig, ShopUsage, AuditLog", ErrSource)
	}
	return known, rest, nil
}

func modelOf(table string) *model {
	folded := fold(table)
	for _, m := range models() {
		if name := fold(m.name); folded == name || folded == name+"s" {
			return &m
		}
	}
	return nil
}

func (t *table) full() string { return t.schema + "." + t.name }

func (t *table) matchColumns(m *model) error {
	t.model, t.at = m, make([]int, len(m.fields))
	taken := make([]bool, len(t.columns))
	for i, f := range m.fields {
		at, err := t.find(f)
		if err != nil {
			return err
		}
		if t.at[i] = at; at >= 0 {
			taken[at] = true
		} else if f.required {
			return fmt.Errorf("%w: the table %s has no column %s", ErrSource, t.full(), f.name)
		}
	}
	t.all = nil
	for i := range t.columns {
		t.all = append(t.all, i)
		if !taken[i] {
			t.unknown = append(t.unknown, i)
		}
	}
	t.shop = t.at[fieldShop]
	t.stamps = []int{t.at[fieldID]}
	if at := t.at[fieldUpdated]; at >= 0 {
		t.stamps = append(t.stamps, at)
	}
	return nil
}

// find is the column of a field, -1 if there is none: its own name wins over
// the other ones.
func (t *table) find(f field) (int, error) {
	for _, name := range append([]string{fold(f.name)}, f.aliases...) {
		at := -1
		for i, c := range t.columns {
			if fold(c.name) != name {
				continue
			}
			if at >= 0 {
				return 0, fmt.Errorf("%w: the columns %s and %s of %s look the same", ErrSource, t.columns[at].name, c.name, t.full())
			}
			at = i
		}
		if at >= 0 {
			return at, nil
		}
	}
	return -1, nil
}

// fieldNamed is the index of a field that the model has.
func (m *model) fieldNamed(name string) int {
	for i, f := range m.fields {
		if f.name == name {
			return i
		}
	}
	panic("no field " + name + " in " + m.name)
}

// unknownNames are the columns that go into extra.
func (t *table) unknownNames() []string {
	names := []string{}
	for _, i := range t.unknown {
		names = append(names, t.columns[i].name)
	}
	return names
}

// places is how the rows of a table lie, by the shop's name as it is written.
func (t *table) readPlaces(ctx context.Context, s source) error {
	t.byShop = map[string][]int64{}
	return s.places(ctx, t, func(shop value, place int64) error {
		t.rowCount++
		t.byShop[string(shop.text)] = append(t.byShop[string(shop.text)], place)
		return nil
	})
}

// quote makes a name an identifier of SQL.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (t *table) quoted() string {
	if t.schema == "" {
		return quote(t.name)
	}
	return quote(t.schema) + "." + quote(t.name)
}

func (t *table) list(columns []int) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = quote(t.columns[c].name)
	}
	return strings.Join(names, ", ")
}

// open opens the source that an address names.
func open(ctx context.Context, address string) (source, error) {
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return openSQLite(ctx, file)
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return openPostgres(ctx, address)
	}
	return nil, fmt.Errorf("%w: its address must begin with postgres:// or sqlite:", ErrSource)
}
