package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lapak/tenants"
)

// Metrics counts what the server does, for Prometheus. Its labels have few
// values: routes, classes of statuses, kinds of queries, and the shops whose
// backup is furthest behind.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	queries  *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

// NewMetrics makes metrics on a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lapak_http_requests_total", Help: "Requests by route, method and class of status.",
		}, []string{"route", "method", "class"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lapak_http_request_seconds", Help: "How long requests took.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
		queries: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lapak_query_seconds", Help: "How long reads and writes of shops' files took, by what they were for.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .1, .5, 1, 5},
		}, []string{"query"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "lapak_http_in_flight_requests", Help: "Requests under way.",
		}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.queries, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// ObserveQuery counts a query; it fits tenants.Options.Observe. Why is one of
// the program's own texts.
func (m *Metrics) ObserveQuery(why string, took time.Duration) {
	m.queries.WithLabelValues(why).Observe(took.Seconds())
}

func (m *Metrics) observe(method string, x *exchange, took time.Duration) {
	route, class := x.route, strconv.Itoa(x.status/100)+"xx"
	if route == "" {
		route = "none"
	}
	if x.status == 0 {
		class = "cut"
	}
	method = knownMethod(method)
	m.requests.WithLabelValues(route, method, class).Inc()
	m.duration.WithLabelValues(route, method).Observe(took.Seconds())
}

// knownMethod keeps strangers from making up labels.
func knownMethod(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return method
	}
	return "other"
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: defaultTimeout})
}

// Add adds numbers of another part of the program. Call it once for each, before
// the first request.
func (m *Metrics) Add(c prometheus.Collector) { m.registry.MustRegister(c) }

func (m *Metrics) watch(pool *tenants.Pool) {
	m.registry.MustRegister(newPoolCollector(pool))
}

// poolCollector reads the pool's numbers when they are asked for.
type poolCollector struct {
	pool   *tenants.Pool
	gauges []poolGauge
	lag    *prometheus.Desc
	fails  *prometheus.Desc
}

type poolGauge struct {
	desc  *prometheus.Desc
	value func(tenants.Stats) float64
}

func newPoolCollector(pool *tenants.Pool) *poolCollector {
	gauge := func(name, help string, value func(tenants.Stats) float64) poolGauge {
		return poolGauge{prometheus.NewDesc(name, help, nil, nil), value}
	}
	shop := []string{"shop"}
	return &poolCollector{
		pool: pool,
		gauges: []poolGauge{
			gauge("lapak_shops_open", "Shops whose files are open.", func(s tenants.Stats) float64 { return float64(s.Open) }),
			gauge("lapak_shops_open_limit", "How many shops' files may be open.", func(s tenants.Stats) float64 { return float64(s.Limit) }),
			gauge("lapak_shops_leased", "Open shops that are in use.", func(s tenants.Stats) float64 { return float64(s.Leased) }),
			gauge("lapak_shops_opening", "Shops that are being opened.", func(s tenants.Stats) float64 { return float64(s.Opening) }),
			gauge("lapak_shops_waiting", "Openings that wait for a place.", func(s tenants.Stats) float64 { return float64(s.Waiting) }),
			gauge("lapak_replication_unreplicated", "Open databases with changes that are not in the bucket.", func(s tenants.Stats) float64 { return float64(s.Unreplicated) }),
			gauge("lapak_replication_max_lag_seconds", "Age of the oldest change that is not in the bucket.", func(s tenants.Stats) float64 { return s.MaxLag.Seconds() }),
			gauge("lapak_replication_failing", "Open databases whose last replication failed.", func(s tenants.Stats) float64 { return float64(s.Failing) }),
		},
		lag:   prometheus.NewDesc("lapak_replication_lag_seconds", "Age of a shop's oldest change that is not in the bucket; the worst shops only.", shop, nil),
		fails: prometheus.NewDesc("lapak_replication_failures", "Failed replications of a shop in a row; the worst shops only.", shop, nil),
	}
}

// Describe is of prometheus.Collector.
func (c *poolCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, g := range c.gauges {
		ch <- g.desc
	}
	ch <- c.lag
	ch <- c.fails
}

// Collect is of prometheus.Collector.
func (c *poolCollector) Collect(ch chan<- prometheus.Metric) {
	stats := c.pool.Stats()
	for _, g := range c.gauges {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.value(stats))
	}
	for _, w := range stats.Worst {
		ch <- prometheus.MustNewConstMetric(c.lag, prometheus.GaugeValue, w.Lag.Seconds(), w.Shop)
		ch <- prometheus.MustNewConstMetric(c.fails, prometheus.GaugeValue, float64(w.Failures), w.Shop)
	}
}
