package main

import (
	"context"
	"io"
	"net"
	"time"

	"lapak/web/control"
	"lapak/web/signin"
)

type signinCmd struct {
	Shop     *shopName `placeholder:"SHOP" help:"Sign in as this shop's merchant."`
	Operator string    `placeholder:"NAME" help:"Sign in as this operator (the only one, or the first)."`
	New      bool      `help:"Make another operator."`
}

// signinLink is what is printed: a link, and whom it signs in.
type signinLink struct {
	Link      string    `json:"link"`
	Operator  string    `json:"operator,omitempty"`
	Shop      string    `json:"shop,omitempty"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Validate refuses what contradicts itself.
func (cmd signinCmd) Validate() error {
	if cmd.Shop != nil && (cmd.Operator != "" || cmd.New) || cmd.Operator != "" && cmd.New {
		return usage("give one of --shop, --operator and --new")
	}
	return nil
}

func (cmd signinCmd) Run(a *app) error {
	wish := control.NewSigninLink{Operator: cmd.Operator, New: cmd.New}
	if cmd.Shop != nil {
		wish.Shop = cmd.Shop.String()
	}
	return a.with(func(ctx context.Context, c *control.Client) error {
		made, err := c.CreateSigninLink(ctx, wish)
		if err != nil {
			return err
		}
		if made.Origin == "" {
			made.Origin = a.origin()
		}
		out := signinLink{
			Link: signin.LinkURL(made.Origin, made.Secret), Operator: made.Operator, Shop: made.Shop.String(), ExpiresAt: made.ExpiresAt,
		}
		return a.print(out, func(w io.Writer) { row(w, out.Link) })
	})
}

// origin is where browsers will find a server with these settings.
func (s *settings) origin() string {
	if s.URL != "" {
		return s.publicURL()
	}
	return listenOrigin(s.Listen)
}

// listenOrigin is how a browser on this machine names an address that is listened
// on.
func listenOrigin(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "http://" + address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
