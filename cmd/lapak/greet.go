package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/signin"
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

// greetOperator says how the first operator comes in; nothing where there is one.
func (s *server) greetOperator(ctx context.Context) {
	link, err := s.faces.signin.FirstLink(ctx)
	if err != nil {
		s.log.Error("cannot make a sign-in link", "error", err)
	}
	if link != "" {
		fmt.Fprintf(s.out, "\nNobody can sign in yet. Open this once to choose a name and a password:\n\n  %s\n", link)
	}
}

// frontPage leads to where whoever comes belongs.
func (s *server) frontPage() web.Route {
	return web.Route{Method: "GET", Pattern: "/", Proof: web.None(), Handle: func(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
		if s.shopify != nil && r.URL.Query().Has("shop") { // the app's address at Shopify may be our root
			http.Redirect(w, r, "/app?"+r.URL.RawQuery, http.StatusFound)
			return nil
		}
		to := signin.Path
		if in, err := s.faces.signin.Current(r); err == nil {
			to = signin.Home(in.Signer)
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}}
}
