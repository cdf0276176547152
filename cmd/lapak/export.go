package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"lapak/tenants"
	"lapak/web/control"
)

type exportCmd struct {
	Shop   shopName `arg:"" help:"Its whole name, such as example.myshopify.com."`
	Output string   `short:"o" required:"" placeholder:"FILE" help:"Write to this new file; - is the standard output."`
}

// stdio is the name of the standard input and output.
const stdio = "-"

func (cmd exportCmd) Run(a *app) error {
	if cmd.Output == stdio {
		return cmd.toStdout(a)
	}
	if err := checkOutput(cmd.Output); err != nil {
		return err
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		var done exportedFile
		err := writeOutput(cmd.Output, func(f *os.File) (err error) {
			done.Exported, err = c.Export(ctx, cmd.Shop.Shop, f)
			return err
		})
		if err != nil {
			return err
		}
		done.File = cmd.Output
		return a.print(done, func(w io.Writer) { row(w, done.File+" holds "+summary(done.Exported)) })
	})
}

// exportedFile is an export and where it is.
type exportedFile struct {
	tenants.Exported
	File string `json:"file"`
}

func summary(done tenants.Exported) string {
	return fmt.Sprintf("%s as it was at %s: a database of %s and %d images of %s (%s in all, in %s).", done.Shop, exactly(done.At),
		size(done.DatabaseBytes), done.Objects, size(done.ObjectBytes), size(done.Bytes), seconds(done.Took))
}

// toStdout says what it wrote on stderr.
func (cmd exportCmd) toStdout(a *app) error {
	if a.json {
		return usage("-o - writes the file to the standard output, where --json would be")
	}
	if f, ok := a.out.(*os.File); ok && isTerminal(f) {
		return usage("the standard output is a terminal; name a file with -o")
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		done, err := c.Export(ctx, cmd.Shop.Shop, a.out)
		if err == nil {
			fmt.Fprintln(&a.notes, "written: "+summary(done))
		}
		return err
	})
}
