package api_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"lapak/store"
)

// merchant is a shop's owner, who knows exactly what is in it.
type merchant struct {
	n    int
	shop store.Shop
	name string
	keys []string // read, write, admin
	born time.Time

	// mu is held for writing by who changes the shop, for reading by who compares
	// it. So all that is read is known, while the shops race each other.
	mu                  sync.RWMutex
	designs             map[string]held // by id
	configs             map[string]held // by product
	assets              map[string]held // by id
	files               map[string]string
	color, logo, domain *string
	kept                sync.Map // product to *reply: the last public answer

	loot loot
}

// held is one thing of a shop as the last answer about it said.
type held struct {
	id, etag string
	body     string // without its line feed
	product  string
	template bool
	name     string
	json     string // a design's
	file     string // an asset's
	object   string
}

func newMerchant(n int) *merchant {
	return &merchant{
		n: n, designs: map[string]held{}, configs: map[string]held{}, assets: map[string]held{}, files: map[string]string{},
		loot: loot{things: map[string][]string{}},
	}
}

func (m *merchant) String() string {
	if m == nil {
		return "nobody"
	}
	return m.name
}

// number is nobody's for nil.
func (m *merchant) number() int {
	if m == nil {
		return leakShops
	}
	return m.n
}

// canary is a text that only this shop has.
func (m *merchant) canary(rnd *rand.Rand) string {
	return fmt.Sprintf("%s%02dz%08x", mark, m.n, rnd.Uint32())
}

func (m *merchant) newColor(rnd *rand.Rand) string {
	return fmt.Sprintf("%s%02d%02x", colorMark, m.n, rnd.IntN(256))
}

// product is one that many shops have, or this one alone.
func (m *merchant) product(rnd *rand.Rand) string {
	if own := slices.Sorted(maps.Keys(m.configs)); len(own) > 0 && rnd.IntN(3) == 0 {
		return own[rnd.IntN(len(own))]
	}
	if rnd.IntN(3) > 0 {
		return sharedProduct(rnd)
	}
	return m.canary(rnd)
}

func sharedProduct(rnd *rand.Rand) string { return fmt.Sprint(1 + rnd.IntN(3)) }

// document is a JSON object full of canaries; now and then a large one.
func (m *merchant) document(rnd *rand.Rand) string {
	n := 1 + rnd.IntN(4)
	if rnd.IntN(12) == 0 {
		n = 1500
	}
	layers := make([]map[string]any, n)
	for i := range layers {
		layers[i] = map[string]any{"text": m.canary(rnd), "x": rnd.IntN(1000), m.canary(rnd): nil}
	}
	raw, err := json.Marshal(map[string]any{"layers": layers, "color": m.newColor(rnd)})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// sharedPicture is one that every shop may upload.
var sharedPicture = tinyPNG(77)

// picture is a file whose bytes hold a canary, and its kind.
func (m *merchant) picture(rnd *rand.Rand) (file, kind, ext string) {
	kind = []string{"gallery", "base-images", "designs"}[rnd.IntN(3)]
	switch text := m.canary(rnd); rnd.IntN(5) {
	case 0:
		return sharedPicture, kind, "png"
	case 1:
		return `<svg xmlns="http://www.w3.org/2000/svg"><!-- ` + text + ` --></svg>`, kind, "svg"
	case 2:
		return "wOFF" + strings.Repeat(text, 1+rnd.IntN(2000)), "fonts", "woff"
	default:
		return textPNG(tinyPNG(rnd.IntN(60000)), text), kind, "png"
	}
}

// textPNG is the picture with a text chunk before its end (PNG, 11.3.4.3).
func textPNG(file, text string) string {
	const end = 12 // bytes of the last chunk
	data := "tEXtComment\x00" + text
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)-4))
	chunk = append(chunk, data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(data)))
	return file[:len(file)-end] + string(chunk) + file[len(file)-end:]
}

// loot is what an attacker may know of a shop: ids, tags and cursors that were
// there once. It has a lock of its own, for attacks ask nobody.
type loot struct {
	mu     sync.Mutex
	things map[string][]string // by kind
}

const lootMost = 64 // of each kind

func (l *loot) add(kind, thing string) {
	if thing == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	all := append(l.things[kind], thing)
	l.things[kind] = all[max(0, len(all)-lootMost):]
}

// pick is "" where there is nothing of that kind yet.
func (l *loot) pick(rnd *rand.Rand, kind string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if all := l.things[kind]; len(all) > 0 {
		return all[rnd.IntN(len(all))]
	}
	return ""
}

// anyOf is a random element in an order that the seed decides; false if there is
// none.
func anyOf(rnd *rand.Rand, of map[string]held) (held, bool) {
	keys := slices.Sorted(maps.Keys(of))
	if len(keys) == 0 {
		return held{}, false
	}
	return of[keys[rnd.IntN(len(keys))]], true
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
