package adopt

import (
	"time"

	"lapak/store"
	"lapak/web/access"
)

// record is a row as it is kept here.
type record interface {
	id() string
	write(*digester) // all that is kept, in order
	// load writes it into the shop's file, as a new row at a version.
	load(tx *store.Tx, e *env, version int64) error
	own() record // a copy that holds nothing of the reader's memory
}

// env is what records of one shop need.
type env struct {
	shop   store.Shop
	tokens *access.Tokens // nil: nothing is written
	now    time.Time
}

// rows is a kind of records: a model of the source and its place here.
type rows struct {
	model
	loads   store.Loadable
	convert func(row, *env) (record, error) // its error says why the row is rejected
	kept    func(*store.View, *env, func(record) error) error
	// stamps reads which rows there are without what is large in them; nil: all
	// rows are always compared.
	stamps func(*store.View, func(store.Stamp) error) error
	// newest says that of rows that exclude each other the last changed wins.
	newest bool
	unique string // what no two rows of a shop may share
}

// kinds are all but the shops' configs, the small tables first.
func kinds() []rows {
	return []rows{sessions(), configs(), assets(), months(), entries(), designs()}
}

func models() []model {
	all := []model{settingsModel()}
	for _, k := range kinds() {
		all = append(all, k.model)
	}
	return all
}
