package demo

import (
	"math"
	"slices"
)

// point is a place on a canvas in pixels, y downwards.
type point struct{ x, y float64 }

// path is a set of outlines, curves already flattened to short lines.
// Its builder methods carry the letters of SVG path commands.
type path [][]point

func begin(x, y float64) path { return path{{{x, y}}} }

func (p path) l(x, y float64) path {
	n := len(p) - 1
	p[n] = append(p[n], point{x, y})
	return p
}

// c adds a cubic Bézier curve to (x, y).
func (p path) c(x1, y1, x2, y2, x, y float64) path {
	n := len(p) - 1
	from := p[n][len(p[n])-1]
	reach := math.Hypot(x1-from.x, y1-from.y) + math.Hypot(x2-x1, y2-y1) + math.Hypot(x-x2, y-y2)
	steps := max(4, int(math.Sqrt(reach)*2.2))
	for i := 1; i <= steps; i++ {
		t := float64(i) / float64(steps)
		u := 1 - t
		a, b, c, d := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
		p[n] = append(p[n], point{a*from.x + b*x1 + c*x2 + d*x, a*from.y + b*y1 + c*y2 + d*y})
	}
	return p
}

// q adds a quadratic Bézier curve to (x, y).
func (p path) q(x1, y1, x, y float64) path {
	n := len(p) - 1
	f := p[n][len(p[n])-1]
	return p.c(f.x+(x1-f.x)*2/3, f.y+(y1-f.y)*2/3, x+(x1-x)*2/3, y+(y1-y)*2/3, x, y)
}

// mirrored joins an open half outline with its mirror image about the line x = axis.
func (p path) mirrored(axis float64) path {
	half := p[0]
	whole := slices.Clone(half)
	for _, v := range slices.Backward(half) {
		whole = append(whole, point{2*axis - v.x, v.y})
	}
	return path{whole}
}

func (p path) transform(f func(point) point) path {
	out := make(path, len(p))
	for i, line := range p {
		out[i] = make([]point, len(line))
		for j, v := range line {
			out[i][j] = f(v)
		}
	}
	return out
}

func (p path) move(dx, dy float64) path {
	return p.transform(func(v point) point { return point{v.x + dx, v.y + dy} })
}

func (p path) scale(kx, ky float64) path {
	return p.transform(func(v point) point { return point{v.x * kx, v.y * ky} })
}

// rotate turns the path clockwise by degrees about (cx, cy).
func (p path) rotate(degrees, cx, cy float64) path {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return p.transform(func(v point) point {
		x, y := v.x-cx, v.y-cy
		return point{cx + x*cos - y*sin, cy + x*sin + y*cos}
	})
}

func ellipse(cx, cy, rx, ry float64) path {
	n := max(16, int(math.Sqrt(rx+ry)*7))
	line := make([]point, n)
	for i := range line {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		line[i] = point{cx + rx*cos, cy + ry*sin}
	}
	return path{line}
}

func circle(cx, cy, r float64) path { return ellipse(cx, cy, r, r) }

func rect(x, y, w, h float64) path {
	return begin(x, y).l(x+w, y).l(x+w, y+h).l(x, y+h)
}

func roundRect(x, y, w, h, r float64) path {
	k := r * 0.45
	return begin(x+r, y).l(x+w-r, y).c(x+w-k, y, x+w, y+k, x+w, y+r).
		l(x+w, y+h-r).c(x+w, y+h-k, x+w-k, y+h, x+w-r, y+h).
		l(x+r, y+h).c(x+k, y+h, x, y+h-k, x, y+h-r).
		l(x, y+r).c(x, y+k, x+k, y, x+r, y)
}

// stroke returns the outline of the open lines of p drawn with a round pen.
func (p path) stroke(width float64) path {
	var out path
	for _, line := range p {
		if line = distinct(line); len(line) > 1 {
			out = append(out, outline(line, width/2))
		}
	}
	return out
}

// outline walks along one side of a line, around its end, and back.
func outline(line []point, r float64) []point {
	out := side(nil, line, r)
	back := slices.Clone(line)
	slices.Reverse(back)
	out = roundCap(out, line[len(line)-2], line[len(line)-1], r)
	out = side(out, back, r)
	return roundCap(out, line[1], line[0], r)
}

// side appends the line's left-hand parallel at distance r, corners mitred up to 1.5 r.
func side(out, line []point, r float64) []point {
	for i, v := range line {
		a := normal(line[max(i-1, 0)], line[max(i, 1)])
		b := normal(line[min(i, len(line)-2)], line[min(i+1, len(line)-1)])
		n := point{a.x + b.x, a.y + b.y}
		k := r * min(1.5, 2/max(0.01, math.Hypot(n.x, n.y))) / max(0.01, math.Hypot(n.x, n.y))
		out = append(out, point{v.x + n.x*k, v.y + n.y*k})
	}
	return out
}

func roundCap(out []point, from, end point, r float64) []point {
	n := normal(from, end)
	start := math.Atan2(n.y, n.x)
	for i := 1; i < 8; i++ {
		sin, cos := math.Sincos(start + math.Pi*float64(i)/8)
		out = append(out, point{end.x + r*cos, end.y + r*sin})
	}
	return out
}

// normal is the unit vector to the left of a line in screen coordinates.
func normal(from, to point) point {
	dx, dy := to.x-from.x, to.y-from.y
	d := math.Hypot(dx, dy)
	return point{dy / d, -dx / d}
}

func distinct(line []point) []point {
	return slices.CompactFunc(slices.Clone(line), func(a, b point) bool {
		return math.Hypot(a.x-b.x, a.y-b.y) < 1e-6
	})
}

// closed repeats the first point of every outline at its end, so that a stroke goes all the way round.
func closed(p path) path {
	out := make(path, len(p))
	for i, line := range p {
		out[i] = append(slices.Clone(line), line[0])
	}
	return out
}
