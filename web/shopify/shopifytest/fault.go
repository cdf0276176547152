package shopifytest

import (
	"net"
	"net/http"
)

// Fault is something that goes wrong. One of Status, Hang, Reset, Broken and Lost
// must be set.
type Fault struct {
	On    string // "token" or "graphql"; "" is both
	Times int    // how many requests it meets; 0 means 1, below 0 every one

	Status     int    // answer with this status, and with Body
	Body       string // with Status
	RetryAfter string // the header, with Status
	Hang       bool   // do not answer until the client goes away
	Reset      bool   // cut the connection before anything is done
	Broken     bool   // answer 200 with the first half of some JSON
	Lost       bool   // do what was asked for, but cut the connection instead of answering
}

// Fail makes coming requests meet a fault. Several are met in the order given.
func (s *Shopify) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults = append(s.faults, f)
}

// Heal takes back all faults.
func (s *Shopify) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault is the next one for a request of this kind.
func (s *Shopify) fault(kind string) (f Fault, met bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(kind)
	for i := range s.faults {
		at := &s.faults[i]
		if at.On != "" && at.On != kind || at.Times == 0 {
			continue
		}
		if at.Times > 0 {
			at.Times--
		}
		return *at, true
	}
	return Fault{}, false
}

type handler func(w http.ResponseWriter, r *http.Request, f Fault)

// faulty puts the faults in front of a handler.
func (s *Shopify) faulty(kind string, next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, met := s.fault(kind)
		switch {
		case !met:
			next(w, r, f)
		case f.Hang:
			select {
			case <-r.Context().Done():
			case <-s.closed:
			}
			panic(http.ErrAbortHandler)
		case f.Reset:
			reset(w)
		case f.Broken:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"data":{"products":{"nodes":[{"ti`))
		case f.Lost:
			next(&nowhere{header: http.Header{}}, r, f)
			reset(w)
		default:
			if f.RetryAfter != "" {
				w.Header().Set("Retry-After", f.RetryAfter)
			}
			w.WriteHeader(f.Status)
			_, _ = w.Write([]byte(f.Body))
		}
	}
}

// reset cuts the connection the hard way.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 has no connection to take over
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// nowhere is an answer that nobody gets.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(int)             {}
