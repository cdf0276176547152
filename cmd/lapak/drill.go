package main

import (
	"context"
	"fmt"
	"io"

	"lapak/tenants"
	"lapak/web/control"
)

type drillCmd struct {
	Shops  []shopName `arg:"" optional:"" help:"These shops; without any, those that changed since their last proof."`
	Sample int        `placeholder:"N" help:"So many shops, taken at random."`
	All    bool       `help:"All shops."`
}

// Validate refuses what contradicts itself.
func (cmd drillCmd) Validate() error {
	switch {
	case cmd.Sample < 0:
		return usage("--sample: must be a whole number above 0")
	case len(cmd.Shops) > 0 && (cmd.All || cmd.Sample > 0), cmd.All && cmd.Sample > 0:
		return usage("give shops, --sample or --all")
	}
	return nil
}

func (cmd drillCmd) Run(a *app) error {
	in := control.Drills{All: cmd.All, Sample: cmd.Sample}
	for _, s := range cmd.Shops {
		in.Shops = append(in.Shops, s.String())
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		n, failed := 0, 0
		done, err := c.Drill(ctx, in, func(d tenants.Drill, total int) {
			if n++; !d.Proven {
				failed++
			}
			a.drilled(d, n, total, failed)
		})
		if err != nil {
			return err
		}
		if err := a.print(done, func(w io.Writer) { showDrills(w, done) }); err != nil {
			return err
		}
		if failed > 0 {
			return fmt.Errorf("%d of %d backups are not proven", failed, len(done))
		}
		return nil
	})
}

// drilled tells a person who waits for many how far it is.
func (a *app) drilled(d tenants.Drill, n, total, failed int) {
	if total < 2 || !a.onTerminal() {
		return
	}
	fmt.Fprintf(a.err, "\r\x1b[K%d of %d, %d not proven: %s", n, total, failed, d.Shop)
	if n == total {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
}

func showDrills(w io.Writer, done []tenants.Drill) {
	if len(done) == 0 {
		row(w, "Every backup has been proven since it last changed.")
		return
	}
	row(w, "SHOP", "PROVEN", "STATE OF", "EPOCH", "SIZE", "TOOK", "PROBLEM")
	for _, d := range done {
		row(w, d.Shop, yesNo(d.Proven), exactly(d.At), d.Epoch, size(d.Bytes), seconds(d.Took), d.Problem)
	}
}
