package preview

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// paint is a colour that is safe in an attribute. Of a gradient only its first
// colour is kept.
type paint struct{ colour string }

func (p *paint) UnmarshalJSON(raw []byte) error {
	var s string
	if len(raw) > 0 && raw[0] == '{' {
		var gradient struct {
			ColorStops []struct{ Color text } `json:"colorStops"`
		}
		if decode(raw, &gradient) && len(gradient.ColorStops) > 0 {
			s = string(gradient.ColorStops[0].Color)
		}
	} else if json.Unmarshal(raw, &s) != nil {
		s = ""
	}
	p.colour = colour(s)
	return nil
}

// colour brings a CSS colour into the form #rrggbb or #rrggbbaa, or leaves a
// name as it is. "" stands for none and for everything else.
func colour(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	switch {
	case len(s) > 64 || s == "" || s == "none" || s == "transparent":
		return ""
	case s[0] == '#':
		if slices.Contains([]int{4, 5, 7, 9}, len(s)) && strings.Trim(s[1:], "0123456789abcdef") == "" {
			return s
		}
	case strings.HasSuffix(s, ")"):
		return functional(s)
	case len(s) <= 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == "":
		return s
	}
	return ""
}

// functional reads rgb(1, 2, 3), rgba(1, 2, 3, 0.5) and the forms with spaces.
func functional(s string) string {
	name, rest, _ := strings.Cut(strings.TrimSuffix(s, ")"), "(")
	if name != "rgb" && name != "rgba" {
		return ""
	}
	parts := strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(parts) != 3 && len(parts) != 4 {
		return ""
	}
	out := []byte{'#'}
	for i, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSuffix(part, "%"), 64)
		if err != nil || math.IsNaN(v) {
			return ""
		}
		switch percent := strings.HasSuffix(part, "%"); {
		case percent:
			v *= 2.55
		case i == 3:
			v *= 255
		}
		out = hexByte(out, v)
	}
	return string(out)
}

func hexByte(out []byte, v float64) []byte {
	const digits = "0123456789abcdef"
	b := byte(math.Round(max(0, min(255, v))))
	return append(out, digits[b>>4], digits[b&15])
}
