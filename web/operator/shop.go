package operator

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lapak/store/catalog"
	"lapak/web/signin"
	"lapak/web/view"
)

// jobsShown is how many jobs a shop's page shows, slowShown how many requests.
const (
	jobsShown = 8
	slowShown = 6
)

// shop is the page of one shop. The shop is not opened for it.
func (v *visit) shop() error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	return v.showShop(http.StatusOK, rec, view.Form{})
}

func (v *visit) showShop(status int, rec catalog.Shop, keyForm view.Form) error {
	m, err := v.shopView(rec)
	if err != nil {
		return err
	}
	m.KeyForm = keyForm
	return v.show(status, m.Name, "", view.OperatorShop(v.l, m))
}

func (v *visit) shopView(rec catalog.Shop) (m view.ShopView, err error) {
	s := lagging{rec, v.pool.Lag(rec)}
	label, _, _ := strings.Cut(rec.Name.String(), ".")
	m = view.ShopView{
		Path: shopPath(rec.Name), Name: label, Domain: rec.Name.String(), State: v.stateBadge(rec.State), Banner: v.shopBanner(rec),
		CanOpen: rec.State == catalog.Active, Suspended: rec.State == catalog.Suspended,
		CanSwitch: rec.State == catalog.Active || rec.State == catalog.Suspended,
		CanErase:  v.opt.Erase != nil && rec.State != catalog.Restoring,
		Meters:    v.meters(rec), MetersNote: v.l.T("operator.usage.none"), Plan: v.planFacts(rec), Facts: v.shopFacts(rec), Backup: v.backupFacts(s),
		Roles: v.roles(), Slow: v.slowRows(v.opt.Slow.Worst(rec.Name, slowShown)),
	}
	if !rec.Replica.ReplicatedAt.IsZero() {
		m.MetersNote = v.l.T("operator.usage.at", v.l.Ago(rec.Replica.ReplicatedAt))
	}
	for _, fill := range []func(catalog.Shop, *view.ShopView) error{v.fillInstall, v.fillKeys, v.fillSignins, v.fillJobs} {
		if err := fill(rec, &m); err != nil {
			return m, err
		}
	}
	return m, nil
}

// shopBanner is what matters most about a shop.
func (v *visit) shopBanner(rec catalog.Shop) view.BannerView {
	switch {
	case rec.State == catalog.Erasing:
		return view.BannerView{Tone: "bad", Text: v.l.T("operator.erasing.text")}
	case rec.State == catalog.Restoring:
		return view.BannerView{Tone: "info", Text: v.l.T("operator.restoring.text")}
	case rec.Replica.Failures > 0:
		return view.BannerView{Tone: "bad", Text: v.l.T("operator.failing.text"), More: rec.Replica.LastError}
	case rec.Replica.DrillError != "":
		return view.BannerView{Tone: "bad", Text: v.l.T("operator.drill.text"), More: rec.Replica.DrillError}
	case rec.State == catalog.Suspended:
		return view.BannerView{Tone: "warn", Text: v.l.T("operator.suspended.text")}
	}
	return view.BannerView{}
}

// meters are what is used of a shop's limits, as of its last backup.
func (v *visit) meters(rec catalog.Shop) []view.MeterView {
	u, number, bytes := rec.Replica.Usage, v.l.Number, v.l.Bytes
	meter := func(id, label string, used, limit int64, say func(int64) string) view.MeterView {
		text := v.l.T("meter.unlimited", say(used))
		if limit >= 0 {
			text = v.l.T("meter.of", say(used), say(limit))
		}
		return view.MeterView{ID: id, Label: v.l.T(label), Text: text, Used: used, Limit: limit}
	}
	return []view.MeterView{
		meter("products", "operator.products", u.Products, rec.MaxProducts, number),
		meter("assets", "operator.assets", u.Assets, rec.MaxAssets, number),
		meter("designs", "operator.designs", u.Designs, rec.MaxDesigns, number),
		meter("storage", "operator.storage", u.StorageBytes, rec.StorageLimit, bytes),
	}
}

func (v *visit) planFacts(rec catalog.Shop) []view.Fact {
	facts := []view.Fact{{Name: v.l.T("operator.plan"), Value: rec.Plan}}
	var own []string
	for _, key := range rec.Overrides {
		own = append(own, v.l.Or("operator.limit."+key, key))
	}
	if len(own) > 0 {
		facts = append(facts, view.Fact{Name: v.l.T("operator.limits.own"), Value: strings.Join(own, ", ")})
	}
	return append(facts, view.Fact{Name: v.l.T("operator.durability"), Value: v.l.Or("operator.durability."+rec.Durability, rec.Durability)})
}

func (v *visit) shopFacts(rec catalog.Shop) []view.Fact {
	alerts := strings.ReplaceAll(rec.AlertEmails, ",", ", ")
	if alerts == "" {
		alerts = v.l.T("operator.fact.nobody")
	}
	return []view.Fact{
		{Name: v.l.T("operator.active"), Value: v.l.Ago(rec.LastActiveAt)},
		{Name: v.l.T("operator.fact.created"), Value: v.l.Date(rec.CreatedAt)},
		{Name: v.l.T("operator.fact.zone"), Value: rec.Timezone},
		{Name: v.l.T("operator.fact.currency"), Value: rec.Currency},
		{Name: v.l.T("operator.fact.alerts"), Value: alerts},
		{Name: v.l.T("operator.fact.epoch"), Value: strconv.Itoa(rec.Epoch)},
		{Name: v.l.T("operator.fact.id"), Value: rec.UUID, Tone: "mono"},
	}
}

func (v *visit) backupFacts(s lagging) []view.Fact {
	badge := v.backupBadge(s)
	if badge.Tone == "" {
		badge.Tone = "good"
	}
	r := s.Replica
	facts := []view.Fact{
		{Name: v.l.T("operator.backup.state"), Value: badge.Text, Tone: "tone-" + badge.Tone},
		{Name: v.l.T("operator.backup.at"), Value: v.ago(r.ReplicatedAt)},
		{Name: v.l.T("operator.backup.file"), Value: v.l.Bytes(r.Size)},
		{Name: v.l.T("operator.backup.proven"), Value: v.ago(r.ProvenAt)},
	}
	if r.DrilledAt.After(r.ProvenAt) {
		facts = append(facts, view.Fact{Name: v.l.T("operator.backup.drilled"), Value: v.ago(r.DrilledAt), Tone: "tone-bad"})
	}
	return facts
}

func (v *visit) ago(t time.Time) string {
	if t.IsZero() {
		return v.l.T("operator.never")
	}
	return v.l.Ago(t)
}

func (v *visit) fillInstall(rec catalog.Shop, m *view.ShopView) error {
	i, err := v.catalog.Install(v.ctx(), rec.Name)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	m.Install = []view.Fact{{Name: v.l.T("operator.install.since"), Value: v.l.Date(i.InstalledAt)}}
	if !i.UninstalledAt.IsZero() {
		m.Install = append(m.Install, view.Fact{Name: v.l.T("operator.install.gone"), Value: v.l.Moment(i.UninstalledAt), Tone: "tone-warn"})
	}
	if i.SubscriptionPlan != "" {
		m.Install = append(m.Install, view.Fact{Name: v.l.T("operator.install.pays"), Value: i.SubscriptionPlan + " · " + strings.ToLower(i.SubscriptionStatus)})
	}
	if i.Scopes != "" {
		m.Install = append(m.Install, view.Fact{Name: v.l.T("operator.install.scopes"), Value: strings.ReplaceAll(i.Scopes, ",", ", ")})
	}
	return nil
}

func (v *visit) fillKeys(rec catalog.Shop, m *view.ShopView) error {
	keys, err := v.catalog.Keys(v.ctx(), rec.Name)
	for _, k := range keys {
		if k.RevokedAt.IsZero() {
			m.Keys = append(m.Keys, view.KeyRow{ID: k.ID, Name: k.Name, Role: v.role(k.Role), Prefix: k.Prefix, Used: k.LastUsedAt})
		}
	}
	return err
}

func (v *visit) role(role catalog.Role) string {
	return v.l.Or("operator.role."+string(role), string(role))
}

func (v *visit) roles() (options []view.Option) {
	for _, role := range []catalog.Role{catalog.RoleAdmin, catalog.RoleWrite, catalog.RoleRead} {
		options = append(options, view.Option{Value: string(role), Label: v.role(role)})
	}
	return options
}

func (v *visit) fillSignins(rec catalog.Shop, m *view.ShopView) error {
	all, err := v.catalog.Signins(v.ctx(), catalog.Signer{Shop: rec.Name})
	m.Signins = v.signinRows(all)
	return err
}

func (v *visit) signinRows(all []catalog.Signin) (rows []view.SigninRow) {
	for _, s := range all {
		rows = append(rows, view.SigninRow{ID: s.ID, Device: v.device(s.UserAgent), IP: s.IP, Used: s.LastUsedAt, Here: s.ID == v.in.ID})
	}
	return rows
}

func (v *visit) device(userAgent string) string {
	browser, system := signin.Device(userAgent)
	switch {
	case browser == "":
		return v.l.T("operator.device.other")
	case system == "":
		return browser
	}
	return v.l.T("operator.device", browser, system)
}

func (v *visit) fillJobs(rec catalog.Shop, m *view.ShopView) error {
	jobs, err := v.catalog.Jobs(v.ctx(), rec.Name, jobsShown)
	m.Jobs = v.jobRows(jobs)
	return err
}

func (v *visit) jobRows(jobs []catalog.Job) (rows []view.JobRow) {
	for _, j := range jobs {
		row := view.JobRow{Kind: v.l.Or("operator.kind."+j.Kind, j.Kind), At: j.CreatedAt, Error: j.Error}
		row.State = view.BadgeView{Tone: "plain", Text: v.l.Or("operator.job."+string(j.State), string(j.State))}
		switch j.State {
		case catalog.Done:
			row.State.Tone = "good"
		case catalog.Failed:
			row.State.Tone = "bad"
		}
		if !j.Shop.IsZero() {
			row.Shop, row.Href = j.Shop.String(), shopPath(j.Shop)
		}
		rows = append(rows, row)
	}
	return rows
}

func (v *visit) slowRows(slow []Request) (rows []view.SlowRow) {
	for _, q := range slow {
		row := view.SlowRow{Route: q.Method + " " + q.Route, Took: short(v.l, q.Took), At: q.At, Failed: q.Status >= 500}
		if !q.Shop.IsZero() {
			row.Shop, row.Href = q.Shop.String(), shopPath(q.Shop)
		}
		rows = append(rows, row)
	}
	return rows
}
