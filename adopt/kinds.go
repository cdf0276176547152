package adopt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"mime"
	"path"
	"strconv"
	"strings"
	"time"

	"lapak/store"
	"lapak/web/access"
	"lapak/web/shopify"
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

type design struct {
	store.Design
	extra json.RawMessage
}

func designs() rows {
	return rows{
		model: model{name: "SavedDesign", fields: common(field{name: "createdAt"},
			field{name: "shopifyProductId", aliases: []string{"productid"}, required: true},
			field{name: "designJson", aliases: []string{"design", "json", "data"}, required: true},
			field{name: "name", aliases: []string{"title"}}, field{name: "isTemplate", aliases: []string{"template"}})},
		unique: "id", loads: store.LoadDesigns, convert: convertDesign,
		kept: func(v *store.View, _ *env, each func(record) error) error {
			return v.LoadedDesigns(func(d store.Design, extra json.RawMessage) error { return each(design{d, extra}) })
		},
		stamps: (*store.View).DesignStamps,
	}
}

func convertDesign(r row, _ *env) (record, error) {
	in := store.NewDesign{ProductID: r.text("shopifyProductId"), Name: r.text("name"), DesignJSON: r.get("designJson").text}
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	if in.IsTemplate, err = r.truth("isTemplate", false); err != nil {
		return nil, err
	}
	if err := in.Validate(); err != nil {
		return nil, err
	}
	d := design{store.Design{ID: id, ProductID: in.ProductID, Name: in.Name, IsTemplate: in.IsTemplate, DesignJSON: in.DesignJSON}, r.extra()}
	d.CreatedAt, d.UpdatedAt, err = r.times()
	return d, err
}

func (d design) id() string { return d.ID }

func (d design) write(h *digester) {
	h.text(d.ID)
	h.text(d.ProductID)
	h.text(d.Name)
	h.truth(d.IsTemplate)
	h.number(d.CreatedAt.UnixMilli())
	h.number(d.UpdatedAt.UnixMilli())
	h.bytes(d.extra)
	h.bytes(d.DesignJSON)
}

func (d design) load(tx *store.Tx, _ *env, version int64) error {
	d.Version = version
	return tx.LoadDesign(d.Design, d.extra)
}

func (d design) own() record {
	d.DesignJSON = append(json.RawMessage{}, d.DesignJSON...)
	return d
}

type config struct {
	store.Config
	extra json.RawMessage
}

func configs() rows {
	return rows{
		model: model{name: "MerchantConfig", fields: common(field{name: "createdAt"},
			field{name: "shopifyProductId", aliases: []string{"productid"}, required: true},
			field{name: "config", aliases: []string{"configjson", "settings", "data"}},
			field{name: "enabled", aliases: []string{"isenabled", "active", "isactive"}},
			field{name: "title", aliases: []string{"producttitle"}}, field{name: "imageUrl", aliases: []string{"productimage", "productimageurl"}})},
		unique: "product", loads: store.LoadConfigs, convert: convertConfig,
		kept: func(v *store.View, _ *env, each func(record) error) error {
			return v.LoadedConfigs(func(c store.Config, extra json.RawMessage) error { return each(config{c, extra}) })
		},
		stamps: (*store.View).ConfigStamps, newest: true,
	}
}

func convertConfig(r row, _ *env) (record, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	c := config{store.Config{ID: id}, r.extra()}
	if c.ProductID, err = store.ProductID(r.text("shopifyProductId")); err != nil {
		return nil, err
	}
	if c.Enabled, err = r.truth("enabled", true); err != nil {
		return nil, err
	}
	title, image, raw := r.text("title"), r.text("imageUrl"), json.RawMessage(strings.Clone(r.text("config")))
	if r.get("config").null() { // the app kept all of it in columns of its own
		raw = json.RawMessage("{}")
	}
	patch := store.ConfigPatch{Title: &title, ImageURL: &image, Config: raw}
	if err := patch.Validate(); err != nil {
		return nil, err
	}
	c.Title, c.ImageURL, c.Config.Config = *patch.Title, *patch.ImageURL, patch.Config
	c.CreatedAt, c.UpdatedAt, err = r.times()
	return c, err
}

func (c config) id() string { return c.ID }

func (c config) write(h *digester) {
	h.text(c.ID)
	h.text(c.ProductID)
	h.text(c.Title)
	h.text(c.ImageURL)
	h.truth(c.Enabled)
	h.number(c.CreatedAt.UnixMilli())
	h.number(c.UpdatedAt.UnixMilli())
	h.bytes(c.extra)
	h.bytes(c.Config.Config)
}

func (c config) load(tx *store.Tx, _ *env, version int64) error {
	c.Version = version
	return tx.LoadConfig(c.Config, c.extra)
}

func (c config) own() record { return c }

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

type session struct {
	access.Session
	extra json.RawMessage
}

func sessions() rows {
	return rows{
		model: model{name: "Session", fields: common(field{name: "state"}, field{name: "isOnline"}, field{name: "scope", aliases: []string{"scopes"}},
			field{name: "expires", aliases: []string{"expiresat"}}, field{name: "accessToken", required: true}, field{name: "refreshToken"},
			field{name: "refreshTokenExpires", aliases: []string{"refreshtokenexpiresat", "refreshexpires", "refreshexpiresat"}},
			field{name: "userId"}, field{name: "firstName"}, field{name: "lastName"}, field{name: "email"}, field{name: "accountOwner"},
			field{name: "locale"}, field{name: "collaborator"}, field{name: "emailVerified"})},
		unique: "id", loads: store.LoadSessions, convert: convertSession,
		kept: func(v *store.View, e *env, each func(record) error) error {
			return v.LoadedSessions(func(s store.Session, extra json.RawMessage) error {
				open, err := e.tokens.Open(e.shop, s)
				if err != nil {
					return err
				}
				return each(session{open, extra})
			})
		},
	}
}

func convertSession(r row, _ *env) (record, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	s := session{access.Session{ID: id, State: r.text("state"), Token: shopify.AccessToken{
		Token: r.text("accessToken"), Refresh: r.text("refreshToken"), Scopes: shopify.ParseScopes(r.text("scope")),
	}}, r.extra("updatedAt")}
	if s.Token.Token == "" {
		return nil, store.InvalidError{Field: "accessToken", Reason: "must not be empty"}
	}
	if s.Online, err = r.truth("isOnline", false); err != nil {
		return nil, err
	}
	if s.Token.Expires, err = r.time("expires"); err != nil {
		return nil, err
	}
	if s.Token.RefreshExpires, err = r.time("refreshTokenExpires"); err != nil {
		return nil, err
	}
	s.Token.User, err = convertUser(r)
	return s, err
}

// convertUser is nil where the session is of no person.
func convertUser(r row) (u *shopify.User, err error) {
	if r.text("userId") == "" {
		return nil, nil
	}
	u = &shopify.User{FirstName: r.text("firstName"), LastName: r.text("lastName"), Email: r.text("email"), Locale: r.text("locale")}
	if u.ID, err = r.number("userId", 0); err != nil {
		return nil, err
	}
	for name, is := range map[string]*bool{"accountOwner": &u.AccountOwner, "collaborator": &u.Collaborator, "emailVerified": &u.EmailVerified} {
		if *is, err = r.truth(name, false); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func (s session) id() string { return s.ID }

func (s session) write(h *digester) {
	h.text(s.ID)
	h.text(s.State)
	h.truth(s.Online)
	h.text(s.Token.Token)
	h.text(s.Token.Refresh)
	h.text(s.Token.Scopes.String())
	h.number(s.Token.Expires.UnixMilli())
	h.number(s.Token.RefreshExpires.UnixMilli())
	user, _ := json.Marshal(s.Token.User) // its fields always can be
	h.bytes(user)
	h.bytes(s.extra)
}

func (s session) load(tx *store.Tx, e *env, _ int64) error {
	sealed, err := e.tokens.Seal(e.shop, s.Session)
	if err != nil {
		return err
	}
	return tx.LoadSession(sealed, s.extra)
}

func (s session) own() record { return s }

type month struct {
	store.MonthUsage
	extra json.RawMessage
}

func months() rows {
	return rows{
		model: model{name: "ShopUsage", fields: common(field{name: "month", required: true}, field{name: "productCount"}, field{name: "assetCount"},
			field{name: "designCount"}, field{name: "storageUsed"}, field{name: "monthlyUploads"}, field{name: "monthlyOrders"})},
		unique: "month", loads: store.LoadMonths, convert: convertMonth, newest: true,
		kept: func(v *store.View, _ *env, each func(record) error) error {
			return v.LoadedMonths(func(m store.MonthUsage, extra json.RawMessage) error { return each(month{m, extra}) })
		},
	}
}

func convertMonth(r row, e *env) (record, error) {
	m := month{extra: r.extra("id", "updatedAt", "productCount", "assetCount", "designCount", "storageUsed")}
	m.Month = r.text("month")
	// Somewhere it may be next month already.
	if at, err := time.Parse("2006-01", m.Month); err != nil || at.After(e.now.Add(14*time.Hour)) {
		return nil, store.InvalidError{Field: "month", Reason: "must be YYYY-MM and not in the future"}
	}
	for name, n := range map[string]*int64{"productCount": &m.Products, "assetCount": &m.Assets, "designCount": &m.Designs,
		"storageUsed": &m.StorageBytes, "monthlyUploads": &m.Uploads, "monthlyOrders": &m.Orders} {
		var err error
		if *n, err = r.number(name, 0); err == nil && *n < 0 {
			err = store.InvalidError{Field: name, Reason: "must not be negative"}
		}
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m month) id() string { return m.Month }

// write leaves out what is counted anew.
func (m month) write(h *digester) {
	h.text(m.Month)
	h.number(m.Uploads)
	h.number(m.Orders)
	h.bytes(m.extra)
}

func (m month) load(tx *store.Tx, _ *env, _ int64) error { return tx.LoadMonth(m.MonthUsage, m.extra) }
func (m month) own() record                              { return m }

type entry struct {
	store.Entry
	extra json.RawMessage
}

func entries() rows {
	return rows{
		model: model{name: "AuditLog", fields: common(field{name: "createdAt"}, field{name: "action", required: true}, field{name: "resource", required: true},
			field{name: "resourceId"}, field{name: "userId"}, field{name: "userEmail"}, field{name: "ipAddress", aliases: []string{"ip"}},
			field{name: "before"}, field{name: "after"})},
		unique: "id", loads: store.LoadEntries, convert: convertEntry,
		kept: func(v *store.View, _ *env, each func(record) error) error {
			return v.LoadedEntries(func(e store.Entry, extra json.RawMessage) error { return each(entry{e, extra}) })
		},
		stamps: (*store.View).EntryStamps,
	}
}

func convertEntry(r row, e *env) (record, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	a := entry{store.Entry{ID: id, Action: r.text("action"), Resource: r.text("resource"), ResourceID: r.optional("resourceId"),
		UserID: r.optional("userId"), UserEmail: r.optional("userEmail"), IPAddress: r.optional("ipAddress")}, r.extra("updatedAt")}
	if a.Before, err = r.document("before"); err != nil {
		return nil, err
	}
	if a.After, err = r.document("after"); err != nil {
		return nil, err
	}
	a.CreatedAt, _, err = r.times()
	// No change here may be older than the newest entry, so one of tomorrow would
	// date all of today's.
	if err == nil && a.CreatedAt.After(e.now.Add(time.Minute)) {
		err = store.InvalidError{Field: "createdAt", Reason: "must not be in the future, but is " + strconv.Quote(r.text("createdAt"))}
	}
	return a, err
}

func (a entry) id() string { return a.ID }

func (a entry) write(h *digester) {
	h.text(a.ID)
	h.text(a.Action)
	h.text(a.Resource)
	h.optional(a.ResourceID)
	h.optional(a.UserID)
	h.optional(a.UserEmail)
	h.optional(a.IPAddress)
	h.bytes(a.Before)
	h.bytes(a.After)
	h.number(a.CreatedAt.UnixMilli())
	h.bytes(a.extra)
}

func (a entry) load(tx *store.Tx, _ *env, _ int64) error { return tx.LoadEntry(a.Entry, a.extra) }
func (a entry) own() record                              { return a }
