package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/web/browsertest"
	"lapak/web/shopify/shopifytest"
)

// place is where a merchant's pages are tried out.
type place struct {
	*browsertest.Tab // what shows them
	t                *testing.T
	base             string            // of the pages' paths
	visit            func(path string) // opens one of them
	server           *testServer
	stale            func() // lets the next token be too old, where there are tokens
}

// TestMerchant does what merchants do, stand-alone and inside of Shopify's admin.
func TestMerchant(t *testing.T) {
	t.Run("stand-alone", func(t *testing.T) {
		data := t.TempDir()
		s := startServer(t, data, "--demo")
		p := &place{t: t, base: "/shops/" + demoShop, server: s, stale: func() {}}
		p.Tab = browsertest.Start(t, browsertest.Options{}).Tab(t, browsertest.Variant{})
		becomeMerchant(t, p.Tab, demoShop, data)
		p.visit = func(path string) { p.Open(s.url + p.base + path) }
		p.flows()
		calm(t, p.Tab)
	})
	t.Run("embedded", func(t *testing.T) {
		e := startEmbedded(t, shopifytest.Options{}, "--demo")
		e.shopify.Install(demoShop)
		outer := e.browser.Tab(t, browsertest.Variant{})
		p := &place{t: t, base: "/app", server: e.testServer, stale: func() { e.shopify.StaleTokens(1) }}
		p.visit = func(path string) {
			if p.Tab != nil {
				calm(t, p.Tab)
			}
			p.Tab = e.open(t, outer, demoShop, "/app"+path)
		}
		p.flows()
		calm(t, outer)
	})
}

func (p *place) flows() {
	for _, f := range []struct {
		name string
		run  func()
	}{
		{"upload", p.upload}, {"rename", p.rename}, {"delete", p.deleteDesign}, {"bulk delete", p.deleteMany}, {"search", p.search},
		{"config", p.config}, {"toggle", p.toggle}, {"keys", p.keys}, {"settings", p.settings}, {"restore", p.restore},
	} {
		began := time.Now()
		f.run()
		p.t.Logf("%s: %v", f.name, time.Since(began).Round(time.Millisecond))
	}
}

// at waits until a page of the shop is shown.
func (p *place) at(path string) {
	p.t.Helper()
	p.Until(fmt.Sprintf("location.pathname == %q && document.querySelector('main h1')", p.base+path))
}

// says waits for a text.
func (p *place) says(text string) {
	p.t.Helper()
	p.Until(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// lacks waits until a text is in the page's main part no more.
func (p *place) lacks(text string) {
	p.t.Helper()
	p.Until(fmt.Sprintf("!document.querySelector('main').innerText.includes(%q)", text))
}

func (p *place) undo() {
	p.t.Helper()
	p.Click("#toasts form button")
	p.Until(`document.querySelector("[data-toast]") && !document.querySelector("#toasts form")`)
}

// press clicks a button by its text.
func (p *place) press(text string) {
	p.t.Helper()
	button := fmt.Sprintf(`[...document.querySelectorAll("main button, main a.button, dialog button")].find(b => b.checkVisibility() && b.innerText.trim() == %q)`, text)
	p.Until(button)
	browsertest.Eval[int](p.Tab, "("+button+".click(), 0)")
}

// upload sends a picture and, beside it, what is none.
func (p *place) upload() {
	dir := p.t.TempDir()
	picture, text := filepath.Join(dir, "new-motif.png"), filepath.Join(dir, "notes.png")
	if err := os.WriteFile(picture, testPicture(p.t), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(text, []byte("no picture at all"), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.visit("/assets")
	p.Files("#upload-file", picture, text)
	p.Until(`document.querySelector(".uploads .ready progress")?.value == 1 && document.querySelector(".uploads .failed")`)
	if got := p.Text(".uploads .failed .upload-state"); !strings.Contains(got, "no image or font") {
		p.t.Errorf("of the refused file: %q", got)
	}
	p.Until(`document.querySelector("#gallery").innerText.includes("new-motif.png")`)
	p.lacks("notes.png ")
	p.ignore("400") // the browser notes the refusal
}

// testPicture is some PNG.
func testPicture(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for i := range 640 * 480 {
		img.Set(i%640, i/640, color.RGBA{uint8(i), uint8(i / 640), uint8(i / 7), 255})
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// ignore forgets what the browser complained about where a test provoked it.
func (p *place) ignore(status string) {
	p.t.Helper()
	for _, problem := range p.Problems() {
		if !strings.Contains(problem, status) {
			p.t.Error(problem)
		}
	}
	p.Forget()
}

// tile is the link of a design in the grid.
func tile(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".tile")].find(t => t.innerText.includes(%q))`, name)
}

func (p *place) openTile(name string) {
	p.t.Helper()
	p.Until(tile(name))
	browsertest.Eval[int](p.Tab, "("+tile(name)+`.querySelector("a").click(), 0)`)
	p.Until(fmt.Sprintf(`document.querySelector("h1").innerText.includes(%q)`, name))
}

func (p *place) rename() {
	p.visit("/designs")
	p.openTile("Seduh Senja")
	p.Fill("main input[name=name]", "Seduh Senja, cetakan kedua")
	p.stale() // the click is refused once and comes through
	p.press("Save the name")
	p.Until(`document.querySelector("h1").innerText == "Seduh Senja, cetakan kedua" && document.querySelector("[data-toast]")`)
	p.ignore("401")
}

func (p *place) deleteDesign() {
	p.visit("/designs")
	p.openTile("Seduh Senja, cetakan kedua")
	p.press("Delete")
	p.at("/designs")
	p.Until("!" + tile("cetakan kedua"))
	p.undo()
	p.Until(`document.querySelector("h1").innerText == "Seduh Senja, cetakan kedua"`)
	p.visit("/activity")
	p.says("Design brought back")
}

func (p *place) deleteMany() {
	names := []string{"Kintamani Natural", "Gayo Honey", "Tote klub buku"}
	p.visit("/designs")
	for _, name := range names {
		browsertest.Eval[int](p.Tab, "("+tile(name)+`.querySelector("input").click(), 0)`)
	}
	p.Until(`getComputedStyle(document.querySelector(".chosen-count"), "::before").content != "none" && document.querySelector(".chosen").checkVisibility()`)
	p.press("Delete")
	for _, name := range names {
		p.Until("!" + tile(name))
	}
	p.undo()
	for _, name := range names {
		p.Until(tile(name))
	}
}

// search finds while one types, keeps what was typed, and Back returns to it.
func (p *place) search() {
	p.visit("/designs")
	p.Fill("#designs-text", "toraja")
	p.Until(`document.querySelectorAll(".tile").length == 1 && location.search.includes("q=toraja")`)
	p.openTile("Toraja")
	browsertest.Eval[int](p.Tab, "(history.back(), 0)")
	p.at("/designs")
	p.Until(`document.querySelectorAll(".tile").length == 1 && document.querySelector("#designs-text").value == "toraja"`)
	p.Fill("#designs-text", "nothing like this")
	p.Until(`document.querySelectorAll(".tile").length == 0`)
	p.says("Nothing fits")
}

// config is saved wrong, then right.
func (p *place) config() {
	p.visit("/products?show=ready")
	link := `document.querySelector("main .main-cell a")`
	p.Until(link)
	browsertest.Eval[int](p.Tab, "("+link+".click(), 0)")
	length := `document.querySelector("[name='text.maxLength']")`
	p.Until(length)
	p.Fill("[name='text.maxLength']", "many")
	p.press("Save")
	p.Until(`document.querySelector(".field.wrong .error")?.innerText.length > 3`)
	if got := browsertest.Eval[string](p.Tab, length+".value"); got != "many" {
		p.t.Errorf("what was typed became %q", got)
	}
	p.Fill("[name='text.maxLength']", "72")
	p.press("Save")
	p.Until(`document.querySelector("[data-toast]")`)
	p.Until(`!document.querySelector(".field.wrong")`)
	p.ignore("422")
}

func (p *place) toggle() {
	p.visit("/products?show=ready")
	const first = `document.querySelector(".switch")`
	was := browsertest.Eval[string](p.Tab, first+`.getAttribute("aria-checked")`)
	for range 2 {
		browsertest.Eval[int](p.Tab, "("+first+".click(), 0)")
		p.Until(fmt.Sprintf(`%s && %s.getAttribute("aria-checked") != %q`, first, first, was))
		was = browsertest.Eval[string](p.Tab, first+`.getAttribute("aria-checked")`)
	}
}

// keys makes one, which works, and revokes it, which it then does not.
func (p *place) keys() {
	p.visit("/settings/keys")
	p.Fill("main input[name=name]", "till")
	p.press("Make a key")
	p.Until(`document.querySelector("#secret")?.value.startsWith("lapak_")`)
	secret := browsertest.Eval[string](p.Tab, `document.querySelector("#secret").value`)
	if status := p.ask(secret); status != http.StatusOK {
		p.t.Errorf("the new key: %d", status)
	}
	row := `[...document.querySelectorAll("tr")].find(r => r.innerText.includes("till"))`
	browsertest.Eval[int](p.Tab, "("+row+`.querySelector("button").click(), 0)`)
	p.Until(`document.querySelector("#question").open`)
	p.press("Cancel")
	p.Until(`!document.querySelector("#question").open`)
	browsertest.Eval[int](p.Tab, "("+row+`.querySelector("button").click(), 0)`)
	p.press("Yes, do it")
	p.Until(row + `?.innerText.includes("Revoked")`)
	if status := p.ask(secret); status != http.StatusUnauthorized {
		p.t.Errorf("the revoked key: %d", status)
	}
}

func (p *place) ask(secret string) int {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.server.url+"/imcst_api/configs", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// settings changes the language of the pages there and back.
func (p *place) settings() {
	p.visit("/settings")
	for _, to := range []struct{ language, title, save string }{{"id", "Pengaturan", "Save"}, {"en", "Settings", "Simpan"}} {
		browsertest.Eval[int](p.Tab, fmt.Sprintf(`(document.querySelector("[name=language]").value = %q, 0)`, to.language))
		p.press(to.save)
		p.Until(fmt.Sprintf(`document.querySelector("h1").innerText == %q && document.documentElement.lang == %q`, to.title, to.language))
		if nav := browsertest.Eval[string](p.Tab, `document.querySelector("nav#nav, s-app-nav").textContent`); !strings.Contains(nav, to.title) {
			p.t.Errorf("the navigation says %q", nav)
		}
	}
}

// restore goes back to a moment before a design was deleted, and undoes that.
func (p *place) restore() {
	p.visit("/designs")
	// The page counts in whole seconds: what was done so far is before this one.
	browsertest.Eval[int](p.Tab, `new Promise(done => setTimeout(() => done(0), 1000 - Date.now() % 1000))`)
	moment := time.Now().UTC().Truncate(time.Second)
	browsertest.Eval[int](p.Tab, `new Promise(done => setTimeout(() => done(0), 1000 - Date.now() % 1000))`)
	p.openTile("Reuni keluarga")
	p.press("Delete")
	p.at("/designs")
	p.Until("!" + tile("Reuni keluarga"))

	p.visit("/backups")
	browsertest.Eval[int](p.Tab, fmt.Sprintf(`(() => {
		const at = document.querySelector("#moment-at");
		at.value = %q;
		at.dispatchEvent(new Event("input", {bubbles: true}));
		at.dispatchEvent(new Event("change", {bubbles: true}));
		return 0;
	})()`, localTime(moment)))
	p.Until(`document.querySelector("#wish form button")`)
	p.Click("#wish form button")
	p.progress()
	p.visit("/designs")
	p.Until(tile("Reuni keluarga"))
	p.visit("/backups")
	p.press("Undo the restore")
	p.press("Yes, do it")
	p.progress()
	p.visit("/designs")
	p.Until("!" + tile("Reuni keluarga"))
	p.ignore("503")
}

// progress is shown while a restore runs, and leads back by itself.
func (p *place) progress() {
	p.t.Helper()
	p.Until(`document.querySelector(".restoring") || document.querySelector("[data-toast]")`)
	p.Until(`location.pathname.endsWith("/backups") && document.querySelector("[data-toast]")`)
}
