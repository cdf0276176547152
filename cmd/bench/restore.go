package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	figRestore = "restore a 10 MB shop"
	figReplica = "commit to replica, folder"
)

// single is a server with few shops.
type single struct {
	*bench
	dir    string
	server *child
	shops  []seeded
}

func (b *bench) single(name string, spec seedSpec) (*single, error) {
	s := &single{bench: b, dir: b.path(name)}
	var err error
	if s.server, err = startChild("lapak", lapakSpec{Dir: s.dir, OpenShops: 100}); err != nil {
		return nil, err
	}
	if err = s.server.ask(b.ctx, "/seed", spec, &s.shops); err == nil {
		err = s.settle()
	}
	if err != nil {
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

func (s *single) settle() error { return s.server.ask(s.ctx, "/settle", struct{}{}, nil) }

func (s *single) end() error { return errors.Join(s.server.stop(), os.RemoveAll(s.dir)) }

// bigShop has about 10 MB in a thousand designs.
const bigShop = 950

func restorePart(b *bench) (err error) {
	b.begin(figRestore)
	s, err := b.single("restore", seedSpec{Shops: 1, Rich: 1, Designs: bigShop, Templates: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	size, err := os.Stat(filepath.Join(s.dir, "tenants", s.shops[0].Shop, "0001.db"))
	if err != nil {
		return err
	}
	var times []time.Duration
	for range b.size(90) / 9 {
		took, err := s.restore(s.shops[0])
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	m := median(times)
	b.add(row{figRestore, "≤ 300 ms", milliseconds(m), m <= 300*time.Millisecond,
		fmt.Sprintf("Median of %d, from POST /restore until the shop answers with the earlier state; replica in a folder; the shop's file had %.1f MB at first. Slowest: %s.",
			len(times), float64(size.Size())/megabyte, milliseconds(slices.Max(times)))})
	return nil
}

// restore saves one more design, takes the shop back to before it, and returns
// how long that took until the shop serves again.
func (s *single) restore(shop seeded) (time.Duration, error) {
	c, err := dial(s.server.Serves)
	if err != nil {
		return 0, err
	}
	defer c.close()
	c.keep = true
	if err := s.settle(); err != nil {
		return 0, err
	}
	before := time.Now()
	if err := sleep(s.ctx, 50*time.Millisecond); err != nil {
		return 0, err
	}
	late, err := c.save(shop, 0)
	if err != nil {
		return 0, err
	}
	if err := s.settle(); err != nil {
		return 0, err
	}
	start := time.Now()
	wish := fmt.Appendf(nil, `{"at":%q}`, before.UTC().Format(time.RFC3339Nano))
	if status, err := c.do(post("/imcst_api/restore", shop.Key, wish)); err != nil || status != http.StatusAccepted {
		return 0, fmt.Errorf("restore: status %d: %s: %w", status, c.body, err)
	}
	return c.await(s.ctx, shop, late, start)
}

// save saves a design and returns its id.
func (c *caller) save(shop seeded, n int) (string, error) {
	status, err := c.do(post(savePath, shop.Key, bodies(n + 1)[n]))
	if err != nil || status != http.StatusCreated {
		return "", fmt.Errorf("save: status %d: %w", status, err)
	}
	var d struct{ ID string }
	err = json.Unmarshal(c.body, &d)
	return d.ID, err
}

// await asks for the newest design until it is no longer the late one.
func (c *caller) await(ctx context.Context, shop seeded, late string, start time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		status, err := c.do(get(listPath+"?limit=1", shop.Key))
		if err != nil {
			return 0, err
		}
		var newest []struct{ ID string }
		if status == http.StatusOK {
			if err := json.Unmarshal(c.body, &newest); err != nil {
				return 0, err
			}
		}
		if len(newest) == 1 && newest[0].ID != late {
			return time.Since(start), nil
		}
		if err := sleep(ctx, time.Millisecond); err != nil {
			return 0, fmt.Errorf("the restored state is not served (status %d): %w", status, err)
		}
	}
}

// replicaPart is how long after the answer to a save the replica has it.
func replicaPart(b *bench) (err error) {
	b.begin(figReplica)
	s, err := b.single("replica", seedSpec{Shops: 1, Few: 5})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	c, err := dial(s.server.Serves)
	if err != nil {
		return err
	}
	defer c.close()
	c.keep = true
	dir := filepath.Join(s.dir, "replica", "tenants", s.shops[0].Shop, "0001.db", "ltx", "0")
	var times []time.Duration
	for range b.size(200) {
		took, err := replicated(b.ctx, c, s.shops[0], dir)
		if err != nil {
			return err
		}
		times = append(times, took)
		if err := sleep(b.ctx, rand.N(400*time.Millisecond)); err != nil {
			return err
		}
	}
	m := median(times)
	b.add(row{figReplica, "≤ 250 ms", milliseconds(m), m <= 250*time.Millisecond,
		fmt.Sprintf("Median of %d saves with pauses of 0 to 400 ms, from the answer until the backup file with it is in the replica's folder; p99 %s.",
			len(times), milliseconds(quantile(slices.Sorted(slices.Values(times)), 0.99)))})
	return nil
}

// replicated saves one design while all before are replicated, so that the next
// file in the replica holds it.
func replicated(ctx context.Context, c *caller, shop seeded, dir string) (time.Duration, error) {
	before, err := backups(dir)
	if err != nil {
		return 0, err
	}
	if _, err := c.save(shop, 0); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for start := time.Now(); ; {
		now, err := backups(dir)
		if err != nil {
			return 0, err
		}
		if now > before {
			return time.Since(start), nil
		}
		if err := sleep(ctx, 500*time.Microsecond); err != nil {
			return 0, fmt.Errorf("a save is not replicated: %w", err)
		}
	}
}

// backups counts the backup files in a replica's folder.
func backups(dir string) (n int, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".ltx") {
			n++
		}
	}
	return n, err
}
