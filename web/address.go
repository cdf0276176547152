package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ClientIP is the address that a request comes from: the connection's, or the one
// that our own proxies name. Other headers that name one can be made up by anybody.
func ClientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// believeProxies makes a request that came through proxies of ours look as if it
// came from the last address in X-Forwarded-For that is none of them. What stands
// before that can be made up by anybody.
func (s *Server) believeProxies(r *http.Request) {
	host := ClientIP(r)
	if len(s.opt.Proxies) == 0 || !s.isProxy(host) {
		return
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break // what a proxy of ours wrote is an address
		}
		if host = addr.Unmap().String(); !s.isProxy(host) {
			break
		}
	}
	r.RemoteAddr = net.JoinHostPort(host, "0")
}

func (s *Server) isProxy(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range s.opt.Proxies {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}
