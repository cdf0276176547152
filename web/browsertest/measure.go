package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// AxeFile is where `make test` puts axe-core: in the folder that the variable
// LAPAK_TEST_BIN names, else in .bin of the module's root.
func AxeFile(t testing.TB, root string) string {
	t.Helper()
	dir := os.Getenv("LAPAK_TEST_BIN")
	if dir == "" {
		dir = filepath.Join(root, ".bin")
	}
	file := filepath.Join(dir, "axe.min.js")
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("axe-core is missing (make test fetches it): %v", err)
	}
	return file
}

// Axe returns what axe-core finds against WCAG 2.2 AA and its best practices, or
// against the named rules alone; file is axe.min.js.
func (tab *Tab) Axe(file string, rules ...string) []string {
	tab.t.Helper()
	only := ""
	if len(rules) > 0 {
		only = fmt.Sprintf(`, runOnly: ["%s"]`, strings.Join(rules, `", "`))
	}
	script, err := os.ReadFile(file)
	if err != nil {
		tab.t.Fatal(err)
	}
	// Evaluate runs outside of the page's CSP.
	Eval[int](tab, string(script)+";0")
	raw := Eval[string](tab, `axe.run(document, {resultTypes: ["violations"]`+only+`}).then(r => JSON.stringify(r.violations.map(v =>
		({id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + " :: " + n.failureSummary)}))))`)
	var found []struct {
		ID, Impact string
		Nodes      []string
	}
	if err := json.Unmarshal([]byte(raw), &found); err != nil {
		tab.t.Fatal(err)
	}
	var all []string
	for _, v := range found {
		all = append(all, fmt.Sprintf("%s (%s): %s", v.ID, v.Impact, strings.Join(v.Nodes, " | ")))
	}
	return all
}

// Sideways is by how many CSS pixels the page is wider than the screen.
func (tab *Tab) Sideways() float64 {
	tab.t.Helper()
	return Eval[float64](tab, `Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)`)
}

// Paint is what a person notices of a page's arrival.
type Paint struct {
	LCP   float64  // largest contentful paint, in milliseconds since navigation
	Shift float64  // cumulative layout shift
	Moved []string // what shifted, and from where to where
}

// Paint is how the page that is shown arrived, as far as the browser has noted it
// by the second frame from now.
func (tab *Tab) Paint() Paint {
	tab.t.Helper()
	return Eval[Paint](tab, `new Promise(done => {
		const p = {LCP: 0, Shift: 0, Moved: []};
		const at = r => [r.x, r.y, r.width, r.height].map(Math.round).join(" ");
		const name = n => n ? (n.nodeType == 1 ? n : n.parentElement)?.outerHTML.slice(0, 120) : "?";
		new PerformanceObserver(l => { for (const e of l.getEntries()) p.LCP = e.startTime; }).observe({type: "largest-contentful-paint", buffered: true});
		new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput) {
			p.Shift += e.value;
			for (const s of e.sources) p.Moved.push(name(s.node) + ": " + at(s.previousRect) + " -> " + at(s.currentRect));
		} }).observe({type: "layout-shift", buffered: true});
		requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(p), 0)));
	})`)
}
