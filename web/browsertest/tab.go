package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Tab is one page, or one frame of another site within a page.
type Tab struct {
	t   testing.TB
	b   *Browser
	ctx context.Context

	mu       sync.Mutex
	problems []string
	weight   Weight                     // received since the last Open
	images   map[network.RequestID]bool // of those that are on their way
	shown    Variant
}

// Weight is what came over the wire, in bytes with headers. What the browser had
// already counts nothing.
type Weight struct {
	Page    float64 // the document, styles, scripts, and parts fetched by them
	Images  float64
	Answers int
}

// Variant is how a page is shown.
type Variant struct {
	Width, Height int64 // CSS pixels; 0 means 1280 x 900
	Dark          bool
	Touch         bool   // a phone's screen and finger
	Language      string // of the reader, such as "id"; "" is the browser's
}

// Phone is the smallest screen that pages must fit.
func Phone() Variant { return Variant{Width: 390, Height: 844, Touch: true} }

// Tab opens an empty tab.
func (b *Browser) Tab(t testing.TB, v Variant) *Tab {
	t.Helper()
	return b.tab(t, v)
}

// Guest opens an empty tab with cookies of its own, as another browser would.
func (b *Browser) Guest(t testing.TB, v Variant) *Tab {
	t.Helper()
	return b.tab(t, v, chromedp.WithNewBrowserContext())
}

func (b *Browser) tab(t testing.TB, v Variant, opts ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, opts...)
	t.Cleanup(cancel)
	tab := &Tab{t: t, b: b, ctx: ctx, images: map[network.RequestID]bool{}}
	tab.watch()
	tab.Show(v)
	return tab
}

// Frame waits for a frame of another site whose address contains part, in any
// tab, and drives it.
func (b *Browser) Frame(t testing.TB, part string) *Tab {
	t.Helper()
	id, err := b.find("iframe", part)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(id))
	t.Cleanup(cancel)
	tab := &Tab{t: t, b: b, ctx: ctx, images: map[network.RequestID]bool{}}
	tab.watch()
	return tab
}

// watch collects what goes wrong from now on.
func (tab *Tab) watch() {
	tab.t.Helper()
	if err := chromedp.Listen(tab.ctx, tab.note); err != nil {
		tab.t.Fatal(err)
	}
	command(tab, runtime.Enable, cdp.Empty{})
	command(tab, log.Enable, cdp.Empty{})
	command(tab, audits.Enable, cdp.Empty{})
	command(tab, network.Enable, network.EnableParams{})
	if tab.b.opt.NoScript {
		command(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
}

func (tab *Tab) note(ev any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		tab.problems = append(tab.problems, "exception: "+text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			tab.problems = append(tab.problems, "console: "+describe(e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			tab.problems = append(tab.problems, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if d := e.Issue.Details.ContentSecurityPolicyIssueDetails; d != nil {
			tab.problems = append(tab.problems, fmt.Sprintf("CSP: %s %s", d.ViolatedDirective, d.BlockedURL))
		}
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeImage {
			tab.images[e.RequestID] = true
		}
	case *network.EventLoadingFinished:
		if e.EncodedDataLength > 0 {
			tab.weight.Answers++
		}
		if tab.images[e.RequestID] {
			tab.weight.Images += e.EncodedDataLength
			delete(tab.images, e.RequestID)
		} else {
			tab.weight.Page += e.EncodedDataLength
		}
	}
}

func describe(args []*runtime.RemoteObject) string {
	var text []string
	for _, a := range args {
		if a.Description != "" {
			text = append(text, a.Description)
		} else {
			text = append(text, string(a.Value))
		}
	}
	return strings.Join(text, " ")
}

// Show changes how pages are shown.
func (tab *Tab) Show(v Variant) {
	tab.t.Helper()
	if v.Width == 0 {
		v.Width, v.Height = 1280, 900
	}
	tab.shown = v
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	tab.resize(v)
	command(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: v.Touch})
	command(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	headers := network.Headers{}
	if v.Language != "" {
		headers["Accept-Language"] = v.Language
	}
	command(tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
}

// Fresh empties the browser's cache, as if this were the first visit.
func (tab *Tab) Fresh() {
	tab.t.Helper()
	command(tab, network.ClearBrowserCache, cdp.Empty{})
}

func (tab *Tab) resize(v Variant) {
	tab.t.Helper()
	command(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: v.Width, Height: v.Height, DeviceScaleFactor: 1, Mobile: v.Touch,
	})
}

// command runs one command of the browser's protocol.
func command[P, R any](tab *Tab, c cdp.Command[P, R], params P) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, c, params); err != nil {
		tab.t.Fatalf("%s: %v", c.Method, err)
	}
}

// do runs an action, which must succeed in time.
func do[T any](tab *Tab, what string, a chromedp.Action[T]) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		tab.t.Fatalf("%s: %v%s", what, err, tab.where())
	}
	return v
}

// where says what the tab shows, for a failure.
func (tab *Tab) where() string {
	ctx, cancel := context.WithTimeout(tab.ctx, patience/3)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.body ? document.body.innerText.slice(0, 600) : "")`))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("\nat %s\nproblems: %v", text, tab.Problems())
}

// Open navigates and waits for the load event.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.Weigh()
	do(tab, "open "+url, chromedp.Navigate(url))
}

// Eval evaluates an expression, awaiting a promise.
func Eval[T any](tab *Tab, js string) T {
	tab.t.Helper()
	return do(tab, js, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
}

// Until waits until an expression is true, also across navigations.
func (tab *Tab) Until(js string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		// What is not there yet is an error, and so is a page that is just leaving.
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+js+")")); err == nil && ok {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tab.t.Fatalf("never true: %s%s", js, tab.where())
		}
	}
}

// Text is the visible text of the first element that matches.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return strings.TrimSpace(do(tab, "text of "+selector, chromedp.Text(chromedp.CSS(selector))))
}

// Click clicks the first element that matches once it can be seen.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	do(tab, "click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Fill replaces the text of a field as a person would type it.
func (tab *Tab) Fill(selector, text string) {
	tab.t.Helper()
	do(tab, "fill "+selector, chromedp.Clear(chromedp.CSS(selector), chromedp.NodeVisible))
	do(tab, "fill "+selector, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Press types keys, such as kb.Tab, where the focus is.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	do(tab, "press", chromedp.KeyEvent(keys))
}

// Files chooses the files of an <input type=file>.
func (tab *Tab) Files(selector string, files ...string) {
	tab.t.Helper()
	do(tab, "choose files", chromedp.SetUploadFiles(chromedp.CSS(selector), files))
}

// Shot writes a picture of the whole page, on a screen that is high enough for it.
func (tab *Tab) Shot(file string) {
	tab.t.Helper()
	tab.ShotOf(file, tab, 0)
}

// ShotOf writes a picture of a page whose frame, with so many pixels above it, is
// shown whole.
func (tab *Tab) ShotOf(file string, frame *Tab, above int64) {
	tab.t.Helper()
	height := above + Eval[int64](frame, "document.documentElement.scrollHeight")
	v := tab.shown
	v.Height = max(v.Height, height)
	tab.resize(v)
	defer tab.resize(tab.shown)
	Eval[int](frame, `Promise.all([...document.images].map(i => i.decode().catch(() => 0))).then(() => 0)`) // the lazy ones
	png := do(tab, "picture", chromedp.FullScreenshot(100))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		tab.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// Problems are what the browser complained about since the tab was opened.
func (tab *Tab) Problems() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.problems...)
}

// Forget empties Problems, where a test provoked some.
func (tab *Tab) Forget() {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.problems = nil
}

// Weight is what came since Open.
func (tab *Tab) Weight() Weight {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return tab.weight
}

// Weigh starts counting Weight anew, for what a click brings.
func (tab *Tab) Weigh() {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.weight, tab.images = Weight{}, map[network.RequestID]bool{}
}
