package preview

import "strings"

// families are the fonts that a picture may name; each is followed by a generic
// family that every machine has.
func family(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name), ",")
	switch name = strings.Trim(name, ` "'`); name {
	case "serif", "times", "times new roman", "georgia", "garamond", "playfair display", "merriweather", "lora":
		return "Georgia, 'Times New Roman', serif"
	case "monospace", "courier", "courier new", "consolas", "roboto mono":
		return "'Courier New', monospace"
	case "cursive", "brush script mt", "comic sans ms", "pacifico", "dancing script", "great vibes":
		return "'Brush Script MT', cursive"
	case "fantasy", "impact", "bebas neue", "anton", "oswald":
		return "Impact, fantasy"
	}
	return "Helvetica, Arial, sans-serif"
}

// wrap breaks a text into lines that are about as wide as its box, for a box of
// text; width 0 breaks at line feeds only.
func wrap(s string, size, width float64) []string {
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText]) + "…"
	}
	var lines []string
	for _, line := range strings.Split(s, "\n") {
		lines = append(lines, wrapLine(line, size, width)...)
		if len(lines) >= maxLines {
			return lines[:maxLines]
		}
	}
	return lines
}

func wrapLine(line string, size, width float64) []string {
	if width <= 0 || textWidth(line)*size <= width {
		return []string{line}
	}
	var lines []string
	now := ""
	for _, word := range strings.Fields(line) {
		if now != "" && textWidth(now+" "+word)*size > width {
			lines, now = append(lines, now), word
		} else {
			now = strings.TrimSpace(now + " " + word)
		}
	}
	return append(lines, now)
}

// textWidth guesses a line's width in font sizes.
func textWidth(s string) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune(" .,:;'!|iljtfI", r):
			w += .28
		case strings.ContainsRune("mwMW@", r):
			w += .85
		case r >= 'A' && r <= 'Z':
			w += .66
		case r >= 0x1100:
			w++
		default:
			w += .52
		}
	}
	return w
}

// anchor is where a line is held, and which part of its box is before that.
func anchor(align string) (name string, part float64) {
	switch align {
	case "left", "justify", "justify-left", "start":
		return "start", 0
	case "right", "justify-right", "end":
		return "end", 1
	}
	return "middle", .5
}

// text draws lines of text: in the middle of its box, or as fabric does from its
// top.
func (c *canvas) text(n *node, w, h float64) bool {
	size := positive(n.Size, n.FontSize, number(h*.7), 40) // 40 is fabric's own
	if strings.TrimSpace(string(n.Text)) == "" || size <= 0 {
		return false
	}
	align, lead, breaks := n.Align, 1.16*size, 0.0
	if c.fabric {
		align = n.TextAlign
		if align == "" {
			align = "left"
		}
		lead = size * 1.13 * positive(n.LineHeight, 1.16)
		if strings.EqualFold(n.Type, "textbox") {
			breaks = w * 1.05
		}
	}
	lines := wrap(string(n.Text), size, breaks)
	held, part := anchor(align)
	c.tag("g").attr("font-family", family(n.Font+n.FontFamily)).num("font-size", size).attr("text-anchor", held)
	c.fonts(n, size)
	c.raw(">")
	first := h/2 - float64(len(lines)-1)*lead/2
	if c.fabric {
		first = size * 1.13 / 2
	}
	for i, line := range lines {
		c.tag("text").num("x", part*w).num("y", first+float64(i)*lead).attr("dy", "0.35em").raw(">")
		c.b = escape(c.b, line)
		c.raw("</text>")
	}
	c.raw("</g>")
	return true
}

// fonts writes what a text looks like besides its font and size.
func (c *canvas) fonts(n *node, size float64) {
	if w := max(n.Weight, n.FontWeight); w != 0 && w != 400 {
		c.num("font-weight", float64(w))
	}
	if n.FontStyle == "italic" || n.FontStyle == "oblique" {
		c.attr("font-style", "italic")
	}
	if space := float64(n.Spacing) + float64(n.CharSpacing)*size/1000; space != 0 {
		c.num("letter-spacing", space)
	}
	look := *n
	if look.Fill.colour == "" {
		look.Fill.colour = "#000000"
	}
	if look.StrokeWidth == nil {
		look.Stroke.colour = ""
	}
	c.paints(&look)
}
