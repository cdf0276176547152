package tenants

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/bucket"
)

// Shops of the size that is to fit: 10,000 designs of 10 KB and 200 MB of images,
// of which some are larger than what goes as a whole.
const (
	manyDesigns = 10_000
	manyImages  = 1000
	imageBytes  = 190 << 10
	largeImages = 3
	largeBytes  = 6 << 20
	memoryMost  = 64 << 20
)

// crowded is such a shop.
func crowded(t testing.TB, p *Pool, label string) store.Shop {
	t.Helper()
	shop := shopName(t, label)
	if _, err := p.Create(t.Context(), shop, "enterprise"); err != nil {
		t.Fatal(err)
	}
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	random := rand.New(rand.NewPCG(1, 2))
	for part := range 20 {
		err := l.Write(t.Context(), "crowd", func(tx *store.Tx) error {
			for range manyDesigns / 20 {
				if _, err := tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "1", DesignJSON: designJSON(random)}); err != nil {
					return err
				}
			}
			for i := range manyImages / 20 {
				size := imageBytes
				if i == 0 && part < largeImages {
					size = largeBytes
				}
				if err := crowdImage(t, p, tx, l, random, size); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return shop
}

func crowdImage(t testing.TB, p *Pool, tx *store.Tx, l *Lease, random *rand.Rand, size int) error {
	image := make([]byte, size)
	for at := 0; at+8 <= len(image); at += 8 {
		binary.LittleEndian.PutUint64(image[at:], random.Uint64())
	}
	sum := sha256.Sum256(image)
	object := "gallery/" + hex.EncodeToString(sum[:]) + ".png"
	_, err := p.Assets().Put(t.Context(), l.Shop().Name.String()+"/"+object, bytes.NewReader(image), int64(size), bucket.PutOptions{})
	if err == nil {
		_, err = tx.CreateAsset(store.By{}, l.Terms(), store.NewAsset{Type: "gallery", ContentType: "image/png", Object: object, Size: int64(size)})
	}
	return err
}

// designJSON is 10 KB that pack about as well as real designs.
func designJSON(random *rand.Rand) []byte {
	var b strings.Builder
	b.WriteString(`{"objects":[`)
	for b.Len() < 10_000 {
		fmt.Fprintf(&b, `{"type":"textbox","left":%.3f,"top":%.3f,"angle":%.2f,"fill":"#%06x","text":"Kopi %d","fontSize":%d},`,
			random.Float64()*1000, random.Float64()*1000, random.Float64()*360, random.IntN(1<<24), random.IntN(1e9), random.IntN(99))
	}
	b.WriteString(`{}]}`)
	return []byte(b.String())
}

// TestTransferTakesLittleMemory measures processes of their own, which do nothing
// but open a folder and export or import: how much more memory they had at the most
// than after opening it, by the system's own count.
func TestTransferTakesLittleMemory(t *testing.T) {
	dir := keepDir(t)
	from := openPool(t, testOptions(t, dir))
	shop := crowded(t, from, "toko")
	if err := awaitReplicated(t, from, shop); err != nil {
		t.Fatal(err)
	}
	if err := from.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "toko.zip")
	p := launch(t, orders{Dir: dir, Replica: dir})
	before := p.peak()
	p.ask(call{Do: "export", Shop: shop, Folder: file})
	t.Logf("export: %d MiB more than the %d MiB before", (p.peak()-before)>>20, before>>20)
	if more := p.peak() - before; more > memoryMost {
		t.Errorf("an export took %d MiB", more>>20)
	}
	p.close()
	to := keepDir(t)
	p = launch(t, orders{Dir: to, Replica: to})
	before = p.peak()
	p.ask(call{Do: "import", Folder: file})
	t.Logf("import: %d MiB more than the %d MiB before", (p.peak()-before)>>20, before>>20)
	if more := p.peak() - before; more > memoryMost {
		t.Errorf("an import took %d MiB", more>>20)
	}
	p.close()
}

// peak is the most memory that a child has had, in bytes (Linux: proc(5)).
func (p *process) peak() int64 {
	p.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	kb, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.ParseInt(kb, 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return n << 10
}

func benchmarkTransfer(b *testing.B, run func(b *testing.B, from *Pool, shop store.Shop, file string)) {
	from := openPool(b, testOptions(b, b.TempDir()))
	shop := crowded(b, from, "toko")
	file := filepath.Join(b.TempDir(), "toko.zip")
	b.SetBytes(exportTo(b, from, shop, file))
	run(b, from, shop, file)
}

// exportTo returns how many bytes of the shop are in the file, unpacked.
func exportTo(b *testing.B, p *Pool, shop store.Shop, file string) int64 {
	b.Helper()
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	done, err := p.Export(b.Context(), shop, operator, f)
	if err != nil {
		b.Fatal(err)
	}
	return done.DatabaseBytes + done.ObjectBytes
}

func BenchmarkExport(b *testing.B) {
	benchmarkTransfer(b, func(b *testing.B, from *Pool, shop store.Shop, file string) {
		for b.Loop() {
			exportTo(b, from, shop, file)
		}
	})
}

func BenchmarkImport(b *testing.B) {
	benchmarkTransfer(b, func(b *testing.B, _ *Pool, _ store.Shop, file string) {
		to := openPool(b, testOptions(b, b.TempDir()))
		for i := 0; b.Loop(); i++ {
			f, err := os.Open(file)
			if err != nil {
				b.Fatal(err)
			}
			_, err = to.Import(b.Context(), f, operator, ImportOptions{As: shopName(b, fmt.Sprintf("copy%d", i))})
			_ = f.Close()
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
