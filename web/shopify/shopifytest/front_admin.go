package shopifytest

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

//go:embed admin.html
var adminText string

// frame is one app in a page of the admin.
type frame struct{ Shop, Src string }

func (f *Front) serveAdmin(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /store/{handle}/apps/{key}", f.serveApp)
	mux.HandleFunc("GET /store/{handle}/apps/{key}/{path...}", f.serveApp)
	mux.HandleFunc("GET /store/{handle}/oauth/install", f.serveInstall)
	mux.HandleFunc("GET /stand-in/two", f.serveTwo)
	mux.HandleFunc("GET /stand-in/id_token", f.serveIDToken)
	mux.ServeHTTP(w, r)
}

func (f *Front) serveApp(w http.ResponseWriter, r *http.Request) {
	shopName := r.PathValue("handle") + ".myshopify.com"
	if r.PathValue("key") != f.s.opt.Key || !f.s.Installed(shopName) {
		http.NotFound(w, r)
		return
	}
	path := f.opt.Path
	if below := r.PathValue("path"); below != "" {
		path = "/" + below
	}
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	f.page(w, f.frame(shopName, path))
}

func (f *Front) serveTwo(w http.ResponseWriter, r *http.Request) {
	var frames []frame
	for _, shopName := range r.URL.Query()["shop"] {
		if f.s.Installed(shopName) {
			frames = append(frames, f.frame(shopName, f.opt.Path))
		}
	}
	f.page(w, frames...)
}

// serveInstall is managed install: the merchant agrees at once, and the admin
// opens the app.
func (f *Front) serveInstall(w http.ResponseWriter, r *http.Request) {
	shopName := r.PathValue("handle") + ".myshopify.com"
	if r.URL.Query().Get("client_id") != f.s.opt.Key {
		http.NotFound(w, r)
		return
	}
	f.s.Install(shopName)
	http.Redirect(w, r, f.AdminURL(shopName, ""), http.StatusFound)
}

// user is the staff member who sits at the browser.
const user = "1"

// frame is the app as the admin loads it into its iframe.
func (f *Front) frame(shopName, path string) frame {
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	return frame{Shop: shopName, Src: f.s.opt.URL + path + sep + f.s.DocumentQuery(shopName, user)}
}

// serveIDToken is where the admin's own page gets session tokens for its iframes.
func (f *Front) serveIDToken(w http.ResponseWriter, r *http.Request) {
	shopName := r.URL.Query().Get("shop")
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" || !f.s.Installed(shopName) {
		http.Error(w, "not for you", http.StatusForbidden)
		return
	}
	f.s.mu.Lock()
	f.s.count("id_token")
	f.s.mu.Unlock()
	fmt.Fprint(w, f.s.SessionToken(shopName, user))
}

func (f *Front) page(w http.ResponseWriter, frames ...frame) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	err := template.Must(template.New("admin").Parse(adminText)).Execute(w, map[string]any{"Frames": frames, "Origin": f.s.opt.URL})
	if err != nil {
		panic(err) // the template is ours
	}
}
