package adopt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"mime"
	"path"
	"strings"

	"lapak/store"
)

type asset struct {
	store.Asset
	extra json.RawMessage
	where string // the source says that the bytes are; "" when it was read back
}

// places are the columns that may say where an asset's bytes are, the surest
// first.
func places() []string { return []string{"object", "key", "path", "url"} }

func assets() rows {
	return rows{
		model: model{name: "Asset", fields: common(field{name: "createdAt"}, field{name: "type", aliases: []string{"kind", "assettype"}, required: true},
			field{name: "name", aliases: []string{"filename", "originalname", "label"}},
			field{name: "contentType", aliases: []string{"mimetype", "mime"}},
			field{name: "object", aliases: []string{"objectkey"}}, field{name: "key", aliases: []string{"s3key", "storagekey", "filekey"}},
			field{name: "path", aliases: []string{"filepath", "storagepath"}}, field{name: "url", aliases: []string{"fileurl", "src", "location", "value"}},
			field{name: "size", aliases: []string{"filesize", "sizebytes", "bytes", "filesizebytes"}}, field{name: "width"}, field{name: "height"},
			field{name: "sha256", aliases: []string{"checksum", "hash"}})},
		unique: "id", loads: store.LoadAssets, convert: convertAsset,
		kept: func(v *store.View, _ *env, each func(record) error) error {
			return v.LoadedAssets(func(a store.Asset, extra json.RawMessage) error { return each(asset{a, extra, ""}) })
		},
	}
}

func convertAsset(r row, _ *env) (record, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	in := store.NewAsset{Name: r.text("name"), ContentType: r.text("contentType"), Type: assetType(r.text("type"))}
	if in.Size, err = r.number("size", 0); err != nil {
		return nil, err
	}
	if in.Width, err = r.optionalNumber("width"); err != nil {
		return nil, err
	}
	if in.Height, err = r.optionalNumber("height"); err != nil {
		return nil, err
	}
	where := ""
	for _, name := range places() {
		if where == "" {
			where = r.text(name)
		}
	}
	if where == "" {
		return nil, store.InvalidError{Field: "key", Reason: "must say where the bytes are (or path, or url)"}
	}
	if in.Name == "" {
		in.Name = path.Base(where)
	}
	in.ContentType = contentType(in.ContentType, where)
	in.Object = objectOf(in.Type, where, r.text("sha256"), in.ContentType)
	if err := in.Validate(); err != nil {
		return nil, err
	}
	a := asset{store.Asset{ID: id, Type: in.Type, Name: in.Name, ContentType: in.ContentType, Object: in.Object, Size: in.Size,
		Width: in.Width, Height: in.Height}, r.extra(append(places(), "sha256", "type", "updatedAt")...), where}
	a.CreatedAt, _, err = r.times()
	return a, err
}

func (r row) optionalNumber(name string) (*int64, error) {
	if r.get(name).null() {
		return nil, nil
	}
	n, err := r.number(name, 0)
	return &n, err
}

// assetType forgives other spellings of the four types.
func assetType(raw string) string {
	switch strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(raw)) {
	case "gallery", "galleries":
		return "gallery"
	case "baseimages", "baseimage", "base":
		return "base-images"
	case "fonts", "font":
		return "fonts"
	case "designs", "design":
		return "designs"
	}
	return raw
}

func contentType(given, where string) string {
	if given != "" {
		return given
	}
	if guessed := mime.TypeByExtension(path.Ext(bare(where))); guessed != "" {
		return guessed
	}
	return "application/octet-stream"
}

// bare is a place without a URL's query.
func bare(where string) string {
	where, _, _ = strings.Cut(where, "?")
	where, _, _ = strings.Cut(where, "#")
	return where
}

// objectOf is the key of an asset's bytes: the one that they have already where it
// is of the right form, else one made of their hash, or where that is not known,
// of the place's. The same bytes or place are one object.
func objectOf(kind, where, sha, contentType string) string {
	base := path.Base(bare(where))
	if own := kind + "/" + base; store.ValidObject(own, kind) {
		return own
	}
	sha = strings.ToLower(sha)
	if raw, err := hex.DecodeString(sha); err != nil || len(raw) != sha256.Size {
		hashed := sha256.Sum256([]byte(where))
		sha = hex.EncodeToString(hashed[:])
	}
	own := kind + "/" + sha + strings.ToLower(path.Ext(base))
	if store.ValidObject(own, kind) {
		return own
	}
	return kind + "/" + sha + ".bin"
}

func (a asset) id() string { return a.ID }

func (a asset) write(h *digester) {
	h.text(a.ID)
	h.text(a.Type)
	h.text(a.Name)
	h.text(a.ContentType)
	h.text(a.Object)
	h.number(a.Size)
	h.optionalNumber(a.Width)
	h.optionalNumber(a.Height)
	h.number(a.CreatedAt.UnixMilli())
	h.bytes(a.extra)
}

func (a asset) load(tx *store.Tx, _ *env, _ int64) error { return tx.LoadAsset(a.Asset, a.extra) }
func (a asset) own() record                              { return a }
