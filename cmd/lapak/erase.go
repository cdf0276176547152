package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"lapak/web/control"
)

type eraseCmd struct {
	Shop shopName `arg:"" help:"Its whole name, such as example.myshopify.com."`
	Yes  bool     `help:"Do not ask."`
	Show bool     `help:"Erase nothing: print the certificates of shops that had this name."`
}

func (cmd eraseCmd) Run(a *app) error {
	if cmd.Show {
		return cmd.show(a)
	}
	if !cmd.Yes {
		if err := cmd.ask(a, os.Stdin); err != nil {
			return err
		}
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		done, err := c.Erase(ctx, cmd.Shop.Shop)
		if err != nil {
			return err
		}
		fmt.Fprintf(&a.notes, "%s is erased; the catalog keeps this certificate (lapak erase --show %s)\n", cmd.Shop, cmd.Shop)
		return a.certificate(done)
	})
}

// certificate prints one as the text that it is: for people and programs alike.
func (a *app) certificate(c any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(c)
}

// ask wants the shop's name typed.
func (cmd eraseCmd) ask(a *app, in io.Reader) error {
	var s control.Shop
	err := a.with(func(ctx context.Context, c *control.Client) (err error) {
		s, err = c.Shop(ctx, cmd.Shop.Shop)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "This erases %s for good: its data (%s), all its backups and all its images. There is no way back.\nType its name to go on: ",
		s.Name, size(s.FileBytes))
	line, err := bufio.NewReader(in).ReadString('\n')
	if line == "" && err != nil {
		fmt.Fprintln(a.err)
		return usage("nobody answered; give --yes where nobody can be asked")
	}
	if strings.TrimSpace(line) != cmd.Shop.String() {
		return fmt.Errorf("that is not its name; %s is as it was", cmd.Shop)
	}
	return nil
}

func (cmd eraseCmd) show(a *app) error {
	return a.with(func(ctx context.Context, c *control.Client) error {
		all, err := c.Certificates(ctx, cmd.Shop.Shop)
		if err != nil {
			return err
		}
		if len(all) == 0 && !a.json {
			return fmt.Errorf("no shop %s was erased here", cmd.Shop)
		}
		if a.json {
			return a.certificate(all)
		}
		for _, one := range all {
			if err := a.certificate(one); err != nil {
				return err
			}
		}
		return nil
	})
}
