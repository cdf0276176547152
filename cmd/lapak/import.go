package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"lapak/tenants"
	"lapak/web/control"
)

type importCmd struct {
	File       string   `arg:"" help:"What lapak export wrote; - is the standard input."`
	As         shopName `placeholder:"SHOP" help:"Another name for the shop."`
	Plan       string   `placeholder:"PLAN" help:"Another plan than that in the file."`
	KeepLimits bool     `help:"Take along limits that were the shop's own, and not its plan's."`
}

func (cmd importCmd) Run(a *app) error {
	in := control.Import{As: cmd.As.String(), Plan: cmd.Plan, KeepLimits: cmd.KeepLimits}
	return a.with(func(ctx context.Context, c *control.Client) error {
		f := os.Stdin
		if cmd.File != stdio {
			var err error
			if f, err = os.Open(cmd.File); err != nil {
				return err
			}
			defer f.Close()
		}
		done, err := c.Import(ctx, f, in)
		if err != nil {
			return err
		}
		return a.print(done, func(w io.Writer) { showImported(w, done) })
	})
}

func showImported(w io.Writer, done tenants.Imported) {
	row(w, fmt.Sprintf("%s is here, as %s was at %s: %d designs, %d products and %d images of %s, on the plan %s (in %s).", done.Shop, done.From.Shop,
		exactly(done.From.At), done.Usage.Designs, done.Usage.Products, done.Objects, size(done.ObjectBytes), done.Plan, seconds(done.Took)))
	if len(done.LeftOut) > 0 {
		row(w, "Not taken along: "+strings.Join(done.LeftOut, ", ")+".")
	}
	row(w, "It has no API keys, and nobody is signed in to it; its app has to be opened once in Shopify.")
}
