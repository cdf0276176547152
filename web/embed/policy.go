package embed

import (
	"net/http"
	"slices"
	"strings"
)

const (
	policyHeader = "Content-Security-Policy"
	scriptOrigin = "https://cdn.shopify.com" // of App Bridge
)

// framed is an answer that the admin of one shop may show in a frame: what the
// page says in its own Content-Security-Policy stays, with those frames and App
// Bridge added.
type framed struct {
	http.ResponseWriter
	frames string // the frame-ancestors directive
	sealed bool
}

func (e *Embed) framed(w http.ResponseWriter, shop string) *framed {
	return &framed{ResponseWriter: w, frames: e.framesOf(shop)}
}

// framesOf is the frame-ancestors directive of a shop, without a semicolon.
// Where no shop is known, as on the bounce page of a link, it is of them all: use
// it only for what shows nobody's data.
func (e *Embed) framesOf(shop string) string {
	if shop == "" {
		shop = "*.myshopify.com"
	}
	return strings.TrimSuffix(e.app.FrameAncestors(shop), ";")
}

// WriteHeader sends the headers.
func (f *framed) WriteHeader(status int) {
	if status >= 200 {
		f.seal()
	}
	f.ResponseWriter.WriteHeader(status)
}

// Write sends the headers, if they were not, and p.
func (f *framed) Write(p []byte) (int, error) {
	f.seal()
	return f.ResponseWriter.Write(p)
}

// FlushError sends what there is.
func (f *framed) FlushError() error {
	f.seal()
	return http.NewResponseController(f.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (f *framed) Unwrap() http.ResponseWriter { return f.ResponseWriter }

// seal completes the headers, once.
func (f *framed) seal() {
	if f.sealed {
		return
	}
	f.sealed = true
	h := f.Header()
	policies := h.Values(policyHeader)
	if len(policies) == 0 {
		h.Set(policyHeader, f.frames+";")
		return
	}
	merged := make([]string, len(policies))
	for i, p := range policies {
		merged[i] = mergePolicies(p, f.frames)
	}
	h[policyHeader] = merged
}

// mergePolicies changes each of a header's policies, which stand with commas
// between: a browser obeys them all.
func mergePolicies(header, frames string) string {
	var all []string
	for policy := range strings.SplitSeq(header, ",") {
		if strings.TrimSpace(policy) != "" {
			all = append(all, mergePolicy(policy, frames))
		}
	}
	if len(all) == 0 {
		return frames
	}
	return strings.Join(all, ", ")
}

// mergePolicy sets the policy's frame-ancestors and allows App Bridge's script
// where the policy speaks of scripts.
func mergePolicy(policy, frames string) string {
	var out []string
	var fallback []string // what default-src says, nil if nothing
	scripts := false
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 {
			continue
		}
		switch strings.ToLower(words[0]) {
		case "frame-ancestors":
			continue
		case "default-src":
			if fallback == nil { // the first counts
				fallback = words[1:]
			}
		case "script-src", "script-src-elem":
			scripts = true
			words = withScript(words)
		}
		out = append(out, strings.Join(words, " "))
	}
	if fallback != nil && !scripts {
		out = append(out, strings.Join(withScript(append([]string{"script-src"}, fallback...)), " "))
	}
	return strings.Join(append(out, frames), "; ")
}

// withScript adds App Bridge's origin to a directive. 'none' stands alone or not
// at all.
func withScript(words []string) []string {
	words = slices.DeleteFunc(words, func(w string) bool { return strings.EqualFold(w, "'none'") })
	if slices.Contains(words, scriptOrigin) {
		return words
	}
	return append(words, scriptOrigin)
}
