package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// write writes the report, where the command line wants it.
func (b *bench) write() error {
	if b.out == "" {
		return nil
	}
	var w strings.Builder
	b.head(&w)
	b.table(&w)
	b.method(&w)
	if err := os.WriteFile(b.out, []byte(w.String()), 0o644); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (b *bench) head(w *strings.Builder) {
	m := b.machine
	w.WriteString("# Benchmarks\n\nWritten by `make bench` (`go run ./cmd/bench`). Do not edit.\n\n")
	if b.quick {
		w.WriteString("**A quick run: short rounds, a tenth of the shops. The names of the figures say more than was measured.**\n\n")
	}
	for _, line := range [][2]string{
		{"Date", m.date}, {"CPU", fmt.Sprintf("%s, %d cores", m.cpu, m.cores)}, {"Memory", fmt.Sprintf("%.1f GB", float64(m.memory)/1e9)},
		{"Kernel", m.kernel}, {"File system", m.filesystem}, {"Go", m.goVersion}, {"PostgreSQL", m.postgres},
		{"Duration", time.Since(b.started).Round(time.Second).String()},
	} {
		fmt.Fprintf(w, "- %s: %s\n", line[0], line[1])
	}
}

func (b *bench) table(w *strings.Builder) {
	w.WriteString("\n| what | goal | measured | |\n|---|---|---|---|\n")
	for _, r := range b.rows {
		verdict := "**missed**"
		if r.met {
			verdict = "met"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", r.figure, r.goal, r.value, verdict)
	}
	w.WriteString("\n## In detail\n\n")
	for _, r := range b.rows {
		fmt.Fprintf(w, "- **%s**: %s\n", r.figure, r.detail)
	}
}

func (b *bench) method(w *strings.Builder) {
	fmt.Fprintf(w, `
## How it is measured

Lapak, the PostgreSQL handlers and the callers are processes of their own on one machine, over HTTP on the loopback
address. The callers are %d keep-alive connections; each sends its next request when it has its answer. They send
prepared bytes and read only the status and the length of an answer, so that they leave the cores to the servers; what
they take, they take from both sides. GOMAXPROCS of both servers is twice the cores, as in `+"`lapak serve`"+`.

Comparisons: %d rounds of %s for each side, in turns; the ratio is the median of the rounds' ratios, rates are medians,
latencies are of all rounds together. Between rounds Lapak's replication catches up. The CPU of a request is that of the
server's processes, PostgreSQL's own among them and Lapak's replication until it has caught up, but not the callers'.

Lapak replicates to a folder all the time, as it does unless told otherwise: its figures include reading, compressing
and writing every change a second time. PostgreSQL replicates nothing here.

**PostgreSQL**: the same package web (router, bodies, checks, JSON, metrics), the same data, an API key found in memory;
pgx over a Unix socket with up to %d connections and prepared statements; ids of UUID version 7; row security, forced,
for a role that is no superuser; the tenant set per transaction; the JSON stored uncompressed and out of line; the
indexes of the plan that Lapak replaces. Durability is as PostgreSQL comes (fsync, synchronous_commit); other settings:
%s.
*Statement by statement* is a transaction as programs usually write it, the row that counts usage locked last.
*One statement* sends the tenant's setting and one statement with everything in a single round trip.

A design is about 10 KB of JSON in 26 layers, never twice the same. A save checks and counts the limit, inserts the
design and its JSON and an audit entry. The public config is 2 KB of config and two templates; Lapak keeps the answer in
the memory of an open shop until something in it changes, PostgreSQL's handlers ask the database each time. With such a
memory of their own they would be as fast.

`, callers, rounds, b.span(round), peerConnections, strings.Join(postgresSettings, ", "))
	if len(b.notes) > 0 {
		fmt.Fprintf(w, "PostgreSQL's plans of the reads:\n\n```\n%s\n```\n", strings.Join(b.notes, "\n\n"))
	}
}
