package preview

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// rawDesign has the members of both formats.
type rawDesign struct {
	Canvas struct {
		Width, Height number
		Background    paint
	}
	Width, Height number
	Background    paint
	BgColor       paint `json:"backgroundColor"`
	Layers        json.RawMessage
	Objects       json.RawMessage
}

// decode is lenient: a member of the wrong type is left out.
func decode(raw []byte, v any) bool {
	err := json.Unmarshal(raw, v)
	return err == nil || isWrongType(err)
}

func isWrongType(err error) bool {
	var wrong *json.UnmarshalTypeError
	return errors.As(err, &wrong)
}

// inside is the first member, by name, that looks like a design.
func inside(raw []byte) ([]byte, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil, false
	}
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		var lists struct{ Layers, Objects json.RawMessage }
		if json.Unmarshal(members[name], &lists) == nil && (len(lists.Layers) > 2 || len(lists.Objects) > 2) {
			return members[name], true
		}
	}
	return nil, false
}

func (r rawDesign) design() Design {
	d := Design{
		fabric: r.Layers == nil,
		width:  float64(r.Canvas.Width), height: float64(r.Canvas.Height), background: r.Canvas.Background.colour,
	}
	list := r.Layers
	if d.fabric {
		list = r.Objects
	}
	room := maxNodes
	d.nodes = d.read(list, 0, &room)
	if d.width <= 0 || d.height <= 0 {
		d.width, d.height = float64(r.Width), float64(r.Height)
	}
	for _, other := range []paint{r.Background, r.BgColor} {
		if d.background == "" {
			d.background = other.colour
		}
	}
	if d.width <= 0 || d.height <= 0 {
		d.width, d.height = d.extent()
	}
	d.width, d.height = min(d.width, maxLength), min(d.height, maxLength)
	d.ok = d.width >= 1 && d.height >= 1 && max(d.width/d.height, d.height/d.width) <= 50
	return d
}

// read reads a list of nodes and what is in them, as long as there is room. Its
// bounds are why nodes do not simply decode themselves.
func (d *Design) read(list json.RawMessage, depth int, room *int) []node {
	dec := json.NewDecoder(bytes.NewReader(list))
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return nil
	}
	var nodes []node
	for dec.More() {
		if *room--; *room < 0 || depth > maxDepth {
			d.beyond++
			break
		}
		var n node
		if err := dec.Decode(&n); err != nil && !isWrongType(err) {
			break
		}
		if len(n.Objects) > 0 {
			n.kids = d.read(n.Objects, depth+1, room)
			n.Objects = nil
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// extent is a canvas that holds everything, for a design that names none.
func (d *Design) extent() (w, h float64) {
	for i := range d.nodes {
		x, y, nw, nh := d.nodes[i].box(d.fabric)
		w, h = max(w, x+nw), max(h, y+nh)
	}
	return w, h
}
