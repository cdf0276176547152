package admin

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
	"time"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/tenants"
)

const (
	thumbSide    = 400       // pixels of the longer side
	thumbSmall   = 24 << 10  // bytes; an image of fewer is shown as it is
	thumbLargest = 2 << 20   // bytes of a small picture; none is near
	thumbMemory  = 192 << 20 // bytes that all decoded images may take at once
	thumbWait    = 20 * time.Second
)

// thumbs makes small pictures of images and keeps them beside them in the bucket.
type thumbs struct {
	bucket bucket.Bucket
	memory *semaphore.Weighted
	making singleflight.Group
}

func newThumbs(b bucket.Bucket) *thumbs {
	return &thumbs{bucket: b, memory: semaphore.NewWeighted(thumbMemory)}
}

// thumb is a small picture, encoded.
type thumb struct {
	bytes         []byte
	contentType   string
	width, height int
}

// hasThumb says whether an asset is an image that a small picture can be made of.
func hasThumb(as store.Asset) bool {
	switch as.ContentType {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return as.Width != nil && as.Height != nil && decodedBytes(as) <= thumbMemory
	}
	return false
}

// decodedBytes is about how much memory an image takes.
func decodedBytes(as store.Asset) int64 {
	side := int64(1 << 20)
	return min(*as.Width, side)*min(*as.Height, side)*4 + as.Size
}

// of returns an asset's small picture, making it if nobody did yet. It is
// store.ErrNotFound where there can be none.
func (t *thumbs) of(ctx context.Context, l *tenants.Lease, as store.Asset) (thumb, error) {
	if !hasThumb(as) {
		return thumb{}, store.ErrNotFound
	}
	shop := l.Shop().Name.String()
	if as.Size <= thumbSmall {
		return t.read(ctx, shop+"/"+as.Object, as.ContentType)
	}
	key := shop + "/" + store.Thumbnail(as.Object)
	small, err := t.read(ctx, key, "")
	if !errors.Is(err, bucket.ErrNotFound) {
		return small, err
	}
	made, err, _ := t.making.Do(key, func() (any, error) {
		// Nobody deletes the image, and then not this picture of it, meanwhile.
		l.Objects().RLock()
		defer l.Objects().RUnlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), thumbWait)
		defer cancel()
		return t.make(ctx, shop+"/"+as.Object, key, as)
	})
	if err != nil {
		return thumb{}, err
	}
	return made.(thumb), nil
}

func (t *thumbs) read(ctx context.Context, key, contentType string) (small thumb, err error) {
	r, _, err := t.bucket.Get(ctx, key, 0, 0)
	if err != nil {
		return small, fmt.Errorf("read thumbnail: %w", err)
	}
	defer r.Close()
	if small.bytes, err = io.ReadAll(io.LimitReader(r, thumbLargest)); err != nil {
		return small, fmt.Errorf("read thumbnail: %w", err)
	}
	small.contentType = contentType
	if contentType == "" {
		small.contentType = "image/jpeg"
		if bytes.HasPrefix(small.bytes, []byte("\x89PNG")) {
			small.contentType = "image/png"
		}
	}
	small.width, small.height = sizeOf(small)
	return small, nil
}

func sizeOf(t thumb) (w, h int) {
	var cfg image.Config
	var err error
	switch r := bytes.NewReader(t.bytes); t.contentType {
	case "image/png":
		cfg, err = png.DecodeConfig(r)
	case "image/jpeg":
		cfg, err = jpeg.DecodeConfig(r)
	case "image/gif":
		cfg, err = gif.DecodeConfig(r)
	case "image/webp":
		cfg, err = webp.DecodeConfig(r)
	}
	if err != nil {
		return 0, 0
	}
	return cfg.Width, cfg.Height
}

func (t *thumbs) make(ctx context.Context, from, to string, as store.Asset) (thumb, error) {
	need := decodedBytes(as)
	if err := t.memory.Acquire(ctx, need); err != nil {
		return thumb{}, fmt.Errorf("wait to make a thumbnail: %w", err)
	}
	defer t.memory.Release(need)
	r, _, err := t.bucket.Get(ctx, from, 0, 0)
	if err != nil {
		return thumb{}, fmt.Errorf("read asset %s: %w", as.ID, err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, as.Size))
	if err = errors.Join(err, r.Close()); err != nil {
		return thumb{}, fmt.Errorf("read asset %s: %w", as.ID, err)
	}
	small, err := shrink(raw, as.ContentType)
	if err != nil {
		return thumb{}, fmt.Errorf("asset %s: %w: %w", as.ID, store.ErrNotFound, err)
	}
	_, err = t.bucket.Put(ctx, to, bytes.NewReader(small.bytes), int64(len(small.bytes)), bucket.PutOptions{ContentType: small.contentType})
	if err != nil {
		return thumb{}, fmt.Errorf("keep thumbnail: %w", err)
	}
	return small, nil
}

// shrink makes a small picture: JPEG, or PNG where one can see through it.
func shrink(raw []byte, contentType string) (small thumb, err error) {
	img, err := decodeImage(raw, contentType)
	if err != nil {
		return small, err
	}
	turn := 1
	if contentType == "image/jpeg" {
		turn = orientation(raw)
	}
	picture := turned(scaled(img), turn)
	var out bytes.Buffer
	if picture.Opaque() {
		small.contentType = "image/jpeg"
		err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: 82})
	} else {
		small.contentType = "image/png"
		err = png.Encode(&out, picture)
	}
	if err != nil {
		return small, fmt.Errorf("encode thumbnail: %w", err)
	}
	small.bytes, small.width, small.height = out.Bytes(), picture.Rect.Dx(), picture.Rect.Dy()
	return small, nil
}

func decodeImage(raw []byte, contentType string) (img image.Image, err error) {
	switch r := bytes.NewReader(raw); contentType {
	case "image/png":
		img, err = png.Decode(r)
	case "image/jpeg":
		img, err = jpeg.Decode(r)
	case "image/gif":
		img, err = gif.Decode(r)
	case "image/webp":
		img, err = webp.Decode(r)
	default:
		err = errors.New("not an image of pixels")
	}
	if err != nil {
		return nil, fmt.Errorf("decode image: %w", err)
	}
	return img, nil
}

// scaled is an image whose longer side is at most thumbSide.
func scaled(img image.Image) *image.RGBA {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if long := max(w, h); long > thumbSide {
		w, h = max(w*thumbSide/long, 1), max(h*thumbSide/long, 1)
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(small, small.Rect, img, img.Bounds(), draw.Src, nil)
	return small
}
