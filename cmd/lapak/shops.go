package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web/control"
)

// shopName is a shop on the command line.
type shopName struct{ store.Shop }

// UnmarshalText refuses what is no shop's name, the empty one included.
func (s *shopName) UnmarshalText(text []byte) (err error) {
	s.Shop, err = store.ParseShop(string(text))
	return err
}

type shopsCmd struct {
	List    shopsListCmd    `cmd:"" help:"List all shops."`
	Show    shopsShowCmd    `cmd:"" help:"Show a shop with its limits and what it uses."`
	Create  shopsCreateCmd  `cmd:"" help:"Create a shop."`
	Set     shopsSetCmd     `cmd:"" help:"Change a shop's settings."`
	Suspend shopsSuspendCmd `cmd:"" help:"Stop serving a shop."`
	Resume  shopsResumeCmd  `cmd:"" help:"Serve a suspended shop again."`
}

type shopsListCmd struct{}

func (shopsListCmd) Run(a *app) error {
	return a.with(func(ctx context.Context, c *control.Client) error {
		shops, err := c.Shops(ctx)
		if err != nil {
			return err
		}
		return a.print(shops, func(w io.Writer) {
			row(w, "SHOP", "PLAN", "STATE", "EPOCH", "SIZE", "LAST ACTIVE")
			for _, s := range shops {
				row(w, s.Name, s.Plan, s.State, s.Epoch, size(s.FileBytes), when(s.LastActiveAt))
			}
		})
	})
}

type shopsShowCmd struct {
	Shop shopName `arg:"" help:"Its whole name, such as example.myshopify.com."`
}

func (cmd shopsShowCmd) Run(a *app) error {
	return a.with(func(ctx context.Context, c *control.Client) error {
		s, err := c.Shop(ctx, cmd.Shop.Shop)
		if err != nil {
			return err
		}
		return a.print(s, func(w io.Writer) { showShop(w, s) })
	})
}

func showShop(w io.Writer, s control.Shop) {
	row(w, "shop", s.Name)
	row(w, "id", s.UUID)
	row(w, "state", s.State)
	row(w, "plan", s.Plan)
	row(w, "epoch", s.Epoch)
	row(w, "created", when(s.CreatedAt))
	row(w, "last active", when(s.LastActiveAt))
	row(w, "file", size(s.FileBytes))
	row(w, "timezone", s.Timezone)
	row(w, "currency", s.Currency)
	row(w, "durability", s.Durability)
	row(w, "customDomain", orDash(s.CustomDomain))
	row(w, "logoUrl", orDash(s.LogoURL))
	row(w, "primaryColor", orDash(s.PrimaryColor))
	row(w)
	showLimits(w, s)
}

func showLimits(w io.Writer, s control.Shop) {
	used := func(n func(*store.Usage) string) string {
		if s.Usage == nil {
			return "?"
		}
		return n(s.Usage)
	}
	from := func(key string) string {
		if slices.Contains(s.Overrides, key) {
			return "its own"
		}
		return "of the plan"
	}
	row(w, "LIMIT", "USED", "ALLOWED", "WHOSE")
	row(w, "maxProducts", used(func(u *store.Usage) string { return limit(u.Products) }), limit(s.MaxProducts), from("maxProducts"))
	row(w, "maxAssets", used(func(u *store.Usage) string { return limit(u.Assets) }), limit(s.MaxAssets), from("maxAssets"))
	row(w, "maxDesigns", used(func(u *store.Usage) string { return limit(u.Designs) }), limit(s.MaxDesigns), from("maxDesigns"))
	row(w, "storageLimit", used(func(u *store.Usage) string { return size(u.StorageBytes) }), sizeLimit(s.StorageLimit), from("storageLimit"))
	row(w, "enableWebP", "", yesNo(s.EnableWebP), from("enableWebP"))
	row(w, "enableCDN", "", yesNo(s.EnableCDN), from("enableCDN"))
	row(w, "enableAdvancedTools", "", yesNo(s.EnableAdvancedTools), from("enableAdvancedTools"))
}

type shopsCreateCmd struct {
	Shop shopName `arg:"" help:"Its whole name, such as example.myshopify.com."`
	Plan string   `placeholder:"PLAN" help:"free, basic, pro or enterprise (free)."`
}

func (cmd shopsCreateCmd) Run(a *app) error {
	return a.with(func(ctx context.Context, c *control.Client) error {
		s, err := c.CreateShop(ctx, cmd.Shop.Shop, cmd.Plan)
		if err != nil {
			return err
		}
		return a.print(s, func(w io.Writer) { row(w, "created "+s.Name.String()+" on the plan "+s.Plan) })
	})
}

type shopsSetCmd struct {
	Shop    shopName `arg:"" help:"Its whole name, such as example.myshopify.com."`
	Changes []string `arg:"" placeholder:"KEY=VALUE" help:"Such as plan=pro, maxProducts=50, primaryColor=#aabbcc. An empty value takes a limit back to the plan's."`
}

func (cmd shopsSetCmd) Run(a *app) error {
	var changes []catalog.Change
	for _, text := range cmd.Changes {
		key, value, err := assignment(text)
		if err != nil {
			return err
		}
		changes = append(changes, catalog.Change{Key: key, Value: value})
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		s, err := c.SetShop(ctx, cmd.Shop.Shop, changes)
		if err != nil {
			return err
		}
		return a.print(s, func(w io.Writer) { showShop(w, s) })
	})
}

func assignment(text string) (key, value string, err error) {
	key, value, found := strings.Cut(text, "=")
	if !found || key == "" {
		return "", "", usage("%q is not KEY=VALUE", text)
	}
	return key, value, nil
}

type shopsSuspendCmd struct {
	Shop shopName `arg:"" help:"Its whole name, such as example.myshopify.com."`
}

func (cmd shopsSuspendCmd) Run(a *app) error {
	return a.switchState(cmd.Shop, "suspended", (*control.Client).Suspend)
}

type shopsResumeCmd struct {
	Shop shopName `arg:"" help:"Its whole name, such as example.myshopify.com."`
}

func (cmd shopsResumeCmd) Run(a *app) error {
	return a.switchState(cmd.Shop, "resumed", (*control.Client).Resume)
}

func (a *app) switchState(shop shopName, done string, step func(*control.Client, context.Context, store.Shop) (control.Shop, error)) error {
	return a.with(func(ctx context.Context, c *control.Client) error {
		s, err := step(c, ctx, shop.Shop)
		if err != nil {
			return err
		}
		return a.print(s, func(w io.Writer) { row(w, done+" "+s.Name.String()) })
	})
}
