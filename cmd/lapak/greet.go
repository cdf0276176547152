package main

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"strings"

	"lapak/store/catalog"
	"lapak/web"
)

// publicURL is the public origin; "" if none is set.
func (s *settings) publicURL() string { return strings.TrimRight(s.URL, "/") }

// origin is where a browser finds this server.
func (s *server) origin() string {
	if s.URL != "" {
		return s.publicURL()
	}
	host, port, err := net.SplitHostPort(s.addr.String())
	if err != nil {
		return "http://" + s.addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// greet says on stdout what is running.
func (s *server) greet(ctx context.Context) {
	shops, err := s.host.pool.Catalog().CountShops(ctx, catalog.Filter{})
	if err != nil {
		s.log.Error("cannot count the shops", "error", err)
	}
	fmt.Fprintln(s.out, "Lapak serves "+s.origin())
	_ = table(s.out, func(w io.Writer) {
		row(w, "  data", fmt.Sprintf("%s (%d shops, at most %d open at once)", s.Data, shops, s.host.openShops))
		row(w, "  backups", s.host.replication.Shops)
		row(w, "  images", s.host.assets)
		row(w, "  stop", "Ctrl-C or SIGTERM; what is left is replicated first")
	})
}

// frontPage is what a browser sees at the top.
func (s *server) frontPage() web.Route {
	return web.Route{Method: "GET", Pattern: "/", Proof: web.None(), Handle: func(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
		var page strings.Builder
		if err := frontTemplate().Execute(&page, version()); err != nil {
			return err
		}
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		web.WriteBytes(w, r, http.StatusOK, "text/html; charset=utf-8", []byte(page.String()))
		return nil
	}}
}

func frontTemplate() *template.Template {
	return template.Must(template.New("front").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Lapak</title>
<style>
  body { max-width: 36rem; margin: 12vh auto; padding: 0 1.5rem; font: 1rem/1.6 system-ui, sans-serif; color: #26221f; background: #faf7f2; }
  h1 { margin: 0; font-size: 1.6rem; }
  code { background: #efe8dc; padding: .1em .35em; border-radius: .25em; }
  a { color: #8a3b1d; }
</style>
<h1>Lapak is running</h1>
<p>One file per shop, replicated as it changes, and restorable to any moment.</p>
<ul>
  <li>The API is under <code>/imcst_api</code>; a key comes from <code>lapak keys create SHOP</code>.</li>
  <li><a href="/healthz">/healthz</a> and <a href="/readyz">/readyz</a> say whether it is well, <a href="/metrics">/metrics</a> how it does.</li>
  <li>How to use and to run it is in the README; <code>lapak --help</code> lists the commands.</li>
</ul>
<p><small>Version {{.Version}}, {{.Go}}</small></p>
</html>
`))
}
