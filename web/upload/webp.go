package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"

	encoder "github.com/deepteams/webp"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/image/webp"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/tenants"
)

const (
	webpType   = "image/webp"
	webpName   = "webp"  // among store.RenditionNames
	webpMargin = 10      // percent that it must be smaller to be kept
	webpSmall  = 2 << 10 // bytes; of fewer, nobody notices what is spared
	// Encoding cannot be interrupted, so these bound its time: to a few seconds.
	webpPixels      = 16_000_000
	webpPixelsExact = 2_000_000 // of what is kept exactly
	webpWait        = makingMost

	webpKnown = 4096 // objects of one shop of which it is remembered
)

// wantsWebP says whether an asset is of a kind that WebP may make smaller. An
// animation would lose its movement.
func wantsWebP(as store.Asset) bool {
	return (as.ContentType == "image/png" || as.ContentType == "image/jpeg") && as.Width != nil && as.Height != nil &&
		as.Size > webpSmall && *as.Width**as.Height <= webpPixels
}

// webpKey is where a shop's memory of its WebP renditions lies in its memo.
type webpKey struct{}

func webpMemo(l *tenants.Lease) (*lru.Cache[string, int64], error) {
	memo, ok := l.Memo().Load(webpKey{})
	if !ok {
		cache, err := lru.New[string, int64](webpKnown)
		if err != nil {
			return nil, fmt.Errorf("make room for renditions: %w", err)
		}
		memo, _ = l.Memo().LoadOrStore(webpKey{}, cache)
	}
	return memo.(*lru.Cache[string, int64]), nil
}

// webp says how many bytes an asset has as WebP, making that if nobody did yet;
// 0 if it is not worth it.
func (u *Uploads) webp(ctx context.Context, l *tenants.Lease, as store.Asset) (int64, error) {
	memo, err := webpMemo(l)
	if err != nil {
		return 0, err
	}
	if size, ok := memo.Get(as.Object); ok {
		return size, nil
	}
	at := key(l.Shop().Name, store.Rendition(as.Object, webpName))
	info, err := u.pool.Assets().Stat(ctx, at)
	if errors.Is(err, bucket.ErrNotFound) {
		var made any
		made, err, _ = u.making.Do(at, func() (any, error) { return u.makeWebP(context.WithoutCancel(ctx), l, as) })
		if err == nil {
			info.Size = made.(int64)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("webp of asset %s: %w", as.ID, err)
	}
	memo.Add(as.Object, info.Size)
	return info.Size, nil
}

// makeWebP works on one image of the program at a time. That an image is not worth
// it is kept too, as a rendition of no bytes.
func (u *Uploads) makeWebP(ctx context.Context, l *tenants.Lease, as store.Asset) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, webpWait)
	defer cancel()
	if err := u.encoding.Acquire(ctx, 1); err != nil {
		return 0, fmt.Errorf("wait to encode: %w", err)
	}
	defer u.encoding.Release(1)
	need := 2 * decodedBytes(as) // the encoder has planes of its own
	if err := u.memory.Acquire(ctx, min(need, decodedMost)); err != nil {
		return 0, fmt.Errorf("wait to encode: %w", err)
	}
	defer u.memory.Release(min(need, decodedMost))
	p := Picture{ContentType: webpType}
	whole, err := u.decode(ctx, l, as)
	switch {
	case err == nil:
		p.Bytes = worthwhile(as, whole)
	case !errors.Is(err, store.ErrNotFound): // a damaged image is shown as it is
		return 0, err
	}
	return int64(len(p.Bytes)), u.keepRendition(ctx, l, as.Object, store.Rendition(as.Object, webpName), p)
}

// worthwhile encodes an image; nil if it cannot be, or gains too little. What one
// can see through is kept exactly, and graphics of few colours if that gains
// enough. Colours that need a profile, or are of ink, would not be the same
// without.
func worthwhile(as store.Asset, d decoded) []byte {
	_, graphic := d.img.(*image.Paletted)
	if _, ink := d.img.(*image.CMYK); ink || d.coloured {
		return nil
	}
	clear := as.ContentType == "image/png" && !opaque(d.img)
	var ways []loss
	if (clear || graphic) && *as.Width**as.Height <= webpPixelsExact {
		ways = append(ways, exactly)
	}
	if !clear {
		ways = append(ways, loss{quality: 80, alpha: 100})
	}
	img := d.img
	if d.turn > 1 {
		img = turned(scaled(img, int(max(*as.Width, *as.Height))), d.turn)
	}
	for _, how := range ways {
		if raw, err := encodeWebP(img, how); err == nil && int64(len(raw)) <= as.Size*(100-webpMargin)/100 {
			return raw
		}
	}
	return nil
}

func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// loss is how good colours and transparency must stay, of 100.
type loss struct {
	quality float32
	alpha   int
}

// exactly is no loss at all.
var exactly = loss{quality: -1}

var errUnlike = errors.New("what was encoded does not look like the image")

// encodeWebP trusts the encoder only as far as another decoder sees the image in
// what it wrote.
func encodeWebP(img image.Image, how loss) ([]byte, error) {
	opt := encoder.DefaultOptions()
	opt.Quality, opt.AlphaQuality, opt.Lossless = how.quality, how.alpha, how == exactly
	if opt.Lossless {
		opt.Quality, opt.AlphaQuality = 70, 100 // how hard it tries
	}
	var out bytes.Buffer
	if err := encoder.Encode(&out, img, opt); err != nil {
		return nil, fmt.Errorf("encode webp: %w", err)
	}
	got, err := webp.Decode(bytes.NewReader(out.Bytes()))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnlike, err)
	}
	if !alike(img, got) {
		return nil, errUnlike
	}
	return out.Bytes(), nil
}

const (
	likeGrid  = 512  // points a side that are compared
	likeCells = 16   // cells a side, each of which must be alike
	likeMost  = 1000 // mean of the squared differences, of 65025
)

// alike compares points all over two images.
func alike(a, b image.Image) bool {
	w, h := a.Bounds().Dx(), a.Bounds().Dy()
	if b.Bounds().Dx() != w || b.Bounds().Dy() != h {
		return false
	}
	var sum, count [likeCells * likeCells]int64
	for y := 0; y < h; y += max(h/likeGrid, 1) {
		for x := 0; x < w; x += max(w/likeGrid, 1) {
			cell := y*likeCells/h*likeCells + x*likeCells/w
			sum[cell] += difference(a.At(a.Bounds().Min.X+x, a.Bounds().Min.Y+y), b, b.Bounds().Min.X+x, b.Bounds().Min.Y+y)
			count[cell]++
		}
	}
	for i := range sum {
		if count[i] > 0 && sum[i]/count[i] > likeMost {
			return false
		}
	}
	return true
}

// difference is the mean squared difference of a colour and a point, as they look
// on black.
func difference(c color.Color, img image.Image, x, y int) int64 {
	r, g, b, alpha := c.RGBA()
	r2, g2, b2, alpha2 := seen(img, x, y).RGBA()
	total := int64(0)
	for _, d := range [4]int64{int64(r>>8) - int64(r2>>8), int64(g>>8) - int64(g2>>8), int64(b>>8) - int64(b2>>8), int64(alpha>>8) - int64(alpha2>>8)} {
		total += d * d
	}
	return total / 4
}

// seen is a point of a decoded WebP image as browsers show it: luma and chroma are
// of the narrow range (RFC 6386, section 9.2), which the decoder leaves to us.
func seen(img image.Image, x, y int) color.Color {
	switch m := img.(type) {
	case *image.YCbCr:
		return narrow(m.YCbCrAt(x, y), 255)
	case *image.NYCbCrA:
		c := m.NYCbCrAAt(x, y)
		return narrow(c.YCbCr, c.A)
	}
	return img.At(x, y)
}

func narrow(c color.YCbCr, alpha uint8) color.NRGBA {
	y, cb, cr := 298*(int(c.Y)-16), int(c.Cb)-128, int(c.Cr)-128
	level := func(v int) uint8 { return uint8(min(max((v+128)>>8, 0), 255)) }
	return color.NRGBA{level(y + 409*cr), level(y - 100*cb - 208*cr), level(y + 516*cb), alpha}
}
