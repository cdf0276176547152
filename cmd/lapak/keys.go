package main

import (
	"context"
	"io"
	"strconv"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web/control"
)

type plansCmd struct {
	List plansListCmd `cmd:"" help:"List the plans with their limits."`
	Set  plansSetCmd  `cmd:"" help:"Change a plan's limits, for all shops that have it."`
}

type plansListCmd struct{}

func (plansListCmd) Run(a *app) error {
	return a.with(func(ctx context.Context, c *control.Client) error {
		plans, err := c.Plans(ctx)
		if err != nil {
			return err
		}
		return a.print(plans, func(w io.Writer) { showPlans(w, plans) })
	})
}

func showPlans(w io.Writer, plans []catalog.Plan) {
	row(w, "PLAN", "PRODUCTS", "ASSETS", "DESIGNS", "STORAGE", "WEBP", "CDN", "ADVANCED TOOLS", "AUDIT DAYS")
	for _, p := range plans {
		days := "no limit"
		if p.AuditDays >= 0 {
			days = strconv.Itoa(p.AuditDays)
		}
		row(w, p.Name, limit(p.MaxProducts), limit(p.MaxAssets), limit(p.MaxDesigns), sizeLimit(p.StorageLimit),
			yesNo(p.EnableWebP), yesNo(p.EnableCDN), yesNo(p.EnableAdvancedTools), days)
	}
}

type plansSetCmd struct {
	Plan    string   `arg:"" help:"free, basic, pro or enterprise."`
	Changes []string `arg:"" placeholder:"KEY=VALUE" help:"Such as maxDesigns=100 or storageLimit=-1 (no limit)."`
}

func (cmd plansSetCmd) Run(a *app) error {
	changes := map[string]string{}
	for _, text := range cmd.Changes {
		key, value, err := assignment(text)
		if err != nil {
			return err
		}
		if _, twice := changes[key]; twice {
			return usage("%s is named twice", key)
		}
		changes[key] = value
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		p, err := c.SetPlan(ctx, cmd.Plan, changes)
		if err != nil {
			return err
		}
		return a.print(p, func(w io.Writer) { showPlans(w, []catalog.Plan{p}) })
	})
}

type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Create a key and print it, once."`
	List   keysListCmd   `cmd:"" help:"List keys, without their secrets."`
	Revoke keysRevokeCmd `cmd:"" help:"End a key."`
}

type keysCreateCmd struct {
	Shop     *shopName `arg:"" optional:"" help:"Whose data the key opens."`
	Operator bool      `help:"A key of the operator: every shop, and the fleet."`
	Role     string    `enum:"admin,write,read," default:"" placeholder:"ROLE" help:"admin, write or read (admin)."`
	Name     string    `placeholder:"NAME" help:"For people to tell keys apart."`
}

// Validate refuses what contradicts itself.
func (cmd keysCreateCmd) Validate() error {
	switch {
	case cmd.Operator && (cmd.Shop != nil || cmd.Role != ""):
		return usage("--operator goes with neither a shop nor --role")
	case !cmd.Operator && cmd.Shop == nil:
		return usage("name a shop, or give --operator")
	}
	return nil
}

func (cmd keysCreateCmd) Run(a *app) error {
	shop, role := store.Shop{}, catalog.RoleOperator
	if cmd.Shop != nil {
		shop, role = cmd.Shop.Shop, catalog.RoleAdmin
	}
	if cmd.Role != "" {
		role = catalog.Role(cmd.Role)
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		k, err := c.CreateKey(ctx, shop, role, cmd.Name)
		if err != nil {
			return err
		}
		return a.print(k, func(w io.Writer) { row(w, k.Secret) })
	})
}

type keysListCmd struct {
	Shop *shopName `arg:"" optional:"" help:"Only this shop's keys."`
}

func (cmd keysListCmd) Run(a *app) error {
	var shop store.Shop
	if cmd.Shop != nil {
		shop = cmd.Shop.Shop
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		keys, err := c.Keys(ctx, shop)
		if err != nil {
			return err
		}
		return a.print(keys, func(w io.Writer) { showKeys(w, keys) })
	})
}

func showKeys(w io.Writer, keys []catalog.Key) {
	row(w, "ID", "SHOP", "ROLE", "NAME", "KEY", "CREATED", "LAST USED", "REVOKED")
	for _, k := range keys {
		shop, revoked := "-", "-"
		if !k.Shop.IsZero() {
			shop = k.Shop.String()
		}
		if !k.RevokedAt.IsZero() {
			revoked = when(k.RevokedAt)
		}
		row(w, k.ID, shop, k.Role, orDash(&k.Name), k.Prefix+"…", when(k.CreatedAt), when(k.LastUsedAt), revoked)
	}
}

type keysRevokeCmd struct {
	ID string `arg:"" name:"id" help:"As keys list shows it."`
}

func (cmd keysRevokeCmd) Run(a *app) error {
	return a.with(func(ctx context.Context, c *control.Client) error {
		k, err := c.RevokeKey(ctx, cmd.ID)
		if err != nil {
			return err
		}
		return a.print(k, func(w io.Writer) { row(w, "revoked "+k.ID) })
	})
}
