package tenants

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/bundle"
)

func imported(t testing.TB, p *Pool, raw []byte, opt ImportOptions) Imported {
	t.Helper()
	done, err := p.Import(t.Context(), bytes.NewReader(raw), operator, opt)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// wantSame compares an imported shop's file with the exported one.
func wantSame(t testing.TB, p *Pool, done Imported, raw []byte) {
	t.Helper()
	_, parts := unpack(t, raw)
	path := filepath.Join(t.TempDir(), "exported.db")
	if err := os.WriteFile(path, parts[bundle.DatabaseName], 0o600); err != nil {
		t.Fatal(err)
	}
	was, is := rows(t, path), rows(t, p.Path(done.Shop, 1))
	for table, want := range was {
		got := is[table]
		switch table {
		case "seal":
			want = fmt.Sprintf("int64 \"1\"|string %q|string %q|int64 \"1\"|", done.Shop, done.UUID)
			got = got[:min(len(got), len(want))]
		case "audit": // one line more
			got = got[:min(len(got), len(want))]
		case "usage": // when it was counted
			continue
		}
		if got != want {
			t.Errorf("the table %s is\n%s\nand was\n%s", table, got, want)
		}
	}
	if len(is) != len(was) {
		t.Errorf("%d tables, there were %d", len(is), len(was))
	}
	for name, want := range parts {
		object := bundle.Entry{Name: name}.Object()
		if object == "" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(p.opt.Dir, "assets", done.Shop.String(), object))
		if err != nil || !bytes.Equal(raw, want) {
			t.Errorf("%s: %v", object, err)
		}
	}
}

func TestImportOnAnotherServer(t *testing.T) {
	from, to := openPool(t, testOptions(t, t.TempDir())), openPool(t, testOptions(t, t.TempDir()))
	shop := furnished(t, from, "toko")
	raw, out := exported(t, from, shop)
	done := imported(t, to, raw, ImportOptions{})
	if done.Shop != shop || done.UUID == out.UUID || done.From.UUID != out.UUID || done.Plan != "pro" || done.Objects != 3 ||
		!slices.Equal(done.LeftOut, []string{"maxDesigns"}) {
		t.Errorf("%+v", done)
	}
	wantSame(t, to, done, raw)
	rec, err := to.Catalog().Shop(t.Context(), shop)
	was, errFrom := from.Catalog().Shop(t.Context(), shop)
	if err = errors.Join(err, errFrom); err != nil {
		t.Fatal(err)
	}
	got, limits := rec.Portable()
	want, _ := was.Portable()
	if !maps.Equal(got, want) || len(limits) != 0 || rec.Epoch != 1 || rec.State != catalog.Active || rec.UUID != done.UUID {
		t.Errorf("config: %v, limits %v, want %v", got, limits, want)
	}
	if got, want := done.Usage, (store.Usage{Products: 1, Assets: 2, Designs: 2, StorageBytes: 3 + 5*(smallObject/4)}); got != want {
		t.Errorf("usage: %+v, want %+v", got, want)
	}
	wantAudit(t, to, shop, "IMPORT", operator.UserID)
	// It lives: it can be written, and is backed up under its own identity.
	save(t, to, shop, "three")
	if err := awaitReplicated(t, to, shop); err != nil {
		t.Fatal(err)
	}
	if d, err := to.Drill(t.Context(), shop); err != nil || !d.Proven {
		t.Errorf("drill: %+v, %v", d, err)
	}
	if got := names(t, to, shop); got != "three two one" {
		t.Errorf("designs: %s", got)
	}
	again, _ := exported(t, to, shop)
	if m, _ := unpack(t, again); m.UUID != done.UUID || m.Tables["designs"] != 3 || m.ObjectCount != 3 {
		t.Errorf("exported again: %+v", m)
	}
}

// TestImportUnderAnotherName keeps both apart.
func TestImportUnderAnotherName(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := furnished(t, p, "toko")
	if err := p.Catalog().Suspend(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	raw, _ := exported(t, p, shop)
	done := imported(t, p, raw, ImportOptions{As: shopName(t, "copy"), Plan: "basic", KeepLimits: true})
	wantSame(t, p, done, raw)
	rec, err := p.Catalog().Shop(t.Context(), done.Shop)
	if err != nil || rec.Plan != "basic" || rec.MaxDesigns != 7 || rec.CustomDomain != nil || rec.State != catalog.Suspended {
		t.Errorf("%+v, %v", rec, err)
	}
	if !slices.Equal(done.LeftOut, []string{"customDomain"}) {
		t.Errorf("left out: %v", done.LeftOut)
	}
	save(t, p, done.Shop, "only in the copy")
	if got := names(t, p, shop); got != "two one" {
		t.Errorf("the original: %s", got)
	}
}

// refused wants an import to fail and to leave nothing.
func refused(t *testing.T, p *Pool, name string, raw []byte, opt ImportOptions, want error) {
	t.Helper()
	before, rowsBefore := allFiles(t, p.opt.Dir), rows(t, p.CatalogPath())
	_, err := p.Import(t.Context(), bytes.NewReader(raw), operator, opt)
	if err == nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", name, err, want)
	}
	if after := allFiles(t, p.opt.Dir); after != before {
		t.Errorf("%s: before\n%s\nafter\n%s", name, before, after)
	}
	if after := rows(t, p.CatalogPath()); !maps.Equal(after, rowsBefore) {
		t.Errorf("%s: the catalog was %v and is %v", name, rowsBefore, after)
	}
}

// quietPool has nothing to do by itself while a test compares its folder.
func quietPool(t *testing.T) *Pool {
	p := openPool(t, testOptions(t, t.TempDir()))
	if err := os.MkdirAll(p.transferDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(p.opt.Dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestImportOfDamagedFiles changes bytes in every part of a file, and cuts it off.
func TestImportOfDamagedFiles(t *testing.T) {
	from, to := openPool(t, testOptions(t, t.TempDir())), quietPool(t)
	raw, _ := exported(t, from, furnished(t, from, "toko"))
	places := []int{0, 1, 8, 20, 31, 45, 60, 200, len(raw) - 1, len(raw) - 10, len(raw) - 22, len(raw) - 30, len(raw) - 100}
	for i := range 40 {
		places = append(places, i*len(raw)/40)
	}
	for _, i := range places {
		bad := bytes.Clone(raw)
		bad[i] ^= 0xff
		if !sameUnpacked(t, bad, raw) {
			refused(t, to, fmt.Sprintf("byte %d changed", i), bad, ImportOptions{}, nil)
		}
		refused(t, to, fmt.Sprintf("cut off at byte %d", i), raw[:i], ImportOptions{}, nil)
	}
	refused(t, to, "one byte more", append(bytes.Clone(raw), 0), ImportOptions{}, bundle.ErrDamaged)
	refused(t, to, "nothing", nil, ImportOptions{}, bundle.ErrNotBundle)
	refused(t, to, "text", []byte("this is no zip at all, but a text of some length"), ImportOptions{}, bundle.ErrNotBundle)
	imported(t, to, raw, ImportOptions{}) // nothing of all that is in the way
}

// sameUnpacked says whether a change is only in how the database is packed: a run of
// zeros, for one, can be packed in many ways.
func sameUnpacked(t *testing.T, bad, raw []byte) bool {
	t.Helper()
	b, err := bundle.NewReader(bytes.NewReader(bad), scratchFile(t), bundle.Limits{})
	if err != nil {
		return false
	}
	m, parts := unpack(t, raw)
	for {
		e, r, err := b.Next()
		if err != nil {
			return errors.Is(err, io.EOF) && fmt.Sprint(b.Manifest()) == fmt.Sprint(m)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, parts[e.Name]) {
			return false
		}
	}
}

func TestImportOfAShopThatIsThere(t *testing.T) {
	from := openPool(t, eraseOptions(t, t.TempDir()))
	shop := furnished(t, from, "toko")
	raw, _ := exported(t, from, shop)
	if err := awaitReplicated(t, from, shop); err != nil {
		t.Fatal(err)
	}
	_, err := from.Import(t.Context(), bytes.NewReader(raw), operator, ImportOptions{})
	if !errors.Is(err, catalog.ErrExists) || !strings.Contains(err.Error(), "lapak erase toko.myshopify.com") {
		t.Errorf("%v", err)
	}
	if _, err := from.Erase(t.Context(), shop, operator); err != nil {
		t.Fatal(err)
	}
	wantSame(t, from, imported(t, from, raw, ImportOptions{}), raw)

	// Images of nobody we know: they may be another server's.
	to := quietPool(t)
	if _, err := to.Assets().Put(t.Context(), shop.String()+"/"+logo, strings.NewReader("theirs"), 6, bucket.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	refused(t, to, "images of another", raw, ImportOptions{}, catalog.ErrExists)
	imported(t, to, raw, ImportOptions{As: shopName(t, "copy")})
}

// forged changes what is in a bundle, so that it is undamaged all the same.
func forged(t *testing.T, raw []byte, change func(f *forgery)) []byte {
	t.Helper()
	f := &forgery{t: t, path: filepath.Join(t.TempDir(), "shop.db")}
	var parts map[string][]byte
	f.m, parts = unpack(t, raw)
	if err := os.WriteFile(f.path, parts[bundle.DatabaseName], 0o600); err != nil {
		t.Fatal(err)
	}
	delete(parts, bundle.DatabaseName)
	f.objects = map[string][]byte{}
	for name, b := range parts {
		f.objects[strings.TrimPrefix(name, bundle.AssetsPrefix)] = b
	}
	change(f)
	db, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(db)
	f.m.Database = bundle.Entry{Name: bundle.DatabaseName, Size: int64(len(db)), SHA256: hex.EncodeToString(sum[:])}
	var out bytes.Buffer
	w := bundle.NewWriter(&out, scratchFile(t))
	list := func(each func(bundle.Entry) error) error {
		for _, name := range sortedKeys(f.objects) {
			if err := each(bundle.Object(name, int64(len(f.objects[name])))); err != nil {
				return err
			}
		}
		return nil
	}
	err = errors.Join(w.Manifest(f.m, list), w.Add(f.m.Database, bytes.NewReader(db)),
		list(func(e bundle.Entry) error { return w.Add(e, bytes.NewReader(f.objects[e.Object()])) }), w.Close())
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type forgery struct {
	t       *testing.T
	m       bundle.Manifest
	path    string // the database
	objects map[string][]byte
}

// sql changes the database, on a connection that minds no rules.
func (f *forgery) sql(script string) {
	f.t.Helper()
	db, err := sql.Open("sqlite", f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	_, err = db.Exec(script)
	if err = errors.Join(err, db.Close()); err != nil {
		f.t.Fatal(err)
	}
}

// TestImportOfForgedFiles: each file is an undamaged bundle, and no sound shop.
func TestImportOfForgedFiles(t *testing.T) {
	from, to := openPool(t, testOptions(t, t.TempDir())), quietPool(t)
	raw, _ := exported(t, from, furnished(t, from, "toko"))
	other := sha256.Sum256([]byte("other"))
	for _, c := range []struct {
		name   string
		change func(*forgery)
		want   error
	}{
		{"newer schema", func(f *forgery) { f.sql("PRAGMA user_version = 99"); f.m.Schema = 99 }, store.ErrNewer},
		{"newer schema than it says", func(f *forgery) { f.sql("PRAGMA user_version = 99") }, store.ErrNewer},
		{"older schema than it says", func(f *forgery) { f.sql("PRAGMA user_version = 0") }, ErrNotImportable},
		{"another kind of file", func(f *forgery) { f.sql("PRAGMA application_id = 7") }, store.ErrWrongSeal},
		{"no database", func(f *forgery) { f.write([]byte(strings.Repeat("no database ", 1000))) }, sqlite.ErrCorrupt},
		{"half a database", func(f *forgery) { f.half() }, ErrNotImportable},
		{"another shop's seal", func(f *forgery) { f.sql("UPDATE seal SET shop = 'x.myshopify.com'") }, store.ErrWrongSeal},
		{"another identity", func(f *forgery) { f.m.UUID = "x" }, store.ErrWrongSeal},
		{"another epoch", func(f *forgery) { f.m.Epoch = 2 }, store.ErrWrongSeal},
		{"no seal", func(f *forgery) { f.sql("DELETE FROM seal"); f.m.Tables["seal"] = 0 }, store.ErrWrongSeal},
		{"another count", func(f *forgery) { f.m.Tables["designs"] = 3 }, ErrNotImportable},
		{"a count too many", func(f *forgery) { f.m.Tables["more"] = 0 }, ErrNotImportable},
		{"a trigger", func(f *forgery) {
			f.sql("CREATE TRIGGER x AFTER INSERT ON audit BEGIN DELETE FROM designs; END")
		}, store.ErrWrongSeal},
		{"a view", func(f *forgery) {
			f.sql("ALTER TABLE applied RENAME TO x; CREATE VIEW applied AS SELECT * FROM x")
		}, store.ErrWrongSeal},
		{"a table more", func(f *forgery) { f.sql("CREATE TABLE more (x)"); f.m.Tables["more"] = 0 }, store.ErrWrongSeal},
		{"a looser table", func(f *forgery) {
			f.sql("DROP TABLE applied; CREATE TABLE applied (key TEXT PRIMARY KEY, at); CREATE INDEX applied_at ON applied (at)")
		}, store.ErrWrongSeal},
		{"an index less", func(f *forgery) { f.sql("DROP INDEX designs_owner") }, store.ErrWrongSeal},
		{"a broken reference", func(f *forgery) {
			f.sql("INSERT INTO design_json (n, json) VALUES (4711, '{}')")
			f.m.Tables["design_json"]++
		}, sqlite.ErrCorrupt},
		{"a broken rule", func(f *forgery) {
			f.sql("PRAGMA ignore_check_constraints = ON; UPDATE designs SET is_template = 5")
		}, sqlite.ErrCorrupt},
		{"an image that is missing", func(f *forgery) { delete(f.objects, sortedKeys(f.objects)[0]) }, ErrNotImportable},
		{"the last image missing", func(f *forgery) { delete(f.objects, sortedKeys(f.objects)[2]) }, ErrNotImportable},
		{"an image too many", func(f *forgery) { f.objects["gallery/"+hex.EncodeToString(other[:])+".png"] = []byte("other") }, ErrNotImportable},
		{"an image at last", func(f *forgery) { f.objects["zzz/"+hex.EncodeToString(other[:])+".png"] = []byte("other") }, ErrNotImportable},
		{"an image of another size", func(f *forgery) { f.sql("UPDATE assets SET size = size + 1") }, ErrNotImportable},
		{"a path for an image", func(f *forgery) { f.sql("UPDATE assets SET object = '../../x'") }, sqlite.ErrCorrupt},
		{"no shop's name", func(f *forgery) { f.m.Shop = "../etc" }, store.ErrBadShop},
		{"a plan that nobody knows", func(f *forgery) { f.m.Config["plan"] = "gold" }, catalog.ErrInvalid},
		{"a setting that nobody knows", func(f *forgery) { f.m.Config["more"] = "x" }, catalog.ErrInvalid},
		{"a bad setting", func(f *forgery) { f.m.Config["timezone"] = "Nowhere" }, catalog.ErrInvalid},
		{"a limit among the settings", func(f *forgery) { f.m.Config["maxDesigns"] = "-1" }, catalog.ErrInvalid},
		{"a setting among the limits", func(f *forgery) { f.m.Limits["plan"] = "enterprise" }, catalog.ErrInvalid},
	} {
		refused(t, to, c.name, forged(t, raw, c.change), ImportOptions{}, c.want)
	}
	wantSame(t, to, imported(t, to, forged(t, raw, func(*forgery) {}), ImportOptions{}), raw)
}

func (f *forgery) write(b []byte) {
	if err := os.WriteFile(f.path, b, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *forgery) half() {
	raw, err := os.ReadFile(f.path)
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(raw[:len(raw)/2/4096*4096])
}

// TestImportBringsNoSessions even where a file holds some.
func TestImportBringsNoSessions(t *testing.T) {
	from, to := openPool(t, testOptions(t, t.TempDir())), openPool(t, testOptions(t, t.TempDir()))
	raw, _ := exported(t, from, furnished(t, from, "toko"))
	raw = forged(t, raw, func(f *forgery) {
		f.sql("INSERT INTO sessions (id, created_at, updated_at) VALUES ('x', 1, 1)")
		f.m.Tables["sessions"] = 1
	})
	done := imported(t, to, raw, ImportOptions{})
	if got := rows(t, to.Path(done.Shop, 1))["sessions"]; got != "" {
		t.Errorf("sessions: %s", got)
	}
}

// TestImportIsCutOff ends the caller's context at each step: the shop is there
// whole, or nothing of it.
func TestImportIsCutOff(t *testing.T) {
	from := openPool(t, testOptions(t, t.TempDir()))
	raw, _ := exported(t, from, furnished(t, from, "toko"))
	for _, step := range []string{"import-noted", "import-image", "import-placed", "imported"} {
		opt := testOptions(t, t.TempDir())
		ctx, cancel := context.WithCancel(t.Context())
		opt.FailPoint = func(at string) {
			if at == step {
				cancel()
			}
		}
		to := openPool(t, opt)
		done, err := to.Import(ctx, bytes.NewReader(raw), operator, ImportOptions{})
		if err == nil {
			wantSame(t, to, done, raw)
			continue
		}
		if step == "imported" || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", step, err)
		}
		wantNothing(t, to, shopName(t, "toko"))
		imported(t, to, raw, ImportOptions{})
	}
}

func wantNothing(t *testing.T, p *Pool, shop store.Shop) {
	t.Helper()
	for _, path := range traces(t, p.opt.Dir, shop) {
		t.Errorf("left: %s", path)
	}
	if _, err := p.Catalog().Shop(t.Context(), shop); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("the catalog's record: %v", err)
	}
	if left, err := p.Catalog().Imports(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("noted: %v, %v", left, err)
	}
	if left, err := os.ReadDir(p.transferDir()); err != nil || len(left) > 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

// TestImportAfterAnInterruptedOne: what an import left keeps the name from everybody
// until it is removed, and the next import removes it first.
func TestImportAfterAnInterruptedOne(t *testing.T) {
	from, to := openPool(t, testOptions(t, t.TempDir())), openPool(t, testOptions(t, t.TempDir()))
	raw, _ := exported(t, from, furnished(t, from, "toko"))
	shop := shopName(t, "toko")
	interrupt := func() {
		t.Helper()
		_, err := to.Assets().Put(t.Context(), shop.String()+"/"+logo, strings.NewReader("png"), 3, bucket.PutOptions{})
		if err = errors.Join(err, to.Catalog().BeginImport(t.Context(), shop, "11111111-1111-1111-1111-111111111111")); err != nil {
			t.Fatal(err)
		}
	}
	interrupt()
	if _, err := to.Create(t.Context(), shop, ""); !errors.Is(err, catalog.ErrState) {
		t.Errorf("create: %v", err)
	}
	if err := to.clearImports(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(to.opt.Dir, "assets", shop.String())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("images are left: %v", err)
	}
	interrupt()
	done := imported(t, to, raw, ImportOptions{})
	wantSame(t, to, done, raw)
	if there(t, to, shop, logo) {
		t.Error("an image of the interrupted import is left")
	}
	if err := to.clearImports(t.Context()); err != nil || !there(t, to, shop, sortedObjects(t, raw)[0]) {
		t.Errorf("the images of the shop are gone: %v", err)
	}
}

func sortedObjects(t *testing.T, raw []byte) (objects []string) {
	_, parts := unpack(t, raw)
	for _, name := range sortedKeys(parts) {
		if o := (bundle.Entry{Name: name}).Object(); o != "" {
			objects = append(objects, o)
		}
	}
	return objects
}

// TestImportOnceAtATime: the second import of the same name is refused while the
// first is under way.
func TestImportOnceAtATime(t *testing.T) {
	from := openPool(t, testOptions(t, t.TempDir()))
	raw, _ := exported(t, from, furnished(t, from, "toko"))
	opt := testOptions(t, t.TempDir())
	var to *Pool
	var second, create error
	opt.FailPoint = func(at string) {
		if at == "import-noted" {
			_, second = to.Import(context.Background(), bytes.NewReader(raw), operator, ImportOptions{})
			_, create = to.Create(context.Background(), shopName(t, "toko"), "")
		}
	}
	to = openPool(t, opt)
	wantSame(t, to, imported(t, to, raw, ImportOptions{}), raw)
	if !errors.Is(second, catalog.ErrState) || !errors.Is(create, catalog.ErrState) {
		t.Errorf("import: %v, create: %v", second, create)
	}
}
