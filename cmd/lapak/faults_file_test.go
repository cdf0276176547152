package main

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"lapak/store/sqlite"
)

// TestDamagedFile: that shop alone fails, is named in the log, and a restore
// brings it back without its live file.
func TestDamagedFile(t *testing.T) {
	const name, other = "kopi.myshopify.com", "teh.myshopify.com"
	for what, c := range map[string]struct {
		damage func(t *testing.T, file string)
		code   string
	}{
		"overwritten":  {func(t *testing.T, file string) { overwrite(t, file, 4096, 0xa5) }, "damaged"},
		"zeroed":       {func(t *testing.T, file string) { overwrite(t, file, 0, 0) }, "damaged"},
		"truncated":    {func(t *testing.T, file string) { must(t, os.Truncate(file, 8192)) }, "damaged"},
		"emptied":      {func(t *testing.T, file string) { must(t, os.Truncate(file, 0)) }, "damaged"},
		"another shop": {copyOther, "damaged"},
		"newer":        {setVersion, "newer"},
	} {
		t.Run(what, func(t *testing.T) {
			data := t.TempDir()
			s := startServer(t, data)
			key, otherKey := newShop(t, data, name), newShop(t, data, other)
			s.saveDesign(t, key, "mine")
			s.saveDesign(t, otherKey, "theirs")
			if code := s.end(t, syscall.SIGTERM); code != 0 {
				t.Fatalf("exit code %d", code)
			}
			at := time.Now().UTC().Format(time.RFC3339Nano)
			c.damage(t, shopFile(data, name))

			s = startServer(t, data)
			for range 3 {
				if a := s.get(t, key, "/imcst_api/designs"); a.status != 500 || a.code() != c.code {
					t.Errorf("read: %v", a)
				}
				if a := s.save(t, key, "lost", 1); a.status != 500 || a.code() != c.code {
					t.Errorf("write: %v", a)
				}
			}
			s.logged(t, "level=ERROR", "shop="+name, "status=500", "error=")
			if n := strings.Count(s.logs.String(), "request failed"); n != 1 {
				t.Errorf("the log says it %d times", n)
			}
			s.saveDesign(t, otherKey, "more")
			same(t, "the other shop", s.names(t, otherKey), []string{"more", "theirs"})

			lapak(t, "restore", name, "--at", at, "--data", data)
			same(t, "restored", s.names(t, key), []string{"mine"})
			s.saveDesign(t, key, "after")
		})
	}
}

func overwrite(t *testing.T, file string, from int, with byte) {
	t.Helper()
	raw := readFile(t, file)
	for i := from; i < len(raw); i++ {
		raw[i] = with
	}
	must(t, os.WriteFile(file, raw, 0o600))
}

func copyOther(t *testing.T, file string) {
	t.Helper()
	other := strings.ReplaceAll(file, "kopi.", "teh.")
	out, err := exec.Command("cp", other, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func setVersion(t *testing.T, file string) {
	t.Helper()
	db := sqlite.Open(file, sqlite.Options{})
	must(t, db.Write(t.Context(), "test", func(c *sqlite.Conn) error {
		_, err := c.Exec("PRAGMA user_version = 9999")
		return err
	}))
	must(t, db.Checkpoint())
	must(t, db.Close())
}

// TestDamagedWhileOpen overwrites a file under the running server: whatever it
// still can read or not, a restore brings the shop back.
func TestDamagedWhileOpen(t *testing.T) {
	const name = "kopi.myshopify.com"
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, name)
	for range 20 {
		if a := s.save(t, key, "mine", 50_000); a.status != 201 {
			t.Fatal(a)
		}
	}
	s.settle(t, parseShop(t, name))
	at := time.Now().UTC().Format(time.RFC3339Nano)
	file := shopFile(data, name)
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	must(t, err)
	info, err := f.Stat()
	must(t, err)
	_, err = f.WriteAt([]byte(strings.Repeat("\xa5", int(info.Size()))), 0)
	must(t, err)
	must(t, f.Close())
	must(t, os.Truncate(file+"-wal", 0))
	for range 3 { // the first ones may still find all they need in memory
		t.Log(s.save(t, key, "after", 200_000), s.get(t, key, "/imcst_api/designs?limit=1"))
	}
	lapak(t, "restore", name, "--at", at, "--data", data)
	if n := len(s.names(t, key)); n != 20 {
		t.Errorf("%d designs, want 20", n)
	}
	s.saveDesign(t, key, "after")
	s.settle(t, parseShop(t, name))
}

// TestMissingFile: a shop that is gone from the disk comes back by itself, and a
// restore does not need it to be there.
func TestMissingFile(t *testing.T) {
	const name = "kopi.myshopify.com"
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, name)
	s.saveDesign(t, key, "first")
	s.settle(t, parseShop(t, name))
	at := time.Now().UTC().Format(time.RFC3339Nano)
	s.saveDesign(t, key, "second")
	s.end(t, syscall.SIGTERM)
	must(t, os.RemoveAll(data+"/tenants/"+name))
	s = startServer(t, data)
	same(t, "fetched", s.names(t, key), []string{"second", "first"})
	s.logged(t, "fetched from the bucket", "shop="+name)
	s.end(t, syscall.SIGTERM)

	must(t, os.RemoveAll(data+"/tenants/"+name))
	s = startServer(t, data)
	lapak(t, "restore", name, "--at", at, "--data", data)
	same(t, "restored", s.names(t, key), []string{"first"})
	lapak(t, "restore", name, "--undo", "--data", data)
	same(t, "undone", s.names(t, key), []string{"second", "first"})
}

// TestLostFile: with neither file nor backup, nothing is made up.
func TestLostFile(t *testing.T) {
	const name = "kopi.myshopify.com"
	data := t.TempDir()
	s := startServer(t, data)
	key := newShop(t, data, name)
	s.saveDesign(t, key, "first")
	s.end(t, syscall.SIGTERM)
	must(t, os.RemoveAll(data+"/tenants/"+name))
	must(t, os.RemoveAll(data+"/replica/tenants/"+name))
	s = startServer(t, data)
	if a := s.get(t, key, "/imcst_api/designs"); a.status != 500 || a.code() != "damaged" {
		t.Error(a)
	}
	s.logged(t, "shop="+name, "the shop's file is gone and there is no backup of it")
	if _, err := os.Stat(shopFile(data, name)); err == nil {
		t.Error("an empty file was made")
	}
}
