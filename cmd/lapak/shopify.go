package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"lapak/web/billing"
	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
)

// shopifySettings say which app this server is to Shopify. Without a key there
// is none, and shops are served stand-alone. The secrets' flags are not shown:
// others on the machine can read a command line, but not the environment.
type shopifySettings struct {
	APIKey    string `name:"shopify-api-key" env:"SHOPIFY_API_KEY" placeholder:"ID" group:"Shopify" help:"The app's client id; none means stand-alone."`
	APISecret string `name:"shopify-api-secret" env:"SHOPIFY_API_SECRET" hidden:"" help:"The app's client secret."`
	OldSecret string `name:"shopify-api-secret-old" env:"SHOPIFY_API_SECRET_OLD" hidden:"" help:"The secret before, while it is being rotated."`
	Scopes    string `name:"shopify-scopes" env:"SHOPIFY_SCOPES" default:"read_products,read_orders,write_app_proxy" placeholder:"LIST" group:"Shopify" help:"Access scopes to ask for (read_products,read_orders,write_app_proxy)."`
	Admin     string `name:"shopify-admin" env:"LAPAK_SHOPIFY_ADMIN" placeholder:"URL" group:"Shopify" help:"Where a shop's Admin API is (https://{shop})."`
	Billing   string `name:"billing" env:"LAPAK_BILLING" placeholder:"JSON" group:"Shopify" help:"What plans cost; none means that nobody pays through Shopify."`
	Domains   string `name:"shopify-domains" env:"LAPAK_SHOPIFY_DOMAINS" placeholder:"LIST" group:"Shopify" help:"Domains of shops (myshopify.com); others are for development."`
}

// on says whether any of what an app needs is given.
func (s *shopifySettings) on() bool { return s.APIKey != "" || s.APISecret != "" || s.OldSecret != "" }

// shopifyApp is nil where no app is configured. Half a configuration is an
// error: with an empty secret anybody could sign.
func (s *settings) shopifyApp() (*shopify.App, error) {
	if !s.Shopify.on() {
		return nil, nil
	}
	switch {
	case s.Shopify.APIKey == "":
		return nil, usage("SHOPIFY_API_KEY is empty, but a secret is given")
	case s.Shopify.APISecret == "":
		return nil, usage("SHOPIFY_API_SECRET is empty, but SHOPIFY_API_KEY is given")
	case s.URL == "":
		return nil, usage("--url is needed for Shopify: the app's public origin, such as https://lapak.example.com")
	}
	secrets := []string{s.Shopify.APISecret}
	if s.Shopify.OldSecret != "" {
		secrets = append(secrets, s.Shopify.OldSecret)
	}
	app, err := shopify.NewApp(shopify.Config{
		Key: s.Shopify.APIKey, Secrets: secrets, Scopes: shopify.ParseScopes(s.Shopify.Scopes), URL: s.publicURL(),
		AdminURL: s.Shopify.Admin, Domains: words(s.Shopify.Domains),
	})
	if err != nil {
		return nil, usage("Shopify: %w", err)
	}
	return app, nil
}

// examineShopify says what is wrong with the app's settings, if there is an app.
func (s *settings) examineShopify(now time.Time) (string, error) {
	app, err := s.shopifyApp()
	switch {
	case err != nil:
		return "", err
	case app == nil:
		return "no app is configured; shops are served stand-alone", nil
	case !strings.HasPrefix(s.URL, "https://"):
		return "", fmt.Errorf("%s: Shopify shows apps over https only", s.URL)
	}
	if note := adminapi.VersionNote(now); note != "" {
		return "", errors.New(note)
	}
	return fmt.Sprintf("app %s at %s, API %s", app.Key(), s.publicURL(), adminapi.Version), nil
}

// words splits a list with commas between.
func words(list string) (all []string) {
	for w := range strings.SplitSeq(list, ",") {
		if w = strings.TrimSpace(w); w != "" {
			all = append(all, w)
		}
	}
	return all
}

// billingConfig is nil where nobody pays through Shopify.
func (s *settings) billingConfig() (*billing.Config, error) {
	if s.Shopify.Billing == "" {
		return nil, nil
	}
	if !s.Shopify.on() {
		return nil, usage("--billing: there is no app at Shopify that could charge anybody; set SHOPIFY_API_KEY and SHOPIFY_API_SECRET")
	}
	cfg, err := billing.ParseConfig([]byte(s.Shopify.Billing))
	if err != nil {
		return nil, usage("--billing: %w", err)
	}
	return &cfg, nil
}

// shopifyCmd prints what Shopify has to know of this server.
type shopifyCmd struct {
	Name string `default:"Lapak" placeholder:"NAME" help:"The app's name, as merchants see it (Lapak)."`
}

func (cmd shopifyCmd) Run(a *app) error {
	app, err := a.shopifyApp()
	if err != nil {
		return err
	}
	if app == nil {
		return usage("set SHOPIFY_API_KEY and SHOPIFY_API_SECRET, and --url, first; docs/shopify.md tells where they come from")
	}
	facts := appFacts{Key: app.Key(), Name: cmd.Name, URL: a.publicURL(), Scopes: app.Scopes().String(), Version: adminapi.Version}
	var text strings.Builder
	if err := facts.toml(&text); err != nil {
		return err
	}
	return a.print(facts, func(w io.Writer) { _, _ = io.WriteString(w, text.String()) })
}

type appFacts struct {
	Key     string `json:"clientId"`
	Name    string `json:"name"`
	URL     string `json:"url"`
	Scopes  string `json:"scopes"`
	Version string `json:"apiVersion"`
}

// toml writes a shopify.app.toml (https://shopify.dev/docs/apps/build/cli-for-apps/app-configuration).
// Compliance topics stand in a subscription of their own: together with others
// Shopify's CLI refused them (Shopify/cli#5505).
func (f appFacts) toml(w io.Writer) error {
	t, err := template.New("toml").Funcs(template.FuncMap{"quote": func(s string) string { return fmt.Sprintf("%q", s) }}).Parse(appTOML)
	if err != nil {
		return err
	}
	return t.Execute(w, f)
}

const appTOML = `# Made by: lapak shopify. Put it into a folder as shopify.app.toml and run there:
# shopify app deploy
client_id = {{quote .Key}}
name = {{quote .Name}}
application_url = {{quote (print .URL "/app")}}
embedded = true

[access_scopes]
scopes = {{quote .Scopes}}

[auth]
redirect_urls = [{{quote (print .URL "/auth/callback")}}]

[webhooks]
api_version = {{quote .Version}}

  [[webhooks.subscriptions]]
  topics = [
    "app/uninstalled",
    "app/scopes_update",
    "app_subscriptions/update",
    "orders/create",
    "products/update",
    "products/delete",
  ]
  uri = {{quote (print .URL "/webhooks/shopify")}}

  [[webhooks.subscriptions]]
  compliance_topics = ["customers/data_request", "customers/redact", "shop/redact"]
  uri = {{quote (print .URL "/webhooks/shopify")}}

[app_proxy]
url = {{quote (print .URL "/proxy")}}
prefix = "apps"
subpath = "lapak"

[pos]
embedded = false
`
