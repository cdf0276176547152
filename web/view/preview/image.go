package preview

import (
	"slices"
	"strconv"
	"strings"
)

// image draws an image in its box, or a box where it is not known.
func (c *canvas) image(n *node, w, h float64) bool {
	if w <= 0 || h <= 0 {
		return false
	}
	i := c.known(string(n.Src))
	if i < 0 {
		c.missing++
		c.tag("rect").num("width", w).num("height", h).attr("fill", "#8a8f98").attr("fill-opacity", "0.25").over()
		return true
	}
	img := c.sizes[i]
	iw, ih := float64(img.Width), float64(img.Height)
	if iw <= 0 || ih <= 0 {
		iw, ih = w, h
	}
	// The inner svg cuts off what reaches past the box.
	c.tag("svg").num("width", w).num("height", h)
	c.raw(` viewBox="0 0 `).numbers(iw, ih).raw(`"`).attr("preserveAspectRatio", c.fit(n))
	c.raw(">").tag("use").attr("href", "#i"+strconv.Itoa(i)).num("width", iw).num("height", ih).over()
	c.raw("</svg>")
	return true
}

func (c *canvas) fit(n *node) string {
	switch {
	case c.fabric:
		return "none"
	case n.Fit == "cover":
		return "xMidYMid slice"
	}
	return "xMidYMid meet"
}

// known is the number under which an image stands in the picture, once for all
// its uses; -1 if it cannot be shown.
func (c *canvas) known(src string) int {
	i, seen := c.images[src]
	if seen {
		return i
	}
	if i = -1; len(c.images) < maxImages {
		if img, ok := c.find(src); ok {
			i = len(c.sizes)
			c.sizes = append(c.sizes, img)
			c.define(i, img)
		}
	}
	c.images[src] = i
	return i
}

func (c *canvas) define(i int, img Image) {
	c.defs.tag("symbol").attr("id", "i"+strconv.Itoa(i)).raw("><image")
	c.defs.attr("width", "100%").attr("height", "100%").attr("preserveAspectRatio", "none").attr("href", img.Href).over()
	c.defs.raw("</symbol>")
}

func (c *canvas) find(src string) (Image, bool) {
	if isData(src) {
		if c.inline += len(src); c.inline > maxInline || !safeData(src) {
			return Image{}, false
		}
		return Image{Href: src}, true
	}
	if src == "" || c.opt.Image == nil {
		return Image{}, false
	}
	return c.opt.Image(src)
}

func isData(src string) bool { return len(src) >= 5 && strings.EqualFold(src[:5], "data:") }

// safeData says whether a data: URL holds an image of pixels.
func safeData(src string) bool {
	kind, data, ok := strings.Cut(strings.TrimPrefix(src, "data:image/"), ";base64,")
	return ok && slices.Contains([]string{"png", "jpeg", "jpg", "gif", "webp"}, kind) &&
		strings.Trim(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") == ""
}
