package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// print writes data as JSON, or as people want it.
func (a *app) print(data any, human func(io.Writer)) error {
	if a.json {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(data)
	}
	return table(a.out, human)
}

// table aligns what human writes in rows.
func table(out io.Writer, human func(io.Writer)) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	human(w)
	return w.Flush()
}

// onTerminal says whether a person watches stderr.
func (a *app) onTerminal() bool {
	f, ok := a.err.(*os.File)
	return ok && isTerminal(f)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// row writes one line of a table.
func row(w io.Writer, cells ...any) {
	for i, c := range cells {
		if i > 0 {
			fmt.Fprint(w, "\t")
		}
		fmt.Fprint(w, c)
	}
	fmt.Fprintln(w)
}

// when is a moment on this machine's clock.
func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04:05 -07:00")
}

// exactly is when to the millisecond, for what one may restore to.
func exactly(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04:05.000 -07:00")
}

// size is a number of bytes.
func size(n int64) string {
	units := []string{"KiB", "MiB", "GiB", "TiB", "PiB"}
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f := float64(n) / 1024
	for f >= 1024 && len(units) > 1 {
		f, units = f/1024, units[1:]
	}
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") + " " + units[0]
}

// limit is a limit of a plan; a negative one does not limit.
func limit(n int64) string {
	if n < 0 {
		return "no limit"
	}
	return strconv.FormatInt(n, 10)
}

func sizeLimit(n int64) string {
	if n < 0 {
		return "no limit"
	}
	return size(n)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// orDash is for what may be absent.
func orDash(s *string) string {
	if s == nil || *s == "" {
		return "-"
	}
	return *s
}

// seconds is a number of seconds as people say it: 0.25 s, 1 min, 1 h.
func seconds(s float64) string {
	switch {
	case s >= 3600:
		return strconv.FormatFloat(s/3600, 'g', 3, 64) + " h"
	case s >= 60:
		return strconv.FormatFloat(s/60, 'g', 3, 64) + " min"
	}
	return strconv.FormatFloat(s, 'g', 2, 64) + " s"
}
