package upload

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
)

const (
	svgOpen = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">`
	svgEnd  = `</svg>`
)

func TestPassive(t *testing.T) {
	for _, body := range []string{
		``, `<path d="M0 0h9" fill="url(#a)" stroke='url("#b")'/>`, `<g style="fill:red;filter:url( #f )"><rect width="1"/></g>`,
		`<style>.a { fill: #fff; mask: url('#m') }</style>`, `<image href="data:image/png;base64,AAAA"/>`, `<use xlink:href="#x"/>`,
		`<text x="1">on sale &lt;b&gt; /* not CSS here */ http://x.test</text>`, `<linearGradient id="a"><stop offset="0"/></linearGradient>`,
		`<!-- a comment with <script> -->`, `<title>Made by http://x.test</title>`,
	} {
		if !isPassive(strings.NewReader(`<?xml version="1.0" encoding="UTF-8"?>` + svgOpen + body + svgEnd)) {
			t.Errorf("refused %s", body)
		}
	}
}

func TestNotPassive(t *testing.T) {
	for _, body := range []string{
		`<script>alert(1)</script>`, `<script/>`, `<SCRIPT>alert(1)</SCRIPT>`, `<s:script xmlns:s="http://www.w3.org/2000/svg">x</s:script>`,
		`<g onload="alert(1)"/>`, `<g OnClick="x"/>`, `<g x:onload="x" xmlns:x="y"/>`, `<a href="#x"/>`, `<a xlink:href="javascript:alert(1)"/>`,
		`<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>`, `<g xmlns="http://www.w3.org/1999/xhtml"/>`,
		`<h:iframe xmlns:h="http://www.w3.org/1999/xhtml" src="#"/>`, `<set attributeName="href" to="javascript:x"/>`, `<animate attributeName="href"/>`,
		`<use href="other.svg#x"/>`, `<image href="http://x.test/a.png"/>`, `<image href="data:image/svg+xml;base64,AAAA"/>`, `<image href=" data:text/html,x"/>`,
		`<image href="//x.test/a"/>`, `<g style="background:url(http://x.test)"/>`, `<g fill="url(data:x)"/>`, `<g fill="url(#a) url(x)"/>`,
		`<style>@import "http://x.test";</style>`, `<style>@im/**/port "x";</style>`, `<style>@\69mport "x";</style>`, `<style>a{fill:URL(x)}</style>`,
		`<style><![CDATA[@import "x";]]></style>`, `<style>a{}<g/>@import "x"</style>`, `<style>&#64;import "x";</style>`,
		`<style>@im<!-- -->port "x"</style>`, `<style>@im<![CDATA[port]]> "x"</style>`,
		`<?xml-stylesheet href="x"?>`, `<svg xml:base="http://x.test/"/>`, `<g><path></g>`, `<unknown/>`, `<handler/>`, `<embed src="x"/>`, `&x;`,
	} {
		if isPassive(strings.NewReader(svgOpen + body + svgEnd)) {
			t.Errorf("accepted %s", body)
		}
	}
	for _, whole := range []string{
		`<!DOCTYPE svg [<!ENTITY x "y">]>` + svgOpen + svgEnd, `<?xml version="1.0" encoding="UTF-7"?>` + svgOpen + svgEnd,
		`<html xmlns="http://www.w3.org/1999/xhtml"/>`, svgOpen, `<svg xmlns="http://www.w3.org/2000/svg` + "\xff" + `"/>`,
	} {
		if isPassive(strings.NewReader(whole)) {
			t.Errorf("accepted %s", whole)
		}
	}
}

// FuzzPassive looks at what is kept in another way: by its raw tokens.
func FuzzPassive(f *testing.F) {
	for _, body := range []string{`<path d="M0"/>`, `<style>a{fill:url(#b)}</style>`, `<script/>`, `<g onload=""/>`, `<use href="#"/>`} {
		f.Add([]byte(svgOpen + body + svgEnd))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !isPassive(bytes.NewReader(data)) {
			return
		}
		for d := xml.NewDecoder(bytes.NewReader(data)); ; {
			token, err := d.RawToken()
			if err != nil {
				return
			}
			start, ok := token.(xml.StartElement)
			if _, directive := token.(xml.Directive); directive || ok && strings.EqualFold(start.Name.Local, "script") {
				t.Fatalf("accepted %q", data)
			}
			for _, a := range start.Attr {
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || strings.HasPrefix(a.Value, "javascript:") {
					t.Fatalf("accepted %q", data)
				}
			}
		}
	})
}
