package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// metrics reads /metrics as Prometheus does.
func (s *testServer) metrics(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	a := s.get(t, "", "/metrics")
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(a.body))
	if err != nil || a.status != 200 {
		t.Fatalf("%v: %v", err, a)
	}
	return families
}

// TestMetrics: all have help and good names, and no stranger makes up labels.
func TestMetrics(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, "kopi.myshopify.com")
	s.saveDesign(t, key, "one")
	s.get(t, key, "/imcst_api/designs")
	s.settle(t, parseShop(t, "kopi.myshopify.com"))
	before := s.metrics(t)
	for _, path := range []string{"/a", "/b/c", "/imcst_api/none", "/imcst_api/design/x1", "/imcst_api/design/x2"} {
		s.get(t, key, path)
		s.try(t, "", "BREW", path, "", nil)
		s.try(t, "wrong", "POST", path, "", nil)
	}
	s.metrics(t)
	middle := count(s.metrics(t))
	for _, path := range []string{"/d", "/e/f", "/imcst_api/other", "/imcst_api/design/x3", "/imcst_api/design/x4"} {
		s.get(t, key, path)
		s.try(t, "", "STEEP", path, "", nil)
		s.try(t, "another", "POST", path, "", nil)
	}
	if after := count(s.metrics(t)); after != middle {
		t.Errorf("%d series became %d by strange requests", middle, after)
	}
	for _, name := range []string{
		"lapak_http_requests_total", "lapak_http_request_seconds", "lapak_http_in_flight_requests", "lapak_query_seconds",
		"lapak_shops_open", "lapak_shops_open_limit", "lapak_shops_waiting",
		"lapak_replication_unreplicated", "lapak_replication_max_lag_seconds", "lapak_replication_failing",
		"go_goroutines", "process_open_fds",
	} {
		if before[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
	for name, f := range before {
		checkFamily(t, name, f)
	}
}

// checkFamily holds to what promtool check metrics asks for.
func checkFamily(t *testing.T, name string, f *dto.MetricFamily) {
	t.Helper()
	if f.GetHelp() == "" {
		t.Errorf("%s has no help", name)
	}
	if (f.GetType() == dto.MetricType_COUNTER) != strings.HasSuffix(name, "_total") && strings.HasPrefix(name, "lapak_") {
		t.Errorf("%s is a %s", name, f.GetType())
	}
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			if strings.HasPrefix(name, "lapak_") && strings.Contains("route method class query shop", l.GetName()) {
				continue
			}
			if strings.HasPrefix(name, "lapak_") {
				t.Errorf("%s has the label %s", name, l.GetName())
			}
		}
	}
}

func count(families map[string]*dto.MetricFamily) (n int) {
	for name, f := range families {
		if strings.HasPrefix(name, "lapak_http_") {
			n += len(f.GetMetric())
		}
	}
	return n
}

// TestReadiness: readyz says when the folder cannot be written, and when it can
// again; healthz goes on.
func TestReadiness(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, "kopi.myshopify.com")
	s.saveDesign(t, key, "one")
	if a := s.get(t, "", "/readyz"); a.status != 200 {
		t.Fatal(a)
	}
	tmp := filepath.Join(data, "tmp")
	must(t, os.Rename(tmp, tmp+".away"))
	a := s.get(t, "", "/readyz")
	if a.status != 503 || a.code() != "not_ready" || a.header.Get("Retry-After") == "" || strings.Contains(a.body, data) {
		t.Errorf("without its folder: %v", a)
	}
	s.logged(t, "route=/readyz", "status=503", "data folder: ")
	if a := s.get(t, "", "/healthz"); a.status != 200 {
		t.Error(a)
	}
	same(t, "meanwhile", s.names(t, key), []string{"one"})
	must(t, os.Rename(tmp+".away", tmp))
	if a := s.get(t, "", "/readyz"); a.status != 200 {
		t.Errorf("again: %v", a)
	}
	if code := s.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
