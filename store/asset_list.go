package store

import (
	"fmt"
	"strings"

	"lapak/store/sqlite"
)

// AssetNamed returns the newest asset of that name, or ErrNotFound.
func (v *View) AssetNamed(name string) (a Asset, err error) {
	found, err := v.c.One("SELECT "+assetColumns+" FROM assets INDEXED BY assets_name WHERE name = ?1 ORDER BY n DESC LIMIT 1", []any{name},
		func(r *sqlite.Row) { a = scanAsset(r) })
	return a, must("asset", found, err)
}

// TypeUsage is what the assets of one type take.
type TypeUsage struct {
	Type    string
	Objects int64 // assets of the same bytes count once
	Bytes   int64
}

// StorageByType says what each of AssetTypes takes, in their order.
func (v *View) StorageByType() ([]TypeUsage, error) {
	all := make([]TypeUsage, 0, len(AssetTypes()))
	for _, t := range AssetTypes() {
		u := TypeUsage{Type: t}
		_, err := v.c.One(`SELECT count(*), coalesce(sum(size), 0) FROM (SELECT DISTINCT object, size FROM assets INDEXED BY assets_object
			WHERE object >= ?1 AND object < ?2) /* whole table */`, []any{t + "/", t + "0"},
			func(r *sqlite.Row) { u.Objects, u.Bytes = r.Int(0), r.Int(1) })
		if err != nil {
			return nil, fmt.Errorf("storage by type: %w", err)
		}
		all = append(all, u)
	}
	return all, nil
}

// Thumbnail is the key of the small picture that is made of an object, within
// the shop's part of the bucket. It can always be made again, and goes with the
// object.
func Thumbnail(object string) string { return "thumbnails/" + strings.ReplaceAll(object, ".", "-") }
