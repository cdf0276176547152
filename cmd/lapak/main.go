// Command lapak serves the back end and admin of a product customizer, with a
// database file of its own for each shop, and looks after those files. Run it
// without arguments to see its commands.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // a static binary has no other

	"github.com/alecthomas/kong"

	"lapak/web/control"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // with one line on stderr
	exitUsage  = 2
)

type cli struct {
	Settings settings      `embed:""`
	JSON     bool          `name:"json" help:"Print data as JSON."`
	Timeout  time.Duration `default:"10m" help:"How long to wait at the most."`

	Serve      serveCmd      `cmd:"" help:"Serve shops until stopped."`
	Shops      shopsCmd      `cmd:"" help:"List, show, create and change shops."`
	Plans      plansCmd      `cmd:"" help:"List and change plans."`
	Keys       keysCmd       `cmd:"" help:"Create, list and revoke API keys."`
	Backups    backupsCmd    `cmd:"" help:"Show to which moments a shop can be restored."`
	Restore    restoreCmd    `cmd:"" help:"Take a shop back to a moment, or write a copy of it."`
	Drill      drillCmd      `cmd:"" help:"Restore backups and prove that they are what they should be."`
	Adopt      adoptCmd      `cmd:"" help:"Bring all shops over from the database of the app before."`
	Export     exportCmd     `cmd:"" help:"Write a shop as one file: its database and images."`
	Import     importCmd     `cmd:"" help:"Make a shop of a file that export wrote."`
	Erase      eraseCmd      `cmd:"" help:"Remove every trace of a shop, and print a certificate."`
	Recover    recoverCmd    `cmd:"" help:"Rebuild the data folder of a new machine from the replica."`
	Litestream litestreamCmd `cmd:"" help:"Print a litestream.yml for the stock litestream restore."`
	Shopify    shopifyCmd    `cmd:"" help:"Print the shopify.app.toml of this server's app."`
	Doctor     doctorCmd     `cmd:"" help:"Check the folder, the buckets and the limits."`
	Signin     signinCmd     `cmd:"" help:"Print a link that signs a browser in, once."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// app is what a command runs with.
type app struct {
	settings
	ctx      context.Context // ends at a signal
	json     bool
	timeout  time.Duration
	out, err io.Writer
	notes    bytes.Buffer // warnings, shown after a success
}

// usageError is a wish that is wrong in itself.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func run(args []string, out, errOut io.Writer) int {
	var c cli
	code := -1
	parser := kong.Must(&c, kong.Name("lapak"), kong.Writers(out, errOut), kong.WithHyphenPrefixedParameters(true),
		kong.Description("One file per shop, replicated, and restorable to any moment."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Exit(func(n int) { code = n }))
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if code >= 0 { // help was shown
		return code
	}
	if err != nil {
		return report(errOut, usageError{err})
	}
	// Serve listens to signals itself.
	ctx, stop := context.WithCancel(context.Background())
	if command.Command() != "serve" {
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	}
	defer stop()
	a := &app{settings: c.Settings, ctx: ctx, json: c.JSON, timeout: c.Timeout, out: out, err: errOut}
	if err := a.check(); err != nil {
		return report(errOut, err)
	}
	err = command.Run(a)
	if err == nil {
		_, _ = a.notes.WriteTo(errOut)
	}
	return report(errOut, err)
}

// report tells why a command failed, in one line, and returns its exit code.
func report(errOut io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	line := strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	fmt.Fprintln(errOut, "lapak:", line)
	var wrong usageError
	var refused *control.Failure
	if errors.As(err, &wrong) || errors.As(err, &refused) && refused.Code == control.CodeInvalid {
		return exitUsage
	}
	return exitFailed
}

// log is for a command that is not a server: its errors say what failed, so
// only what would be lost otherwise is kept for the end.
func (a *app) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(&a.notes, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
