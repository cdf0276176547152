package web

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestProxies(t *testing.T) {
	s := &Server{opt: Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for _, c := range []struct{ from, header, want string }{
		{"203.0.113.9:1", "", "203.0.113.9"},
		{"203.0.113.9:1", "198.51.100.1", "203.0.113.9"}, // no proxy of ours
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "192.0.2.66, 198.51.100.1", "198.51.100.1"}, // the first is made up
		{"10.0.0.1:1", "198.51.100.1, 10.1.1.1", "198.51.100.1"},   // two proxies
		{"[::1]:1", "2001:db8::7", "2001:db8::7"},
		{"10.0.0.1:1", "::ffff:198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:1", "nonsense", "10.0.0.1"},
		{"10.0.0.1:1", "198.51.100.1, nonsense", "10.0.0.1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"10.0.0.1:1", "10.2.2.2", "10.2.2.2"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		if c.header != "" {
			r.Header.Set("X-Forwarded-For", c.header)
		}
		s.believeProxies(r)
		if got := ClientIP(r); got != c.want {
			t.Errorf("from %s for %q: %s, want %s", c.from, c.header, got, c.want)
		}
	}
}
