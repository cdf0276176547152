package preview

// outline draws what consists of lines and curves.
func (c *canvas) outline(n *node, w, h float64) bool {
	all := c.steps(n, w, h)
	if len(all) < 2 {
		return false
	}
	x, y := c.offset(n, all, w, h)
	c.tag("path")
	if x != 0 || y != 0 {
		c.raw(` transform="translate(`).numbers(-x, -y).raw(`)"`)
	}
	c.raw(` d="`)
	for _, s := range all {
		c.b = append(c.b, s.command)
		c.numbers(s.n...)
	}
	c.raw(`"`)
	c.paints(n)
	c.over()
	return true
}

// offset is what of a path lies at the corner of its box.
func (c *canvas) offset(n *node, all []step, w, h float64) (x, y float64) {
	kind := n.kind()
	if !c.fabric || kind == "line" || kind == "triangle" {
		return 0, 0
	}
	if n.PathOffset != nil { // fabric: of the middle
		return float64(n.PathOffset.X) - w/2, float64(n.PathOffset.Y) - h/2
	}
	return corner(all)
}

func (c *canvas) steps(n *node, w, h float64) []step {
	switch n.kind() {
	case "triangle":
		return []step{{'M', []float64{w / 2, 0}}, {'L', []float64{w, h}}, {'L', []float64{0, h}}, {'Z', nil}}
	case "line": // fabric: from the middle
		return []step{{'M', []float64{w/2 + float64(n.X1), h/2 + float64(n.Y1)}}, {'L', []float64{w/2 + float64(n.X2), h/2 + float64(n.Y2)}}}
	case "polygon", "polyline":
		return c.polygon(n)
	}
	if len(n.Path.all) > 0 {
		return c.spend(n.Path.all)
	}
	return parsePath(n.D+n.Path.data, &c.budget)
}

func (c *canvas) polygon(n *node) []step {
	var all []step
	for i, p := range n.Points {
		command := byte('L')
		if i == 0 {
			command = 'M'
		}
		all = append(all, step{command, []float64{float64(p.X), float64(p.Y)}})
	}
	if n.kind() == "polygon" {
		all = append(all, step{'Z', nil})
	}
	return c.spend(all)
}

// spend cuts a path off where the budget of numbers ends.
func (c *canvas) spend(all []step) []step {
	if all[0].command|0x20 != 'm' {
		return nil
	}
	for i, s := range all {
		if c.budget -= len(s.n) + 1; c.budget < 0 {
			return all[:i]
		}
	}
	return all
}
