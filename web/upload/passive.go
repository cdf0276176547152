package upload

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"lapak/store"
	"lapak/web"
)

// Passive refuses an SVG image that could do more than be looked at: scripts,
// handlers, animations of links, documents of other kinds inside, and anything
// that is fetched from elsewhere. A shop serves what strangers uploaded from its
// own domain, so that must hold even where a header gets lost on the way. Other
// kinds of images are passive.
func (f *File) Passive(in store.NewAsset) error {
	if in.ContentType != "image/svg+xml" {
		return nil
	}
	if err := f.rewind(); err != nil {
		return err
	}
	if !isPassive(f.file) {
		return web.Invalid("file", "must be an SVG image of shapes, text and embedded pictures alone: no scripts, no links, nothing from elsewhere")
	}
	return nil
}

// passiveElements are SVG's that show something or help to.
const passiveElements = " svg g defs symbol use switch title desc metadata style path rect circle ellipse line polyline polygon" +
	" text tspan textPath image marker pattern clipPath mask linearGradient radialGradient stop filter" +
	" feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight" +
	" feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset" +
	" fePointLight feSpecularLighting feSpotLight feTile feTurbulence "

// isPassive reads the image as browsers do, who know no elements but these and
// run nothing in them.
func isPassive(r io.Reader) bool {
	d := xml.NewDecoder(r)
	style := false // within a style sheet
	var sheet strings.Builder
	for {
		token, err := d.Token() // checks that elements nest
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if style || !passiveElement(t) {
				return false
			}
			style = t.Name.Local == "style"
		case xml.CharData: // it may come in pieces
			if style {
				sheet.Write(t)
			}
		case xml.EndElement:
			if style && !passiveStyle(sheet.String()) {
				return false
			}
			style = false
			sheet.Reset()
		case xml.ProcInst:
			if t.Target != "xml" { // such as a style sheet from elsewhere
				return false
			}
		case xml.Directive: // a DOCTYPE could define entities
			return false
		}
	}
}

func passiveElement(e xml.StartElement) bool {
	if e.Name.Space != svgNamespace || strings.ContainsRune(e.Name.Local, ' ') || !strings.Contains(passiveElements, " "+e.Name.Local+" ") {
		return false
	}
	for _, a := range e.Attr {
		name := strings.ToLower(a.Name.Local)
		switch {
		case strings.HasPrefix(name, "on") || name == "base" && a.Name.Space != "":
			return false
		case name == "href" || name == "src":
			if !passiveLink(a.Value) {
				return false
			}
		case !passiveStyle(a.Value):
			return false
		}
	}
	return true
}

// passiveLink accepts what is in the image itself: a fragment, or a picture of
// pixels as data.
func passiveLink(target string) bool {
	for _, start := range []string{"#", "data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,", "data:image/webp;base64,"} {
		if strings.HasPrefix(target, start) {
			return true
		}
	}
	return target == ""
}

// passiveStyle accepts CSS, and any other text, that fetches nothing and runs
// nothing. What could hide a word, an escape or a comment, is refused with it.
func passiveStyle(text string) bool {
	text = strings.ToLower(text)
	for _, bad := range []string{`\`, "/*", "@import", "@font-face", "@namespace", "expression(", "javascript:", "image(", "image-set(", "src("} {
		if strings.Contains(text, bad) {
			return false
		}
	}
	for _, after := range strings.Split(text, "url(")[1:] {
		if !strings.HasPrefix(strings.TrimLeft(after, " \t\r\n'\""), "#") {
			return false
		}
	}
	return true
}
