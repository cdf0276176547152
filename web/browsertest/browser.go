// Package browsertest drives a headless Chromium in tests: it opens pages, also
// inside another origin's frame, collects whatever the browser complains about,
// and measures what a person would notice.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// patience is how long the browser may take for one step.
const patience = 30 * time.Second

// Options of Start. The zero value is right for a server on this machine.
type Options struct {
	// HostRules is Chromium's --host-resolver-rules, such as
	// "MAP * 127.0.0.1:20443": every host name is then served from there.
	HostRules string
	// AnyCertificate accepts certificates that nobody signed.
	AnyCertificate bool
	// NoScript switches JavaScript off in all pages.
	NoScript bool
}

// Browser is one Chromium with a profile of its own. The test's end stops it.
type Browser struct {
	t   testing.TB
	ctx context.Context
	opt Options
}

// Start starts Chromium, which must be installed.
func Start(t testing.TB, opt Options) *Browser {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("site-per-process", true), chromedp.Flag("lang", "en-US"),
		chromedp.WSURLReadTimeout(patience),
	)
	if opt.HostRules != "" {
		flags = append(flags, chromedp.Flag("host-resolver-rules", opt.HostRules))
	}
	if opt.AnyCertificate {
		flags = append(flags, chromedp.Flag("ignore-certificate-errors", true))
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		t.Fatalf("start Chromium: %v", err)
	}
	t.Cleanup(func() {
		end, done := context.WithTimeout(ctx, patience)
		_ = chromedp.Cancel(end) // waits until the process is gone
		done()
		cancel()
		stop()
	})
	return &Browser{t: t, ctx: ctx, opt: opt}
}

// program finds Chromium under the names that systems give it.
func program() (string, error) {
	if path := os.Getenv("LAPAK_TEST_CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed (Debian: apt install chromium)")
}

// find waits for a target of a kind ("page", "iframe") whose address contains part.
func (b *Browser) find(kind, part string) (target.ID, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var seen []string
	for {
		all, err := chromedp.Targets(ctx)
		if err == nil {
			seen = seen[:0]
			for _, i := range all {
				if i.Type == kind && strings.Contains(i.URL, part) {
					return i.TargetID, nil
				}
				seen = append(seen, i.Type+" "+i.URL)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", fmt.Errorf("no %s with %q among %v: %w", kind, part, seen, ctx.Err())
		}
	}
}
