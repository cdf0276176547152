package signin

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func tryFrom(name, ip string) attempt {
	r := httptest.NewRequest("POST", "/signin", nil)
	r.RemoteAddr = ip + ":1234"
	if strings.Contains(ip, ":") {
		r.RemoteAddr = "[" + ip + "]:1234"
	}
	return newAttempt(name, r)
}

func TestGuardOfAnAccount(t *testing.T) {
	g, now := newGuard(), time.Unix(1_700_000_000, 0)
	try := func(network int) time.Duration {
		return g.begin(tryFrom("Ayu", fmt.Sprintf("192.0.2.%d", network)), now)
	}
	for i := range accountFree {
		if wait := try(i); wait != 0 {
			t.Fatalf("try %d waits %s", i, wait)
		}
	}
	for want := firstWait; want < longestWait; want *= 2 { // from ever new networks
		if wait := try(100); wait != want {
			t.Fatalf("wait %s, want %s", wait, want)
		}
		if wait := try(101); wait != want { // asking does not make it longer
			t.Fatalf("wait %s, want %s", wait, want)
		}
		now = now.Add(want)
		if wait := try(102); wait != 0 {
			t.Fatalf("after the wait: %s", wait)
		}
	}
	if wait := try(103); wait != longestWait {
		t.Errorf("the longest wait: %s", wait)
	}
	if wait := g.begin(tryFrom("Budi", "198.51.100.1"), now); wait != 0 {
		t.Errorf("another account waits %s", wait)
	}
	now = now.Add(forgiven + time.Second)
	for range accountFree {
		if wait := try(104); wait != 0 {
			t.Errorf("after an hour: %s", wait)
		}
	}
}

func TestGuardOfANetwork(t *testing.T) {
	g, now := newGuard(), time.Unix(1_700_000_000, 0)
	for i := range networkFree {
		if wait := g.begin(tryFrom(fmt.Sprint("name", i), fmt.Sprintf("2001:db8::%d", i+1)), now); wait != 0 {
			t.Fatalf("try %d waits %s", i, wait)
		}
	}
	if wait := g.begin(tryFrom("another", "2001:db8::ffff"), now); wait == 0 {
		t.Error("a whole network may try all names")
	}
	if wait := g.begin(tryFrom("another", "2001:db8:0:1::1"), now); wait != 0 {
		t.Error("the neighbouring network waits")
	}
}

func TestGuardForgivesWhoIsRight(t *testing.T) {
	g, now := newGuard(), time.Unix(1_700_000_000, 0)
	for range 10 * networkFree {
		a := tryFrom("Ayu", "192.0.2.1")
		if wait := g.begin(a, now); wait != 0 {
			t.Fatalf("somebody who is always right waits %s", wait)
		}
		g.passed(a, now)
	}
}

func TestHashes(t *testing.T) {
	h := newHasher()
	encoded, err := h.hash(t.Context(), "kain tenun lurik")
	if err != nil || !strings.HasPrefix(encoded, "$argon2id$v=19$m=47104,t=2,p=1$") {
		t.Fatalf("%q, %v", encoded, err)
	}
	again, _ := h.hash(t.Context(), "kain tenun lurik")
	if again == encoded {
		t.Error("two hashes with one salt")
	}
	// The reference implementation's own vector, with other costs.
	weaker := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, tc := range []struct {
		encoded, password string
		ok, stale         bool
	}{
		{encoded, "kain tenun lurik", true, false}, {encoded, "kain tenun lurik ", false, false}, {encoded, "", false, false},
		{"", "kain tenun lurik", false, false}, {"", "", false, false}, {h.decoy, "", false, false},
		{weaker, "password", true, true}, {weaker, "passwort", false, true},
	} {
		ok, stale, err := h.matches(t.Context(), tc.encoded, tc.password)
		if err != nil || ok != tc.ok || stale != tc.stale {
			t.Errorf("%q of %q: %v, %v, %v", tc.password, tc.encoded, ok, stale, err)
		}
	}
	composed, _ := h.hash(t.Context(), "caf\u00e9 caf\u00e9 caf\u00e9")
	if ok, _, _ := h.matches(t.Context(), composed, "cafe\u0301 cafe\u0301 cafe\u0301"); !ok {
		t.Error("the same letters in another composition")
	}
}

func TestFewHashesAtOnce(t *testing.T) {
	h := newHasher()
	var done []func()
	for range cap(h.running) {
		d, err := h.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, d)
	}
	results := make(chan error)
	for range hashesWait {
		go func() {
			d, err := h.turn(t.Context())
			if err == nil {
				d()
			}
			results <- err
		}()
	}
	for len(h.waiting) < cap(h.waiting) {
		time.Sleep(time.Millisecond)
	}
	if _, err := h.turn(t.Context()); err == nil {
		t.Error("one more than may wait")
	}
	for _, d := range done {
		d()
	}
	for range hashesWait {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if len(h.running) != 0 || len(h.waiting) != 0 {
		t.Errorf("%d running, %d waiting in the end", len(h.running), len(h.waiting))
	}
}

func TestDevice(t *testing.T) {
	for agent, want := range map[string][2]string{
		"": {}, "lapak": {},
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36":                                   {"Chrome", "Linux"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":           {"Edge", "Windows"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1": {"Safari", "iPhone"},
		"Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0":                                                                    {"Firefox", "Android"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                   {"Safari", "macOS"},
	} {
		browser, system := Device(agent)
		if got := [2]string{browser, system}; got != want {
			t.Errorf("%q: %v, want %v", agent, got, want)
		}
	}
}

func FuzzDecodeHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=47104,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=4294967295,t=2,p=0$$")
	f.Fuzz(func(t *testing.T, encoded string) {
		c, salt, sum, err := decodeHash(encoded)
		if err == nil && (c.memory > 1<<20 || c.passes > 64 || c.lanes == 0 || len(salt) < 8 || len(sum) < 16) {
			t.Fatalf("%q costs %+v", encoded, c)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	h := newHasher()
	for b.Loop() {
		if _, err := h.hash(b.Context(), "kain tenun lurik"); err != nil {
			b.Fatal(err)
		}
	}
}
