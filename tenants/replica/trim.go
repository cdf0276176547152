package replica

import (
	"reflect"

	"github.com/benbjohnson/litestream"
)

// trim lets go of memory that an idle database would keep. Litestream 0.5.18
// remembers the last page it wrote by a pointer into its encoder, whose buffers
// (144 KB) then stay for as long as the database is attached: a fifth of what an
// open, written shop costs. A copy of the page does as well. The field is
// private; where another version has it no longer, nothing happens.
func trim(db *litestream.DB) {
	f := reflect.ValueOf(db).Elem().FieldByName("lastLTXPage")
	if !f.IsValid() || f.Kind() != reflect.Pointer || f.IsNil() {
		return
	}
	field := reflect.NewAt(f.Type(), f.Addr().UnsafePointer()).Elem()
	page := reflect.New(f.Type().Elem())
	page.Elem().Set(field.Elem())
	field.Set(page)
}
