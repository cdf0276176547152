package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web/control"
)

type restoreCmd struct {
	Shop   shopName `arg:"" help:"Its whole name, such as example.myshopify.com."`
	At     string   `placeholder:"TIME" help:"RFC 3339, now, -5m, -2d, 14:00, yesterday 14:00 or 2026-11-23 14:00, in the shop's time zone."`
	Output string   `short:"o" placeholder:"FILE" help:"Write a copy to a new file and change nothing."`
	Undo   bool     `help:"Back to what was there before the last restore."`
}

// Validate refuses what contradicts itself.
func (cmd restoreCmd) Validate() error {
	switch {
	case cmd.Undo && cmd.At != "":
		return usage("give either --at or --undo")
	case cmd.Undo && cmd.Output != "":
		return usage("--undo changes the shop; -o writes a copy and needs --at")
	case !cmd.Undo && cmd.At == "":
		return usage("give --at TIME, or --undo")
	}
	return nil
}

func (cmd restoreCmd) Run(a *app) error {
	if cmd.Output != "" {
		return cmd.copy(a)
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		job, err := c.Restore(ctx, cmd.Shop.Shop, control.Restore{At: cmd.At, Undo: cmd.Undo}, a.progress)
		if err != nil {
			return err
		}
		if job.State == catalog.Failed {
			return fmt.Errorf("%s is as it was: %s", cmd.Shop, job.Error)
		}
		var done tenants.Restored
		if err := json.Unmarshal(job.Result, &done); err != nil {
			return fmt.Errorf("read the result: %w", err)
		}
		return a.print(done, func(w io.Writer) { showRestored(w, done) })
	})
}

// progress tells a person who waits how far a job is.
func (a *app) progress(j catalog.Job) {
	if a.onTerminal() {
		fmt.Fprintf(a.err, "%s: %s %s\n", j.Shop, j.Kind, j.State)
	}
}

func showRestored(w io.Writer, done tenants.Restored) {
	if done.Wish.IsZero() {
		row(w, fmt.Sprintf("%s is back to what was there before its last restore (epoch %d, before %d).", done.Shop, done.To, done.From))
		return
	}
	row(w, fmt.Sprintf("%s is as it was at %s (epoch %d, before %d).", done.Shop, exactly(done.Wish), done.To, done.From))
	showPoint(w, done)
	row(w, "To take this back: lapak restore "+done.Shop.String()+" --undo")
}

// showPoint tells between which changes a restored state lies.
func showPoint(w io.Writer, done tenants.Restored) {
	row(w, "Its last change is of "+exactly(done.Point)+".")
	if !done.Next.IsZero() {
		row(w, "The first change that it lacks is of "+exactly(done.Next)+".")
	}
}

// copy writes the file in this process: whoever has the data folder only sends
// its bytes.
func (cmd restoreCmd) copy(a *app) error {
	if err := checkOutput(cmd.Output); err != nil {
		return err
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		var done control.Copied
		err := writeOutput(cmd.Output, func(f *os.File) (err error) {
			done, err = c.Copy(ctx, cmd.Shop.Shop, cmd.At, f)
			return err
		})
		if err != nil {
			return err
		}
		done.File = cmd.Output
		return a.print(done, func(w io.Writer) {
			row(w, fmt.Sprintf("%s holds %s as it was at %s (%s).", done.File, done.Shop, exactly(done.Wish), size(done.Bytes)))
			showPoint(w, done.Restored)
		})
	})
}
