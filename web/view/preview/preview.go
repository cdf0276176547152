// Package preview draws a design's JSON as a small SVG picture. The JSON is a
// stranger's: the picture holds an allow-list of elements and attributes, no
// script, no style and no address but those that the caller gives for images,
// and its size and the work for it are bounded.
//
// Two formats are understood: that of the package lapak/cmd/lapak/demo (canvas
// and layers), and that of fabric.js (objects), which most customizers write.
// Either may stand one level down, in a member of the object.
package preview

import "slices"

const (
	maxNodes  = 400        // things that are drawn
	maxDepth  = 6          // groups in groups
	maxOutput = 128 << 10  // bytes, without images
	maxPath   = 8_000      // numbers in all paths together
	maxText   = 400        // characters of one text
	maxLines  = 40         // of one text
	maxImages = 24         // different ones
	maxInline = 256 << 10  // bytes of the images that the design itself holds
	maxLength = 20_000     // of a side, in the picture's units
	farthest  = 10_000_000 // from the middle, in the picture's units
)

// Image is what may be shown in the place of an image's source.
type Image struct {
	// Href is an address or a data: URL. A picture that a page shows in an img
	// element loads nothing, so there it must be a data: URL.
	Href string
	// Width and Height are the image's own, in pixels; 0 means not known.
	Width, Height int
}

// Options of Render. The zero value draws a box for every image.
type Options struct {
	// Image finds an image by its source as the design names it. It is asked once
	// for each source, and not for data: URLs, which are drawn as they are if they
	// hold a PNG, JPEG, GIF or WebP image. Nil, or not ok, draws a box.
	Image func(src string) (img Image, ok bool)
}

// Picture is a drawn design.
type Picture struct {
	SVG           []byte  // a whole document
	Width, Height float64 // of its view box
	// Drawn counts what was drawn, Omitted what was not: kinds that are not known,
	// what is broken, and what is beyond the bounds.
	Drawn, Omitted int
	Missing        int  // images among the drawn that are shown as a box
	Empty          bool // there is nothing to draw: the picture is a placeholder
}

// Design is a design's JSON, read. The zero Design is one that cannot be drawn.
type Design struct {
	ok            bool
	fabric        bool
	width, height float64
	background    string // safe; "" is none
	nodes         []node
	beyond        int // lists that were cut off
}

// Parse reads a design. It never fails: what it cannot make sense of is drawn as
// a quiet placeholder.
func Parse(raw []byte) Design {
	var r rawDesign
	if !decode(raw, &r) {
		return Design{}
	}
	if r.Layers == nil && r.Objects == nil {
		inner, ok := inside(raw)
		if !ok || !decode(inner, &r) {
			return Design{}
		}
	}
	return r.design()
}

// Sources are the sources of the images that the design names, in order and each
// once, without data: URLs: what Render may ask for.
func (d Design) Sources() []string {
	var all []string
	var collect func([]node)
	collect = func(nodes []node) {
		for i := range nodes {
			src := string(nodes[i].Src)
			if nodes[i].kind() == "image" && src != "" && !isData(src) && !slices.Contains(all, src) && len(all) < maxImages {
				all = append(all, src)
			}
			collect(nodes[i].kids)
		}
	}
	collect(d.nodes)
	return all
}

// Render draws the design. The same design and images give the same bytes.
func (d Design) Render(opt Options) Picture {
	if !d.ok {
		return placeholder()
	}
	c := newCanvas(opt)
	c.omitted = d.beyond
	c.page(d)
	if c.drawn == 0 && d.background == "" {
		p := placeholder()
		p.Omitted = c.omitted
		return p
	}
	return c.picture(d.width, d.height)
}

// Render is Parse and Design.Render in one.
func Render(raw []byte, opt Options) Picture { return Parse(raw).Render(opt) }
