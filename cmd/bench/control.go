package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"syscall"
)

func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }

// ignoreInterrupt leaves a Ctrl-C to the bench, which then ends its children.
func ignoreInterrupt() { signal.Ignore(os.Interrupt, syscall.SIGTERM) }

// newControl is the side of a server that only the bench knows.
func newControl() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/allocs", pprof.Index)
	mux.HandleFunc("/debug/pprof/heap", pprof.Index)
	return mux
}

// command makes a control handler of a function from JSON to JSON.
func command[In, Out any](mux *http.ServeMux, path string, fn func(*http.Request, In) (Out, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		var in In
		err := json.NewDecoder(r.Body).Decode(&in)
		var out Out
		if err == nil {
			out, err = fn(r, in)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(out) // the bench has gone
	})
}
