package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strconv"
	"time"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/tenants"
)

// Side is how many pixels the longer side of a small picture has at most. Each
// has a name among store.RenditionNames.
type Side int

const (
	Row   Side = 96  // in a line of a list
	Tile  Side = 160 // in a grid
	Large Side = 640 // on a page of its own
)

// ParseSide reads what String wrote.
func ParseSide(s string) (Side, bool) {
	for _, side := range []Side{Row, Tile, Large} {
		if s == side.String() {
			return side, true
		}
	}
	return 0, false
}

// String is the side's number.
func (s Side) String() string { return strconv.Itoa(int(s)) }

// loss is how a picture of this size is encoded: what is lost in a small one,
// nobody misses.
func (s Side) loss() loss {
	if s == Large {
		return loss{quality: 78, alpha: 60}
	}
	return loss{quality: 60, alpha: 15}
}

// enough is how many bytes an image of any size may have to be shown as it is.
func (s Side) enough() int64 { return int64(s) * int64(s) / 6 }

const (
	pictureLargest = 2 << 20   // bytes of a small picture; none is near
	decodedMost    = 192 << 20 // bytes that all decoded images may take at once
	makingMost     = 30 * time.Second
)

// Picture is a small picture of an image, encoded.
type Picture struct {
	Bytes         []byte
	ContentType   string
	Width, Height int // pixels
}

// HasPicture says whether an asset is an image that a small picture can be made of.
func HasPicture(as store.Asset) bool {
	switch as.ContentType {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return as.Width != nil && as.Height != nil && decodedBytes(as) <= decodedMost
	}
	return false
}

// decodedBytes is about how much memory an image takes.
func decodedBytes(as store.Asset) int64 {
	side := int64(1 << 20)
	return min(*as.Width, side)*min(*as.Height, side)*4 + as.Size
}

// Picture returns an asset's small picture, making it if nobody did yet. It is
// store.ErrNotFound where there can be none.
func (u *Uploads) Picture(ctx context.Context, l *tenants.Lease, as store.Asset, side Side) (Picture, error) {
	if !HasPicture(as) {
		return Picture{}, store.ErrNotFound
	}
	shop := l.Shop().Name
	if as.Size <= side.enough() {
		return u.readPicture(ctx, key(shop, as.Object), as.ContentType)
	}
	at := store.Rendition(as.Object, side.String())
	small, err := u.readPicture(ctx, key(shop, at), "")
	if !errors.Is(err, bucket.ErrNotFound) {
		return small, err
	}
	made, err, _ := u.making.Do(key(shop, at), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), makingMost)
		defer cancel()
		small, err := u.makePicture(ctx, l, as, side)
		if err != nil {
			return small, err
		}
		return small, u.keepRendition(ctx, l, as.Object, at, small)
	})
	if err != nil {
		return Picture{}, err
	}
	return made.(Picture), nil
}

func (u *Uploads) readPicture(ctx context.Context, key, contentType string) (p Picture, err error) {
	r, _, err := u.pool.Assets().Get(ctx, key, 0, 0)
	if err != nil {
		return p, fmt.Errorf("read picture: %w", err)
	}
	defer r.Close()
	if p.Bytes, err = io.ReadAll(io.LimitReader(r, pictureLargest)); err != nil {
		return p, fmt.Errorf("read picture: %w", err)
	}
	p.ContentType = contentType
	if contentType == "" {
		p.ContentType = pictureType(p.Bytes)
	}
	p.Width, p.Height = pictureSize(p)
	return p, nil
}

// pictureType tells the formats apart in which pictures are made.
func pictureType(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte("\x89PNG")):
		return "image/png"
	case bytes.HasPrefix(raw, []byte("RIFF")):
		return webpType
	}
	return "image/jpeg"
}

func pictureSize(p Picture) (w, h int) {
	var cfg image.Config
	var err error
	switch r := bytes.NewReader(p.Bytes); p.ContentType {
	case "image/png":
		cfg, err = png.DecodeConfig(r)
	case "image/jpeg":
		cfg, err = jpeg.DecodeConfig(r)
	case "image/gif":
		cfg, err = gif.DecodeConfig(r)
	case webpType:
		cfg, err = webp.DecodeConfig(r)
	}
	if err != nil {
		return 0, 0
	}
	return cfg.Width, cfg.Height
}

// makePicture holds no lock: it may take a while.
func (u *Uploads) makePicture(ctx context.Context, l *tenants.Lease, as store.Asset, side Side) (Picture, error) {
	need := decodedBytes(as)
	if err := u.memory.Acquire(ctx, need); err != nil {
		return Picture{}, fmt.Errorf("wait to make a picture: %w", err)
	}
	defer u.memory.Release(need)
	whole, err := u.decode(ctx, l, as)
	if err != nil {
		return Picture{}, err
	}
	small, err := encodeSmall(turned(scaled(whole.img, int(side)), whole.turn), side.loss())
	if err != nil {
		return Picture{}, fmt.Errorf("asset %s: %w", as.ID, err)
	}
	return small, nil
}

// decoded is an asset's image.
type decoded struct {
	img      image.Image
	turn     int  // how to hold it; see orientation
	coloured bool // its colours are of a space of its own
}

// decode reads an asset whole. A damaged one is store.ErrNotFound.
func (u *Uploads) decode(ctx context.Context, l *tenants.Lease, as store.Asset) (d decoded, err error) {
	r, _, err := u.pool.Assets().Get(ctx, key(l.Shop().Name, as.Object), 0, 0)
	if err != nil {
		return d, fmt.Errorf("read asset %s: %w", as.ID, err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, as.Size))
	if err = errors.Join(err, r.Close()); err != nil {
		return d, fmt.Errorf("read asset %s: %w", as.ID, err)
	}
	d.turn = 1
	switch r := bytes.NewReader(raw); as.ContentType {
	case "image/png":
		d.img, err = png.Decode(r)
		d.coloured = hasProfile(raw, "iCCP")
	case "image/jpeg":
		d.img, err = jpeg.Decode(r)
		d.turn, d.coloured = orientation(raw), hasProfile(raw, "ICC_PROFILE\x00")
	case "image/gif":
		d.img, err = gif.Decode(r)
	case webpType:
		d.img, err = webp.Decode(r)
	default:
		err = errors.New("not an image of pixels")
	}
	if err != nil {
		return d, fmt.Errorf("decode asset %s: %w: %w", as.ID, store.ErrNotFound, err)
	}
	return d, nil
}

// hasProfile says whether an image has a colour profile, known by its mark, other
// than the one that is meant where there is none.
func hasProfile(raw []byte, mark string) bool {
	at := bytes.Index(raw[:min(len(raw), 64<<10)], []byte(mark))
	return at >= 0 && !bytes.Contains(raw[at:min(len(raw), at+4<<10)], []byte("sRGB"))
}

// keepRendition stores what was made of an object, unless that is not there any
// more: nobody would delete what is made of it then.
func (u *Uploads) keepRendition(ctx context.Context, l *tenants.Lease, object, at string, p Picture) error {
	l.Objects().RLock()
	defer l.Objects().RUnlock()
	there := false
	err := l.Read(ctx, "is an object in use", func(v *store.View) (err error) {
		there, err = v.HasObject(object)
		return err
	})
	if err != nil || !there {
		return err
	}
	_, err = u.pool.Assets().Put(ctx, key(l.Shop().Name, at), bytes.NewReader(p.Bytes), int64(len(p.Bytes)), bucket.PutOptions{ContentType: p.ContentType})
	if err != nil {
		return fmt.Errorf("keep what was made of an asset: %w", err)
	}
	return nil
}

// scaled is an image whose longer side is at most so many pixels.
func scaled(img image.Image, side int) *image.RGBA {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if long := max(w, h); long > side {
		w, h = max(w*side/long, 1), max(h*side/long, 1)
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(small, small.Rect, img, img.Bounds(), draw.Src, nil)
	return small
}

// encodeSmall makes the smallest of what browsers know: JPEG, PNG where one can
// see through the picture, or WebP.
func encodeSmall(img *image.RGBA, how loss) (p Picture, err error) {
	p.Width, p.Height = img.Rect.Dx(), img.Rect.Dy()
	var out bytes.Buffer
	if opaque := img.Opaque(); opaque {
		p.ContentType, err = "image/jpeg", jpeg.Encode(&out, img, &jpeg.Options{Quality: int(how.quality)})
	} else {
		p.ContentType, err = "image/png", (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img)
	}
	if err != nil {
		return p, fmt.Errorf("encode picture: %w", err)
	}
	p.Bytes = out.Bytes()
	for _, how := range []loss{how, exactly} {
		if raw, err := encodeWebP(img, how); err == nil && len(raw) < len(p.Bytes) {
			p.Bytes, p.ContentType = raw, webpType
		}
	}
	return p, nil
}
