package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// scratch is a file in memory.
type scratch struct {
	bytes.Buffer
	at *bytes.Reader
}

func (s *scratch) Read(p []byte) (int, error) { return s.at.Read(p) }

func (s *scratch) Seek(int64, int) (int64, error) {
	s.at = bytes.NewReader(s.Bytes())
	return 0, nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// noise cannot be packed.
func noise(n int) []byte {
	out := make([]byte, 0, n+sha256.Size)
	for sum := sha256.Sum256([]byte("noise")); len(out) < n; sum = sha256.Sum256(sum[:]) {
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// testContents have a database that packs well and objects of all kinds.
func testContents() (db []byte, objects map[string][]byte) {
	objects = map[string][]byte{}
	for kind, b := range map[string][]byte{"gallery/%s.png": noise(5000), "fonts/%s.svg": bytes.Repeat([]byte("<g>"), 900), "designs/%s.txt": {}} {
		objects[fmt.Sprintf(kind, hashOf(b))] = b
	}
	return bytes.Repeat([]byte(`{"design":1}`), 1000), objects
}

func testManifest(db []byte) Manifest {
	return Manifest{
		Shop: "toko.myshopify.com", UUID: "u", Epoch: 2, Schema: 1, CreatedAt: time.Unix(1700000000, 5).UTC(), State: "active",
		Config: map[string]string{"logoUrl": "https://x.test/?a&b"}, Limits: map[string]string{}, Tables: map[string]int64{"designs": 3},
		Database: Entry{Size: int64(len(db)), SHA256: hashOf(db)},
	}
}

func testBundle(t testing.TB) []byte {
	t.Helper()
	db, objects := testContents()
	return write(t, testManifest(db), db, objects)
}

func write(t testing.TB, m Manifest, db []byte, objects map[string][]byte) []byte {
	t.Helper()
	var names []string
	for name := range objects {
		names = append(names, name)
	}
	slices.Sort(names)
	list := func(each func(Entry) error) error {
		for _, name := range names {
			if err := each(Object(name, int64(len(objects[name])))); err != nil {
				return err
			}
		}
		return nil
	}
	var out bytes.Buffer
	w := NewWriter(&out, &scratch{})
	if err := w.Manifest(m, list); err != nil {
		t.Fatal(err)
	}
	m.Database.Name = DatabaseName
	if err := w.Add(m.Database, bytes.NewReader(db)); err != nil {
		t.Fatal(err)
	}
	if err := list(func(e Entry) error { return w.Add(e, bytes.NewReader(objects[e.Object()])) }); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Size() != int64(out.Len()) {
		t.Errorf("%d bytes, it says %d", out.Len(), w.Size())
	}
	return out.Bytes()
}

// readAll reads a bundle to its end.
func readAll(raw io.Reader, limits Limits) (m Manifest, contents map[string][]byte, err error) {
	b, err := NewReader(raw, &scratch{}, limits)
	if err != nil {
		return m, nil, err
	}
	contents = map[string][]byte{}
	for {
		e, r, err := b.Next()
		if errors.Is(err, io.EOF) {
			return b.Manifest(), contents, nil
		}
		if err != nil {
			return m, nil, err
		}
		got, err := io.ReadAll(r)
		if err != nil {
			return m, nil, err
		}
		if int64(len(got)) != e.Size || hashOf(got) != e.SHA256 {
			return m, nil, errors.New("WRONG BYTES WERE PASSED ON")
		}
		contents[e.Name] = got
	}
}

func TestRoundTrip(t *testing.T) {
	db, objects := testContents()
	raw := testBundle(t)
	// In small pieces, as a socket gives them.
	m, got, err := readAll(io.MultiReader(bytes.NewReader(raw[:7]), bytes.NewReader(raw[7:40]), bytes.NewReader(raw[40:])), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Shop != "toko.myshopify.com" || m.Config["logoUrl"] != "https://x.test/?a&b" || m.ObjectCount != 3 || m.ObjectBytes != 7700 || m.Tables["designs"] != 3 {
		t.Errorf("manifest: %+v", m)
	}
	if !bytes.Equal(got[DatabaseName], db) || len(got) != 1+len(objects) {
		t.Error("other contents")
	}
	for name, want := range objects {
		if !bytes.Equal(got[AssetsPrefix+name], want) {
			t.Errorf("%s differs", name)
		}
	}
}

// TestItIsAZip opens a bundle with another reader.
func TestItIsAZip(t *testing.T) {
	raw := testBundle(t)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]uint16{ManifestName: zip.Store, DatabaseName: zip.Deflate, ".png": zip.Store, ".svg": zip.Deflate, ".txt": zip.Store}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil { // it checks the CRC
			t.Errorf("%s: %v", f.Name, err)
		}
		want, ok := methods[f.Name]
		if !ok {
			want = methods[filepath.Ext(f.Name)]
		}
		if f.Method != want || f.Mode() != 0o600 {
			t.Errorf("%s: method %d, mode %v", f.Name, f.Method, f.Mode())
		}
	}
	if z.File[0].Name != ManifestName || z.File[1].Name != DatabaseName || len(z.File) != 5 {
		t.Errorf("entries: %d", len(z.File))
	}
}

// TestEveryByteCounts changes each byte of a bundle, and cuts it off at each. Only
// what is packed can be packed in another way and be the same all the same.
func TestEveryByteCounts(t *testing.T) {
	raw := testBundle(t)
	was, contents, err := readAll(bytes.NewReader(raw), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for name, bad := range map[string][]byte{"changed": change(raw, i), "cut off": raw[:i]} {
			m, got, err := readAll(bytes.NewReader(bad), Limits{Manifest: 1 << 20, Database: 1 << 20, Object: 1 << 20})
			if err == nil && name == "changed" && fmt.Sprint(m) == fmt.Sprint(was) && maps.EqualFunc(got, contents, bytes.Equal) {
				continue
			}
			known := errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotBundle) || errors.Is(err, ErrNewer) || errors.Is(err, ErrTooLarge)
			if !known {
				t.Fatalf("%s at byte %d of %d: %v", name, i, len(raw), err)
			}
		}
	}
	if _, _, err := readAll(io.MultiReader(bytes.NewReader(raw), strings.NewReader("x")), Limits{}); !errors.Is(err, ErrDamaged) {
		t.Errorf("one byte more: %v", err)
	}
}

func change(raw []byte, i int) []byte {
	bad := bytes.Clone(raw)
	bad[i] ^= 0xff
	return bad
}

// TestPackedAnew: a zip of the same files that another program wrote is refused.
func TestPackedAnew(t *testing.T) {
	raw := testBundle(t)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		to, err := w.Create(f.Name)
		if err == nil {
			_, err = io.Copy(to, from)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readAll(&out, Limits{}); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNotBundle) {
		t.Errorf("%v", err)
	}
}

// TestForgedManifests: each manifest is well-formed and its checksum is right.
func TestForgedManifests(t *testing.T) {
	good := string(testBundle(t))
	_, rest, _ := strings.Cut(good, lastEnd)
	text, _, _ := strings.Cut(good[localLen+len(ManifestName):], lastEnd)
	text += lastEnd
	lines := strings.SplitAfter(text, "\n")
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"as it is":          {text, nil},
		"newer format":      {strings.Replace(text, `"format":1`, `"format":2`, 1), ErrNewer},
		"no format":         {strings.Replace(text, `"format":1`, `"format":0`, 1), ErrNotBundle},
		"unknown field":     {strings.Replace(text, `{"format":1`, `{"format":1,"more":1`, 1), ErrDamaged},
		"field twice":       {strings.Replace(text, `"epoch":2`, `"epoch":2,"epoch":2`, 1), ErrDamaged},
		"other database":    {strings.Replace(text, `"shop.db"`, `"shop2.db"`, 1), ErrDamaged},
		"negative size":     {strings.Replace(text, `"size":12000`, `"size":-1`, 1), ErrDamaged},
		"larger database":   {strings.Replace(text, `"size":12000`, `"size":12001`, 1), ErrDamaged},
		"smaller database":  {strings.Replace(text, `"size":12000`, `"size":11999`, 1), ErrDamaged},
		"bomb":              {strings.Replace(text, `"size":12000`, `"size":9000000000000`, 1), ErrTooLarge},
		"path":              {strings.Replace(text, `"assets/gallery/`, `"assets/../`, 1), ErrDamaged},
		"absolute path":     {strings.Replace(text, `"assets/gallery/`, `"/`, 1), ErrDamaged},
		"asset twice":       {lines[0] + lines[1] + "," + lines[1] + strings.Join(lines[2:], ""), ErrDamaged},
		"disorder":          {lines[0] + lines[2][1:] + "," + lines[1] + strings.Join(lines[3:], ""), ErrDamaged},
		"one missing":       {lines[0] + lines[2][1:] + strings.Join(lines[3:], ""), ErrDamaged},
		"counts fewer":      {strings.Replace(text, `"objectCount":3`, `"objectCount":2`, 1), ErrDamaged},
		"counts less":       {strings.Replace(text, `"objectBytes":7700`, `"objectBytes":7699`, 1), ErrDamaged},
		"counts more":       {strings.Replace(text, `"objectBytes":7700`, `"objectBytes":7701`, 1), ErrDamaged},
		"no end":            {strings.TrimSuffix(text, lastEnd), ErrDamaged},
		"behind the end":    {text + "\n", ErrDamaged},
		"long line":         {`{"format":1,"shop":"` + strings.Repeat("x", maxLine) + `"}` + "\n", ErrDamaged},
		"empty":             {"", ErrDamaged},
		"other hash":        {strings.Replace(text, `"sha256":"`, `"sha256":"00`, 1), ErrDamaged},
		"another's content": {strings.Replace(text, hashOf(noise(5000)), hashOf(nil), 2), ErrDamaged},
	} {
		forged := forge(c.text) + rest
		_, _, err := readAll(strings.NewReader(forged), Limits{Database: 1 << 30, Object: 1 << 30})
		if name == "as it is" && err == nil {
			continue // the forger's work is good
		}
		if c.want == nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// forge is a manifest's part of a zip.
func forge(text string) string {
	s := newSums()
	_, _ = io.WriteString(s, text)
	r := record{name: ManifestName, crc: s.crc.Sum32(), packed: s.n, size: s.n}
	return string(r.local()) + text
}

func TestLimits(t *testing.T) {
	raw := testBundle(t)
	for _, l := range []Limits{{Manifest: 10}, {Database: 11999}, {Object: 4999}} {
		if _, _, err := readAll(bytes.NewReader(raw), l); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	if _, _, err := readAll(bytes.NewReader(raw), Limits{Database: 12000, Object: 5000}); err != nil {
		t.Error(err)
	}
}

// TestWriterComparesBytes: what is not as its entry says is never a bundle.
func TestWriterComparesBytes(t *testing.T) {
	for _, content := range []string{"ab", "abcd", "abd"} {
		w := NewWriter(io.Discard, &scratch{})
		if err := w.Add(Object("fonts/"+hashOf([]byte("abc"))+".ttf", 3), strings.NewReader(content)); !errors.Is(err, ErrDiffers) {
			t.Errorf("%s: %v", content, err)
		}
	}
}

// TestSourceErrorsAreKept: that the network failed is no damage.
func TestSourceErrorsAreKept(t *testing.T) {
	raw, away := testBundle(t), errors.New("away")
	for i := range raw {
		_, _, err := readAll(io.MultiReader(bytes.NewReader(raw[:i]), failing{away}), Limits{})
		if !errors.Is(err, away) || errors.Is(err, ErrDamaged) {
			t.Fatalf("after %d bytes: %v", i, err)
		}
	}
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// TestLarge writes more than the old zip can say, as archive/zip reads it: by
// hand, since nobody wants to wait for 5 GiB.
func TestLarge(t *testing.T) {
	const offset, packed, size = 6 << 32, 5<<32 + 1, 5<<32 + 2
	r := record{name: DatabaseName, method: deflated, crc: 7, packed: packed, size: size, offset: offset}
	dir := r.central()
	tail := append(bytes.Clone(dir), ending(1, int64(len(dir)), offset+packed)...)
	z, err := zip.NewReader(sparse{tail, offset + packed}, offset+packed+int64(len(tail)))
	if err != nil {
		t.Fatal(err)
	}
	f := z.File[0]
	if f.UncompressedSize64 != size || f.CompressedSize64 != packed || f.CRC32 != 7 || f.Name != DatabaseName {
		t.Errorf("%+v", f.FileHeader)
	}
	if b := r.descriptor(); len(b) != 24 {
		t.Errorf("a descriptor of %d bytes", len(b))
	}
	if got := len(ending(math.MaxUint16, 1, 1)); got != 56+20+22 {
		t.Errorf("an end of %d bytes for 65,535 entries", got)
	}
}

// sparse has bytes at an offset and zeros before.
type sparse struct {
	tail []byte
	at   int64
}

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off+int64(len(p)) <= s.at {
		return len(p), nil
	}
	if off < s.at {
		n := s.at - off
		return int(n) + copy(p[n:], s.tail), nil
	}
	n := copy(p, s.tail[off-s.at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// FuzzReader: whatever comes, nothing but right bytes is passed on, and nothing
// takes more room than it may.
func FuzzReader(f *testing.F) {
	raw := testBundle(f)
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte(forge(`{"format":1,"objects":[` + "\n" + lastEnd)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, got, err := readAll(bytes.NewReader(raw), Limits{Manifest: 1 << 20, Database: 1 << 20, Object: 1 << 20})
		if err != nil {
			if strings.Contains(err.Error(), "WRONG BYTES") {
				t.Fatal(err)
			}
			return
		}
		// What is accepted is canonical: written again it is the same, but for how
		// well it is packed.
		objects := map[string][]byte{}
		for name, b := range got {
			if o := (Entry{Name: name}).Object(); o != "" {
				objects[o] = b
			}
		}
		again, _, err := readAll(bytes.NewReader(write(t, m, got[DatabaseName], objects)), Limits{})
		if err != nil || fmt.Sprint(again) != fmt.Sprint(m) {
			t.Fatalf("%v, %+v, was %+v", err, again, m)
		}
	})
}

// FuzzManifest gives the manifest its right checksum, so that what it says is read.
func FuzzManifest(f *testing.F) {
	text, rest, _ := strings.Cut(string(testBundle(f))[localLen+len(ManifestName):], lastEnd)
	f.Add(text + lastEnd)
	f.Add(`{"format":1}`)
	f.Fuzz(func(t *testing.T, changed string) {
		_, _, err := readAll(strings.NewReader(forge(changed)+rest), Limits{Manifest: 1 << 20, Database: 1 << 20, Object: 1 << 20})
		if err == nil && changed != text+lastEnd {
			m, _, _ := readAll(strings.NewReader(forge(changed)+rest), Limits{})
			if m.ObjectCount != 3 || m.Database.Size != 12000 {
				t.Fatalf("%+v", m)
			}
		}
		if err != nil && strings.Contains(err.Error(), "WRONG BYTES") {
			t.Fatal(err)
		}
	})
}

// benchmarkContents are 64 MiB of which half packs well.
func benchmarkContents() (db []byte, objects map[string][]byte) {
	var b bytes.Buffer
	for random := rand.New(rand.NewPCG(1, 2)); b.Len() < 32<<20; { // what designs are like
		fmt.Fprintf(&b, `{"type":"textbox","left":%.3f,"top":%.3f,"angle":%.2f,"fill":"#%06x","text":"Kopi %d"},`,
			random.Float64()*1000, random.Float64()*1000, random.Float64()*360, random.IntN(1<<24), random.IntN(1e9))
	}
	db = b.Bytes()
	objects = map[string][]byte{}
	for i := range 32 {
		b := append(noise(1<<20), byte(i))
		objects["gallery/"+hashOf(b)+".png"] = b
	}
	return db, objects
}

func BenchmarkWrite(b *testing.B) {
	db, objects := benchmarkContents()
	b.SetBytes(int64(len(db)) + 32<<20)
	for b.Loop() {
		write(b, testManifest(db), db, objects)
	}
}

func BenchmarkRead(b *testing.B) {
	db, objects := benchmarkContents()
	raw := write(b, testManifest(db), db, objects)
	b.SetBytes(int64(len(db)) + 32<<20)
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(raw), &scratch{}, Limits{})
		for err == nil {
			var content io.Reader
			if _, content, err = r.Next(); err == nil {
				_, err = io.Copy(io.Discard, content)
			}
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}
