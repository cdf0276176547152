package demo

import "math"

// raster turns outlines into coverage: every cell of acc holds the change of covered area
// from the pixel on its left, so a running sum along a row is the exact coverage of each pixel.
type raster struct {
	x, y, w, h int // the box of canvas pixels acc stands for; may reach past the canvas sideways
	acc        []float32
}

// rasterise measures p inside rows 0 to height-1, using buf's memory where it is large enough.
func rasterise(p path, height int, buf []float32) raster {
	minX, minY, maxX, maxY := bounds(p)
	r := raster{x: int(math.Floor(minX)), y: max(0, int(math.Floor(minY)))}
	r.w = int(math.Ceil(maxX)) - r.x + 2
	r.h = max(0, min(height, int(math.Ceil(maxY)))-r.y)
	if need := r.w*r.h + 2; need <= cap(buf) {
		r.acc = buf[:need]
		clear(r.acc)
	} else {
		r.acc = make([]float32, need)
	}
	for _, line := range p {
		for i, to := range line {
			from := line[(i+len(line)-1)%len(line)]
			r.edge(from.x-float64(r.x), from.y-float64(r.y), to.x-float64(r.x), to.y-float64(r.y))
		}
	}
	return r
}

// row sums up row n to the coverage of its pixels. It may be called once for each row.
func (r *raster) row(n int) []float32 {
	row := r.acc[n*r.w : (n+1)*r.w]
	var sum float32
	for i, d := range row {
		sum += d
		// Rounding leaves a trace of shapes that have ended; less than this is invisible.
		if row[i] = min(1, max(sum, -sum)); row[i] < 1.0/512 {
			row[i] = 0
		}
	}
	return row
}

func bounds(p path) (minX, minY, maxX, maxY float64) {
	minX, minY, maxX, maxY = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, line := range p {
		for _, v := range line {
			minX, maxX = min(minX, v.x), max(maxX, v.x)
			minY, maxY = min(minY, v.y), max(maxY, v.y)
		}
	}
	return minX, minY, maxX, maxY
}

// edge adds one line of an outline, a row at a time.
func (r *raster) edge(x0, y0, x1, y1 float64) {
	if y0 == y1 {
		return
	}
	sign := 1.0
	if y0 > y1 {
		sign, x0, y0, x1, y1 = -1, x1, y1, x0, y0
	}
	slope := (x1 - x0) / (y1 - y0)
	x := x0
	if y0 < 0 {
		x -= y0 * slope
	}
	for row := max(0, int(y0)); row < min(r.h, int(math.Ceil(y1))); row++ {
		dy := min(float64(row+1), y1) - max(float64(row), y0)
		next := x + slope*dy
		r.span(row*r.w, min(x, next), max(x, next), dy*sign)
		x = next
	}
}

// span spreads the height d of a line that runs from left to right within one row over its cells.
func (r *raster) span(row int, left, right, d float64) {
	first, last := int(left), int(math.Ceil(right))
	if last <= first+1 {
		m := (left+right)/2 - float64(first)
		r.acc[row+first] += float32(d * (1 - m))
		r.acc[row+first+1] += float32(d * m)
		return
	}
	covered, area := 0.0, 0.0
	for i := first; i < last; i++ {
		reached := areaRightOf(left, right, float64(i+1))
		now := reached - area
		r.acc[row+i] += float32(d * (now - covered))
		covered, area = now, reached
	}
	r.acc[row+last] += float32(d * (1 - covered))
}

// areaRightOf is the area under a ramp that climbs from 0 at left to 1 at right, up to x.
func areaRightOf(left, right, x float64) float64 {
	if x >= right {
		return (right-left)/2 + x - right
	}
	return max(0, x-left) * max(0, x-left) / (2 * (right - left))
}
