package preview

import (
	"math"
	"strconv"
)

// canvas is a picture being drawn.
type canvas struct {
	svg
	opt    Options
	fabric bool
	images map[string]int // by source: its place in defs; -1: it is a box
	defs   svg
	sizes  []Image
	inline int // bytes of images that the design holds

	budget                  int // of numbers in paths
	drawn, omitted, missing int
}

func newCanvas(opt Options) *canvas {
	return &canvas{opt: opt, images: map[string]int{}, budget: maxPath, svg: svg{make([]byte, 0, 4<<10)}}
}

func (c *canvas) page(d Design) {
	c.fabric = d.fabric
	if d.background != "" {
		c.tag("rect").num("width", d.width).num("height", d.height).attr("fill", d.background).over()
	}
	c.all(d.nodes)
}

func (c *canvas) picture(w, h float64) Picture {
	out := svg{make([]byte, 0, len(c.b)+len(c.defs.b)+256)}
	open(&out, w, h)
	if len(c.defs.b) > 0 {
		out.raw("<defs>").raw(string(c.defs.b)).raw("</defs>")
	}
	out.b = append(append(out.b, c.b...), "</svg>\n"...)
	return Picture{SVG: out.b, Width: w, Height: h, Drawn: c.drawn, Omitted: c.omitted, Missing: c.missing}
}

func open(out *svg, w, h float64) {
	out.tag("svg").attr("xmlns", "http://www.w3.org/2000/svg").num("width", w).num("height", h)
	out.raw(` viewBox="0 0 `).numbers(w, h).raw(`">`)
}

// placeholder is the picture of a design that cannot be drawn.
func placeholder() Picture {
	const side = 400
	var out svg
	open(&out, side, side)
	out.raw(`<g fill="none" stroke="#8a8f98" stroke-width="6" opacity="0.55">` +
		`<rect x="130" y="130" width="140" height="140" rx="14"/><path d="M130 240L175 195L205 225L235 190L270 228"/>` +
		`<ellipse cx="172" cy="168" rx="11" ry="11"/></g></svg>` + "\n")
	return Picture{SVG: out.b, Width: side, Height: side, Empty: true}
}

func (c *canvas) all(nodes []node) {
	for i := range nodes {
		full := c.drawn >= maxNodes || len(c.b) > maxOutput
		n := &nodes[i]
		switch {
		case bool(n.Visible):
		case full || !c.node(n):
			c.omitted++
		default:
			c.drawn++
		}
	}
}

// node draws one thing and says whether it could.
func (c *canvas) node(n *node) bool {
	draw := c.painter(n)
	if draw == nil {
		return false
	}
	start := len(c.b)
	c.tag("g")
	w, h := c.place(n)
	if o := or(n.Opacity, 1); o < 1 {
		c.num("opacity", max(0, o))
	}
	plain := len(c.b) == start+len("<g")
	c.raw(">")
	if plain { // nothing to say: no group
		c.b = c.b[:start]
	}
	if !draw(w, h) {
		c.b = c.b[:start]
		return false
	}
	if !plain {
		c.raw("</g>")
	}
	return true
}

// painter is what draws a node's kind in a box at the origin; nil if it is not
// known. In the own format the box stands where the design says, see place.
func (c *canvas) painter(n *node) func(w, h float64) bool {
	switch n.kind() {
	case "rect":
		return func(w, h float64) bool { return c.rect(n, w, h) }
	case "ellipse", "circle":
		return func(w, h float64) bool { return c.ellipse(n, w, h) }
	case "path", "polygon", "polyline", "line", "triangle":
		return func(w, h float64) bool { return c.outline(n, w, h) }
	case "text":
		return func(w, h float64) bool { return c.text(n, w, h) }
	case "image":
		return func(w, h float64) bool { return c.image(n, w, h) }
	case "group":
		return func(w, h float64) bool { return c.group(n, w, h) }
	}
	return nil
}

// place writes the transform that brings a node's box from the origin to where
// it is, and returns the box's size.
func (c *canvas) place(n *node) (w, h float64) {
	w, h = size(n)
	if !c.fabric {
		c.placeOwn(float64(n.X), float64(n.Y), w, h, float64(n.Rotation))
		return w, h
	}
	sx, sy := n.scale()
	x, y := float64(n.Left), float64(n.Top)
	ox, oy := origin(n.OriginX)*w*math.Abs(sx), origin(n.OriginY)*h*math.Abs(sy)
	if n.FlipX {
		ox, sx = ox-w*sx, -sx
	}
	if n.FlipY {
		oy, sy = oy-h*sy, -sy
	}
	c.raw(` transform="translate(`).numbers(x, y).raw(")")
	if n.Angle != 0 {
		c.raw(" rotate(").numbers(float64(n.Angle)).raw(")")
	}
	if ox != 0 || oy != 0 {
		c.raw(" translate(").numbers(-ox, -oy).raw(")")
	}
	if sx != 1 || sy != 1 {
		c.raw(" scale(").scaled(sx, sy).raw(")")
	}
	c.raw(`"`)
	return w, h
}

func (c *canvas) placeOwn(x, y, w, h, turn float64) {
	c.raw(` transform="translate(`).numbers(x, y).raw(")")
	if turn != 0 {
		c.raw(" rotate(").numbers(turn, w/2, h/2).raw(")")
	}
	c.raw(`"`)
}

// scaled writes two factors, which need more digits than lengths.
func (s *svg) scaled(x, y float64) *svg {
	s.b = strconv.AppendFloat(s.b, bounded(x), 'g', 6, 64)
	s.b = strconv.AppendFloat(append(s.b, ' '), bounded(y), 'g', 6, 64)
	return s
}

func bounded(v float64) float64 { return max(-1e5, min(1e5, v)) }

// size is a node's box before it is scaled.
func size(n *node) (w, h float64) {
	w, h = max(0, float64(n.Width)), max(0, float64(n.Height))
	if w == 0 {
		w = 2 * positive(n.Radius, n.RX)
	}
	if h == 0 {
		h = 2 * positive(n.Radius, n.RY)
	}
	return w, h
}

// paints writes a shape's fill and outline.
func (c *canvas) paints(n *node) {
	if fill := n.Fill.colour; fill != "" {
		c.attr("fill", fill)
	} else {
		c.attr("fill", "none")
	}
	wide := or(n.StrokeWidth, 1)
	if n.Stroke.colour != "" && wide > 0 {
		c.attr("stroke", n.Stroke.colour).num("stroke-width", wide)
	}
}

func (c *canvas) rect(n *node, w, h float64) bool {
	if w <= 0 || h <= 0 {
		return false
	}
	c.tag("rect").num("width", w).num("height", h)
	if r := positive(n.RX, n.Radius); r > 0 {
		c.num("rx", r)
	}
	c.paints(n)
	c.over()
	return true
}

func (c *canvas) ellipse(n *node, w, h float64) bool {
	if w <= 0 || h <= 0 {
		return false
	}
	c.tag("ellipse").num("cx", w/2).num("cy", h/2).num("rx", w/2).num("ry", h/2)
	c.paints(n)
	c.over()
	return true
}

// group draws what is in a group. Fabric counts from the group's middle.
func (c *canvas) group(n *node, w, h float64) bool {
	if len(n.kids) == 0 {
		return false
	}
	if c.fabric {
		c.raw(`<g transform="translate(`).numbers(w/2, h/2).raw(`)">`)
	} else {
		c.raw("<g>")
	}
	c.all(n.kids)
	c.raw("</g>")
	return true
}
