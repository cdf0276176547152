package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lapak/store"
	"lapak/web/control"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"lapak": main}) }

// TestCommands runs each script twice: while a server has the data folder, and
// without one.
func TestCommands(t *testing.T) {
	for name, served := range map[string]bool{"served": true, "alone": false} {
		t.Run(name, func(t *testing.T) { testscript.Run(t, scripts("testdata/both", served)) })
	}
}

// TestProgram runs what is about a whole folder.
func TestProgram(t *testing.T) { testscript.Run(t, scripts("testdata/own", false)) }

func scripts(dir string, served bool) testscript.Params {
	return testscript.Params{
		Dir: dir, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC")
			env.Setenv("LAPAK_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("LAPAK_LISTEN", "127.0.0.1:0")
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "served" {
				return served, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "answers": answers, "settled": settled, "keyed": keyed, "now": now, "audit": audit,
		},
	}
}

// exits CODE COMMAND… runs a command that ends with this code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%v: exit code %d, want %d", args[1:], got, want)
	}
}

func scriptClient(ts *testscript.TestScript) *control.Client {
	c := control.NewClient(ts.MkAbs(ts.Getenv("LAPAK_DATA")))
	ts.Defer(c.Close)
	return c
}

// waitFor asks until the answer is yes.
func waitFor(what string, ask func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		ok, err := ask(ctx)
		if ok {
			return nil
		}
		if pauseErr := pause(ctx, 5*time.Millisecond); pauseErr != nil {
			return fmt.Errorf("%s: %w (%w)", what, pauseErr, err)
		}
	}
}

// answers waits until the server serves.
func answers(ts *testscript.TestScript, _ bool, _ []string) {
	c := scriptClient(ts)
	ts.Check(waitFor("the server does not answer", func(ctx context.Context) (bool, error) {
		_, err := c.Status(ctx)
		return err == nil, err
	}))
}

// settled SHOP waits until all of the shop's changes are replicated; where no
// server runs they are already.
func settled(ts *testscript.TestScript, _ bool, args []string) {
	shop, err := store.ParseShop(args[0])
	ts.Check(err)
	c := scriptClient(ts)
	if _, err := c.Status(context.Background()); errors.Is(err, control.ErrNobody) {
		return
	}
	ts.Check(waitFor("changes are not replicated", func(ctx context.Context) (bool, error) {
		b, err := c.Backups(ctx, shop)
		return err == nil && b.Lag == 0 && !b.Newest.IsZero(), err
	}))
}

// keyed SHOP N waits until the shop has so many keys: a demo shop's is made last.
func keyed(ts *testscript.TestScript, _ bool, args []string) {
	shop, err := store.ParseShop(args[0])
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	c := scriptClient(ts)
	ts.Check(waitFor("there are not so many keys", func(ctx context.Context) (bool, error) {
		keys, err := c.Keys(ctx, shop)
		return len(keys) == n, err
	}))
}

// now NAME sets a variable to this moment.
func now(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], time.Now().UTC().Format(time.RFC3339Nano))
}

// audit FILE prints the audit log of a shop's file, the newest line first.
func audit(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	if _, err := os.Stat(file); err != nil {
		ts.Fatalf("%v", err)
	}
	db := store.Open(file, store.Options{})
	defer db.Close()
	ts.Check(db.Read(context.Background(), "test", func(v *store.View) error {
		entries, _, err := v.AuditLog(store.AuditFilter{}, store.Page{Limit: 100})
		for _, e := range entries {
			fmt.Fprintln(ts.Stdout(), e.Action, e.Resource, *e.UserID, string(e.After))
		}
		return err
	}))
}

func parseShop(t *testing.T, name string) store.Shop {
	t.Helper()
	shop, err := store.ParseShop(name)
	if err != nil {
		t.Fatal(err)
	}
	return shop
}
