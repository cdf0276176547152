package main

import (
	"context"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"

	"lapak/store"
	"lapak/tenants"
	"lapak/tenants/replica"
	"lapak/web/control"
)

type backupsCmd struct {
	Shop shopName `arg:"" help:"Its whole name, such as example.myshopify.com."`
}

func (cmd backupsCmd) Run(a *app) error {
	return a.with(func(ctx context.Context, c *control.Client) error {
		b, err := c.Backups(ctx, cmd.Shop.Shop)
		if err != nil {
			return err
		}
		return a.print(b, func(w io.Writer) { showBackups(w, b) })
	})
}

func showBackups(w io.Writer, b tenants.Backups) {
	row(w, "shop", b.Shop)
	row(w, "oldest", exactly(b.Oldest))
	row(w, "newest", exactly(b.Newest))
	row(w, "not yet replicated", lag(b.Lag))
	if b.LastError != "" {
		row(w, "last error", fmt.Sprintf("%s (%s; %d in a row)", b.LastError, when(b.LastErrAt), b.Failures))
	}
	row(w, "restore to undo", yesNo(b.CanUndo))
	if b.Problem != "" {
		row(w, "problem", b.Problem)
	}
	if len(b.Stretches) == 0 && b.Problem != "" {
		return
	}
	if len(b.Stretches) == 0 {
		row(w)
		row(w, "Nothing is backed up yet.")
		return
	}
	row(w)
	row(w, "FROM", "TO", "KEPT")
	for _, s := range b.Stretches {
		row(w, exactly(s.From), exactly(s.To), granularity(s))
	}
}

func lag(s float64) string {
	if s == 0 {
		return "nothing"
	}
	return "changes of the last " + seconds(s)
}

// granularity says how close to a wished moment a restore comes.
func granularity(s replica.Stretch) string {
	switch g := s.Granularity; {
	case g >= 3600:
		return "one state every " + seconds(g)
	case g >= 60:
		return "one state every " + seconds(g)
	default:
		return "every change; those less than " + seconds(g) + " apart share a state"
	}
}

type litestreamCmd struct {
	Shops []shopName `arg:"" optional:"" help:"Only these shops, and the catalog."`
}

func (cmd litestreamCmd) Run(a *app) error {
	var shops []store.Shop
	for _, s := range cmd.Shops {
		shops = append(shops, s.Shop)
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		text, err := c.Litestream(ctx, shops)
		if err != nil {
			return err
		}
		var data any
		if err := yaml.Unmarshal(text, &data); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		return a.print(data, func(w io.Writer) { _, _ = w.Write(text) })
	})
}
