package store

import (
	"fmt"
	"strings"

	"lapak/store/sqlite"
)

// AssetNamed returns the merchant's newest asset of that name, else the newest of
// a shopper: who uploads something of the same name takes nobody's place. It is
// ErrNotFound if there is none.
func (v *View) AssetNamed(name string) (a Asset, err error) {
	scan := func(r *sqlite.Row) { a = scanAsset(r) }
	found, err := v.c.One("SELECT "+assetColumns+" FROM assets INDEXED BY assets_name WHERE name = ?1 AND owner = '' ORDER BY n DESC LIMIT 1",
		[]any{name}, scan)
	if err == nil && !found {
		found, err = v.c.One("SELECT "+assetColumns+" FROM assets INDEXED BY assets_name WHERE name = ?1 ORDER BY n DESC LIMIT 1", []any{name}, scan)
	}
	return a, must("asset", found, err)
}

// Public says whether everybody may see the asset: what the merchant shows, and
// nothing that is part of a design.
func (a Asset) Public() bool { return a.Owner == "" && a.Type != "designs" }

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

// Renditions is the folder, within the shop's part of the bucket, of the pictures
// that are made of an object. They can always be made again, and go with the
// object.
func Renditions(object string) string { return "renditions/" + strings.ReplaceAll(object, ".", "-") }

// Rendition is the key of one of them; name is one of RenditionNames.
func Rendition(object, name string) string { return Renditions(object) + "/" + name }

// RenditionNames are what is made of an object: pictures of so many pixels at
// most, and the same picture in another format.
func RenditionNames() []string { return []string{"96", "160", "640", "webp"} }

// ObjectKeys are the object and all that may be made of it.
func ObjectKeys(object string) []string {
	keys := []string{object}
	for _, name := range RenditionNames() {
		keys = append(keys, Rendition(object, name))
	}
	return keys
}
