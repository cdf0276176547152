package admin

import (
	"fmt"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/view"
)

func (v *visit) plans() error {
	var used store.Usage
	err := v.lease().Read(v.r.Context(), "read usage", func(s *store.View) (err error) {
		used, _, err = s.Usage(v.lease().Terms())
		return err
	})
	if err != nil {
		return err
	}
	plans, err := v.opt.Pool.Catalog().Plans(v.r.Context())
	if err != nil {
		return err
	}
	rec := v.shop()
	m := view.PlansView{Tabs: v.settingTabs("/settings/plan"), Meters: v.meters(used, rec.Limits), Own: len(rec.Overrides) > 0}
	if v.opt.StartPlan != nil && v.embedded {
		m.Start = v.path("/settings/plan", nil)
	}
	for _, p := range plans {
		m.Plans = append(m.Plans, v.plan(p, p.Name == rec.Plan))
	}
	return v.ok(v.l.T("settings.plan"), "/settings", view.Plans(v.l, m))
}

func (v *visit) plan(p catalog.Plan, current bool) view.PlanView {
	limit := func(n int64, some, all string) string {
		if n < 0 {
			return v.l.T(all)
		}
		return v.l.N(some, n)
	}
	storage := v.l.T("plans.all.s")
	if p.StorageLimit >= 0 {
		storage = v.l.T("plans.storage", v.l.Bytes(p.StorageLimit))
	}
	return view.PlanView{
		ID: p.Name, Name: planName(v.l, p.Name), Current: current,
		Lines: []string{
			limit(p.MaxProducts, "plans.products", "plans.all"), limit(p.MaxDesigns, "plans.designs", "plans.all.d"),
			limit(p.MaxAssets, "plans.assets", "plans.all.a"), storage, limit(int64(p.AuditDays), "plans.audit", "plans.all.audit"),
		},
		Extras: []view.PlanExtra{
			{Text: v.l.T("plans.webp"), Has: p.EnableWebP}, {Text: v.l.T("plans.cdn"), Has: p.EnableCDN}, {Text: v.l.T("plans.tools"), Has: p.EnableAdvancedTools},
		},
	}
}

// startPlan leads to where the plan is paid for.
func (v *visit) startPlan() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if v.opt.StartPlan == nil {
		return web.ErrForbidden()
	}
	plan, err := v.opt.Pool.Catalog().Plan(v.r.Context(), form.Get("plan"))
	if err != nil {
		return err
	}
	to, err := v.opt.StartPlan(v.r.Context(), v.lease(), plan.Name, v.path("/settings/plan", nil))
	if err != nil {
		return err
	}
	return v.leave(to)
}

// export is the route of the file with all of the shop's rows.
func (f *face) export() web.Route {
	rt := f.get("/settings/export", admin, (*visit).exportShop)
	rt.Timeout = exportTime
	return rt
}

// exportShop sends all of the shop's rows of one moment. They go through a file
// without a name, so that a slow receiver does not keep the shop.
func (v *visit) exportShop() error {
	f, err := web.TempFile(v.opt.Spool)
	if err != nil {
		return err
	}
	defer f.Close()
	err = v.lease().Snapshot(v.r.Context(), "export", func(s *store.View) error { return s.Export(f) })
	if err != nil {
		return err
	}
	v.lease().Release()
	return web.SendJSONFile(v.w, v.r, f, fmt.Sprintf("%s-%s.json", v.c.Shop, v.l.Now.UTC().Format("20060102-150405")))
}
