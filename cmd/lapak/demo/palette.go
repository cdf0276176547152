package demo

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// bucket gathers pixels of nearly one colour: 5 bits of red, green and blue, 4 of alpha.
type bucket struct {
	key              int
	n, r, g, b, a    int
	index            uint8
	meanR, meanG     int
	meanB, meanAlpha int
}

func bucketKey(px []uint8) int {
	return int(px[0]>>3)<<14 | int(px[1]>>3)<<9 | int(px[2]>>3)<<4 | int(px[3]>>4)
}

// paletted reduces the picture to its 256 commonest colours: for flat drawings nobody sees
// the difference, and the file is a third of the size.
func (c *canvas) paletted() *image.Paletted {
	all := make([]*bucket, 1<<19)
	var used []*bucket
	pix := c.img.Pix
	for i := 0; i < len(pix); i += 4 {
		key := bucketKey(pix[i : i+4])
		k := all[key]
		if k == nil {
			k = &bucket{key: key}
			all[key] = k
			used = append(used, k)
		}
		k.n, k.r, k.g, k.b, k.a = k.n+1, k.r+int(pix[i]), k.g+int(pix[i+1]), k.b+int(pix[i+2]), k.a+int(pix[i+3])
	}
	out := image.NewPaletted(c.img.Rect, choosePalette(used))
	for i := range out.Pix {
		out.Pix[i] = all[bucketKey(pix[i*4:i*4+4])].index
	}
	return out
}

// choosePalette gives the fullest buckets a colour each and every other bucket the nearest of them.
func choosePalette(used []*bucket) color.Palette {
	for _, k := range used {
		k.meanR, k.meanG, k.meanB, k.meanAlpha = k.r/k.n, k.g/k.n, k.b/k.n, k.a/k.n
	}
	slices.SortFunc(used, func(a, b *bucket) int { return cmp.Or(b.n-a.n, a.key-b.key) })
	top := used[:min(256, len(used))]
	var p color.Palette
	for i, k := range top {
		k.index = uint8(i)
		p = append(p, color.RGBA{uint8(k.meanR), uint8(k.meanG), uint8(k.meanB), uint8(k.meanAlpha)})
	}
	for _, k := range used[len(top):] {
		k.index = slices.MinFunc(top, func(a, b *bucket) int { return cmp.Or(k.distance(a)-k.distance(b), a.key-b.key) }).index
	}
	return p
}

func (k *bucket) distance(o *bucket) int {
	r, g, b, a := k.meanR-o.meanR, k.meanG-o.meanG, k.meanB-o.meanB, k.meanAlpha-o.meanAlpha
	return 2*r*r + 4*g*g + b*b + 2*a*a
}
