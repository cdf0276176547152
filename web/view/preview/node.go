package preview

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// node is one thing of a design, in either format. Members of other types than
// expected stay empty.
type node struct {
	Type                 string
	X, Y                 number // the box's corner
	Left, Top            number // fabric: where the origin is
	OriginX, OriginY     string
	Width, Height        number
	ScaleX, ScaleY       *number
	Rotation, Angle      number // degrees
	FlipX, FlipY         bool
	Opacity              *number
	Visible              hidden
	Fill, Stroke         paint
	StrokeWidth          *number
	Radius, RX, RY       number
	X1, Y1, X2, Y2       number
	Text                 text
	Font, FontFamily     string
	Size, FontSize       number
	Weight, FontWeight   weight
	FontStyle            string
	Align, TextAlign     string
	Spacing, CharSpacing number
	LineHeight           number
	Src                  text
	Fit                  string
	D                    string
	Path                 steps
	PathOffset           *point
	Points               []point
	Objects              json.RawMessage

	kids []node // of a group
}

type point struct{ X, Y number }

// kind is the type's one name for what several customizers call differently.
func (n *node) kind() string {
	switch t := strings.ToLower(n.Type); t {
	case "text", "i-text", "itext", "textbox":
		return "text"
	case "rect", "ellipse", "path", "image", "circle", "line", "triangle", "polygon", "polyline", "group":
		return t
	case "activeselection":
		return "group"
	}
	return ""
}

// box is about where a node is, before it is turned.
func (n *node) box(fabric bool) (x, y, w, h float64) {
	if !fabric {
		return float64(n.X), float64(n.Y), float64(n.Width), float64(n.Height)
	}
	sx, sy := n.scale()
	w, h = float64(n.Width)*math.Abs(sx), float64(n.Height)*math.Abs(sy)
	return float64(n.Left) - origin(n.OriginX)*w, float64(n.Top) - origin(n.OriginY)*h, w, h
}

func (n *node) scale() (x, y float64) { return or(n.ScaleX, 1), or(n.ScaleY, 1) }

// origin is the part of a box that lies before its origin.
func origin(name string) float64 {
	switch name {
	case "center":
		return .5
	case "right", "bottom":
		return 1
	}
	return 0
}

func or(n *number, otherwise float64) float64 {
	if n == nil {
		return otherwise
	}
	return float64(*n)
}

func positive(n ...number) float64 {
	for _, v := range n {
		if v > 0 {
			return float64(v)
		}
	}
	return 0
}

// number is a JSON number, or text that begins with one, such as "12px". What is
// no number is 0; what is too large is the largest.
type number float64

func (n *number) UnmarshalJSON(raw []byte) error {
	s := strings.Trim(string(raw), `"`)
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || strings.IndexByte("+-.eE", s[end]) >= 0) {
		end++
	}
	if strings.HasSuffix(s[:end], "e") { // 2em
		end--
	}
	v, err := strconv.ParseFloat(s[:end], 64)
	if math.IsNaN(v) || err != nil && !math.IsInf(v, 0) {
		v = 0
	}
	*n = number(max(-farthest, min(farthest, v)))
	return nil
}

// text is JSON text; anything else is empty.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		*t = text(s)
	}
	return nil
}

// hidden is what visible says: only false hides.
type hidden bool

func (h *hidden) UnmarshalJSON(raw []byte) error {
	*h = string(raw) == "false"
	return nil
}

// weight is a font's weight, 0 where none is given.
type weight int

func (w *weight) UnmarshalJSON(raw []byte) error {
	switch s := strings.Trim(string(raw), `"`); s {
	case "bold", "bolder":
		*w = 700
	case "normal":
		*w = 400
	default:
		if v, err := strconv.Atoi(s); err == nil && v >= 1 && v <= 1000 {
			*w = weight(v)
		}
	}
	return nil
}
