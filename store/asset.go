package store

import (
	"fmt"
	"mime"
	"strings"

	"lapak/store/sqlite"
)

// Asset is one uploaded file. Its bytes are in the assets bucket.
type Asset struct {
	ID          string `json:"id"`
	Type        string `json:"type"` // one of AssetTypes
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"`   // bytes
	Width       *int64 `json:"width"`  // pixels; nil where it is no image
	Height      *int64 `json:"height"` // pixels; nil where it is no image
	CreatedAt   Time   `json:"createdAt"`
	// Object is the key of the bytes within the shop's part of the bucket:
	// TYPE/SHA256.EXT. Assets of the same bytes and type share it.
	Object string `json:"-"`
	// Owner is the shopper whose asset it is; "" is the merchant.
	Owner string `json:"-"`

	n int64
}

// AssetTypes are what kinds of assets there are.
func AssetTypes() []string { return []string{"gallery", "base-images", "fonts", "designs"} }

func checkAssetType(t string) error {
	for _, known := range AssetTypes() {
		if t == known {
			return nil
		}
	}
	return InvalidError{"type", "must be one of " + strings.Join(AssetTypes(), ", ")}
}

// assetRecord is an asset in the audit log.
type assetRecord struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Object string `json:"object"`
	Size   int64  `json:"size"`
}

func (a Asset) record() assetRecord { return assetRecord{a.Type, a.Name, a.Object, a.Size} }

const assetColumns = "created_at, n, id, type, name, content_type, object, size, width, height, owner"

func scanAsset(r *sqlite.Row) Asset {
	return Asset{
		CreatedAt: fromMillis(r.Int(0)), n: r.Int(1), ID: r.Text(2), Type: r.Text(3), Name: r.Text(4), ContentType: r.Text(5),
		Object: r.Text(6), Size: r.Int(7), Width: r.IntPtr(8), Height: r.IntPtr(9), Owner: r.Text(10),
	}
}

// Asset returns the asset, or ErrNotFound.
func (v *View) Asset(id string) (a Asset, err error) {
	found, err := v.c.One("SELECT "+assetColumns+" FROM assets WHERE id = ?1", []any{id},
		func(r *sqlite.Row) { a = scanAsset(r) })
	return a, must("asset", found, err)
}

// AssetFilter chooses assets; its zero value chooses all.
type AssetFilter struct {
	Type string // one of AssetTypes; "" means any
	Text string // a part of the name, A to Z in any case; "" means any
}

// Assets lists assets, newest first.
func (v *View) Assets(f AssetFilter, p Page) ([]Asset, Cursor, error) {
	index, where := "assets_created", ""
	if f.Type != "" {
		if err := checkAssetType(f.Type); err != nil {
			return nil, Cursor{}, err
		}
		index, where = "assets_type", " AND type = ?4"
	}
	if f.Text != "" {
		where += " AND " + like("name", "?5", f.Text)
	}
	sql := "SELECT " + assetColumns + " FROM assets INDEXED BY " + index +
		" WHERE (created_at, n) < (?1, ?2)" + where + " ORDER BY created_at DESC, n DESC LIMIT ?3"
	args := [4]any{f.Type, containing(f.Text)}
	if f.Text == "" {
		return list(v, sql, orderAssets, p, args[:], scanAsset)
	}
	return search(v, assetSearch(sql, index, p.After), orderAssets, p, args, scanAsset)
}

// assetSearch is the query of a search, made of that of a list.
func assetSearch(sql, index string, after Cursor) searched {
	return searched{
		all:   sql,
		place: "SELECT created_at, n FROM assets INDEXED BY assets_created WHERE (created_at, n) < (?1, ?2) ORDER BY created_at DESC, n DESC LIMIT 1 OFFSET ?3",
		near:  strings.Replace(sql, " ORDER BY", " AND (created_at, n) >= (?8, ?9) ORDER BY", 1),
		whole: whole(sql, index, "created_at", "n", after),
	}
}

// Objects calls each with every object that an asset names, once and in order;
// its error ends it.
func (v *View) Objects(each func(object string) error) error {
	return v.c.Query("SELECT /* whole table */ DISTINCT object FROM assets INDEXED BY assets_object ORDER BY object", nil,
		func(r *sqlite.Row) error { return each(r.Text(0)) })
}

// HasObject says whether an asset names the object.
func (v *View) HasObject(object string) (bool, error) {
	size, err := v.objectSize(object)
	return size >= 0, err
}

// objectSize is -1 where no asset names the object.
func (v *View) objectSize(object string) (int64, error) {
	size := int64(-1)
	_, err := v.c.One("SELECT size FROM assets WHERE object = ?1 LIMIT 1", []any{object},
		func(r *sqlite.Row) { size = r.Int(0) })
	if err != nil {
		return -1, fmt.Errorf("look for object: %w", err)
	}
	return size, nil
}

// NewAsset is the input of CreateAsset.
type NewAsset struct {
	Type          string // one of AssetTypes
	Name          string // one line of at most 200 characters; empty means "Untitled"
	ContentType   string
	Object        string // TYPE/SHA256.EXT; its bytes are in the bucket already
	Size          int64  // bytes
	Width, Height *int64 // pixels; nil where it is no image
	Owner         string // the shopper; "" is the merchant
}

// Validate brings the fields into the form they are kept in, or returns an
// InvalidError.
func (in *NewAsset) Validate() (err error) {
	if err := checkAssetType(in.Type); err != nil {
		return err
	}
	if in.Name, err = cleanName(in.Name); err != nil {
		return err
	}
	if _, _, err := mime.ParseMediaType(in.ContentType); err != nil || len(in.ContentType) > maxName {
		return InvalidError{"contentType", "must be a media type like image/png"}
	}
	if !validObject(in.Object, in.Type) {
		return InvalidError{"object", "must be TYPE/SHA256.EXT"}
	}
	if in.Size < 0 {
		return InvalidError{"size", "must not be negative"}
	}
	return nil
}

func validObject(object, assetType string) bool {
	name, ok := strings.CutPrefix(object, assetType+"/")
	sum, ext, dot := strings.Cut(name, ".")
	return ok && dot && len(sum) == 64 && strings.Trim(sum, "0123456789abcdef") == "" &&
		ext != "" && len(ext) <= 8 && strings.Trim(ext, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// CreateAsset saves a new asset and counts an upload. It is a LimitError over
// the plan's limit of assets or of storage; an object that another asset names
// already takes no more storage.
func (tx *Tx) CreateAsset(by By, terms Terms, in NewAsset) (Asset, error) {
	if err := in.Validate(); err != nil {
		return Asset{}, err
	}
	id, now, err := tx.fresh()
	if err != nil {
		return Asset{}, err
	}
	more, err := tx.objectCost(in.Object, in.Size)
	if err != nil {
		return Asset{}, err
	}
	if err := tx.spend(terms, spending{assets: 1, storage: more, uploads: 1}); err != nil {
		return Asset{}, err
	}
	a := Asset{
		ID: id, Type: in.Type, Name: in.Name, ContentType: in.ContentType, Object: in.Object, Size: in.Size,
		Width: in.Width, Height: in.Height, Owner: in.Owner, CreatedAt: fromMillis(now),
	}
	if err := tx.insertAsset(a); err != nil {
		return Asset{}, fmt.Errorf("insert asset: %w", err)
	}
	tx.public = tx.public || a.Public()
	return a, tx.Audit(by, "CREATE", "asset", a.ID, nil, a.record())
}

func (tx *Tx) insertAsset(a Asset) error {
	_, err := tx.c.Exec(`INSERT INTO assets (id, type, name, content_type, object, size, width, height, owner, created_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
		a.ID, a.Type, a.Name, a.ContentType, a.Object, a.Size, a.Width, a.Height, a.Owner, millis(a.CreatedAt.Time))
	return err
}

// objectCost is how many bytes of storage one more asset of an object takes.
func (tx *Tx) objectCost(object string, size int64) (int64, error) {
	known, err := tx.objectSize(object)
	switch {
	case err != nil:
		return 0, err
	case known < 0:
		return size, nil
	case known != size: // the same SHA-256, so one of them is wrong
		return 0, InvalidError{"size", fmt.Sprintf("must be %d as it is of the same object's other assets", known)}
	}
	return 0, nil
}

// DeleteAsset deletes an asset, for a while into the trash, and says whether it
// was the last that names its object; see TrashedUntil for how long the bytes are
// needed all the same. It is ErrNotFound if there is none.
func (tx *Tx) DeleteAsset(by By, terms Terms, id string) (a Asset, lastOfObject bool, err error) {
	if a, err = tx.Asset(id); err != nil {
		return Asset{}, false, err
	}
	if _, err := tx.c.Exec("DELETE FROM assets WHERE n = ?1", a.n); err != nil {
		return Asset{}, false, fmt.Errorf("delete asset: %w", err)
	}
	shared, err := tx.HasObject(a.Object)
	if err != nil {
		return Asset{}, false, err
	}
	less := spending{assets: -1}
	if !shared {
		less.storage = -a.Size
	}
	if err := tx.spend(terms, less); err != nil {
		return Asset{}, false, err
	}
	if err := tx.trashAsset(a); err != nil {
		return Asset{}, false, err
	}
	tx.public = tx.public || a.Public()
	return a, !shared, tx.Audit(by, "DELETE", "asset", id, a.record(), nil)
}
