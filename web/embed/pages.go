package embed

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"

	"lapak/web"
)

const (
	htmlType = "text/html;charset=utf-8"
	noFrames = "frame-ancestors 'none'"

	style = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}` +
		`h1{font-size:1.25rem}label,input,button{display:block;font:inherit;width:100%;box-sizing:border-box}` +
		`input,button{margin-top:.5rem;padding:.5rem .75rem}`
)

// words is a text in English and in Indonesian.
type words struct{ en, id string }

var (
	textInstall     = words{"Install Lapak", "Pasang Lapak"}
	textWhichShop   = words{"Your shop's address", "Alamat toko Anda"}
	textContinue    = words{"Continue to Shopify", "Lanjut ke Shopify"}
	textNoShop      = words{"That is not the address of a Shopify shop. It looks like my-shop.myshopify.com.", "Itu bukan alamat toko Shopify. Contohnya: toko-saya.myshopify.com."}
	textTrouble     = words{"This did not work", "Ini tidak berhasil"}
	textBadToken    = words{"Shopify's sign-in does not work here. Close this page and open the app from Shopify's admin once more.", "Proses masuk dari Shopify tidak berhasil di sini. Tutup halaman ini dan buka lagi aplikasi dari admin Shopify."}
	textNoToken     = words{"Shopify does not let the app in. Open the app from Shopify's admin once more; if that does not help, install it again.", "Shopify belum mengizinkan aplikasi ini. Buka lagi aplikasi dari admin Shopify; jika tidak membantu, pasang ulang."}
	textNoState     = words{"This page was begun in another browser, or more than a minute ago. Please begin again.", "Halaman ini dimulai di peramban lain, atau lebih dari satu menit yang lalu. Silakan mulai lagi."}
	textBadCallback = words{"What came back from Shopify is not valid. Please begin again.", "Jawaban dari Shopify tidak sah. Silakan mulai lagi."}
	textNoAnswer    = words{"Shopify did not let the app in. Please begin again.", "Shopify tidak mengizinkan aplikasi ini. Silakan mulai lagi."}
	textFewScopes   = words{"The app needs all the permissions that it asks for. Please begin again and agree to them.", "Aplikasi memerlukan semua izin yang diminta. Silakan mulai lagi dan setujui semuanya."}
)

// in chooses the browser's language.
func (t words) in(lang string) string {
	if lang == "id" {
		return t.id
	}
	return t.en
}

// language is the first of the browser's that these pages speak.
func language(r *http.Request) string {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base {
		case "id", "in":
			return "id"
		case "en":
			return "en"
		}
	}
	return "en"
}

// installPage asks which shop it is. Typed is what was wrong the last time.
func (e *Embed) installPage(w http.ResponseWriter, r *http.Request, status int, typed string) {
	lang, wrong := language(r), ""
	if typed != "" {
		wrong = `<p role="alert">` + html.EscapeString(textNoShop.in(lang)) + `</p>`
	}
	e.page(w, r, status, noFrames, textInstall.in(lang), wrong+fmt.Sprintf(
		`<form action="%s"><label for="shop">%s</label><input id="shop" name="shop" required autocomplete="on" inputmode="url" placeholder="my-shop.myshopify.com" value="%s"><button>%s</button></form>`,
		installPath, html.EscapeString(textWhichShop.in(lang)), html.EscapeString(typed), html.EscapeString(textContinue.in(lang))))
}

// messagePage says that something did not work. Frames says who may show it.
func (e *Embed) messagePage(w http.ResponseWriter, r *http.Request, status int, frames string, text words) {
	lang := language(r)
	e.page(w, r, status, frames, textTrouble.in(lang), `<p>`+html.EscapeString(text.in(lang))+`</p>`)
}

// page answers with a small page; body is HTML.
func (e *Embed) page(w http.ResponseWriter, r *http.Request, status int, frames, title, body string) {
	w.Header().Set(policyHeader, "default-src 'none'; style-src "+hashSource(style)+"; base-uri 'none'; "+frames)
	page := fmt.Sprintf(`<!doctype html><html lang="%s"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title><style>%s</style><main><h1>%[2]s</h1>%[4]s</main></html>`,
		language(r), html.EscapeString(title), style, body)
	web.WriteBytes(w, r, status, htmlType, []byte(page))
}

// exitPage lets App Bridge open target in the whole window.
func (e *Embed) exitPage(w http.ResponseWriter, r *http.Request, shop, target string) {
	quoted, err := json.Marshal(target) // "<", ">" and "&" become escapes
	if err != nil {
		quoted = []byte(`"/"`)
	}
	script := fmt.Sprintf(`window.open(%s, "_top")`, quoted)
	w.Header().Set(policyHeader, "script-src "+scriptOrigin+" "+hashSource(script)+"; base-uri 'none'; "+e.framesOf(shop))
	web.WriteBytes(w, r, http.StatusOK, htmlType, []byte(e.app.BouncePage()+"<script>"+script+"</script>"))
}

// hashSource is the source by which a policy allows exactly this inline text.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
