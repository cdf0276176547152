package control

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/replica"
)

// headerCopied carries the JSON of a Copied beside the copy's bytes.
const headerCopied = "Lapak-Copied"

// jobPoll is how often a job's record is read for those who wait for its end.
const jobPoll = 50 * time.Millisecond

func (s *server) backups(w http.ResponseWriter, r *http.Request) error {
	shop, err := pathShop(r)
	if err != nil {
		return err
	}
	b, err := s.pool.Backups(r.Context(), shop)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, b)
	return nil
}

// restore starts a restore and streams the job's record, one line of JSON each
// time its state changes, until it has ended. The restore goes on if the caller
// hangs up.
func (s *server) restore(w http.ResponseWriter, r *http.Request) error {
	shop, err := pathShop(r)
	if err != nil {
		return err
	}
	var in Restore
	if err := readBody(r, &in); err != nil {
		return err
	}
	req, err := s.restoreRequest(r, shop, in)
	if err != nil {
		return err
	}
	job, err := s.pool.StartRestore(r.Context(), shop, s.by, req)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusAccepted)
	s.follow(w, r, job)
	return nil
}

func (s *server) restoreRequest(r *http.Request, shop store.Shop, in Restore) (tenants.RestoreRequest, error) {
	if in.Undo == (in.At != "") {
		return tenants.RestoreRequest{}, &Failure{"give either a moment or undo", CodeInvalid}
	}
	if in.Undo {
		rec, err := s.pool.Catalog().Shop(r.Context(), shop)
		if err == nil && rec.PreviousEpoch == 0 && rec.State != catalog.Restoring {
			err = &Failure{fmt.Sprintf("%s has no restore to undo", shop), CodeState}
		}
		return tenants.RestoreRequest{Undo: true}, err
	}
	at, err := s.moment(r.Context(), shop, in.At)
	return tenants.RestoreRequest{At: at}, err
}

func (s *server) follow(w http.ResponseWriter, r *http.Request, job catalog.Job) {
	out := json.NewEncoder(w)
	tick := time.NewTicker(jobPoll)
	defer tick.Stop()
	for told := catalog.JobState(""); ; {
		if job.State != told {
			told = job.State
			if out.Encode(job) != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
		}
		if told == catalog.Done || told == catalog.Failed {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
		now, err := s.pool.Catalog().Job(r.Context(), job.Shop, job.ID)
		if err != nil {
			s.Log.Error("cannot read a job", "job", job.ID, "error", err)
			return
		}
		job = now
	}
}

// copyShop streams a shop's file as it was at ?at=.
func (s *server) copyShop(w http.ResponseWriter, r *http.Request) error {
	shop, err := pathShop(r)
	if err != nil {
		return err
	}
	at, err := s.moment(r.Context(), shop, r.URL.Query().Get("at"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(s.TempDir, "copy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "copy.db")
	done, err := s.pool.CopyAt(r.Context(), shop, at, file)
	if err != nil {
		return err
	}
	return s.sendFile(w, file, done)
}

func (s *server) sendFile(w http.ResponseWriter, file string, done tenants.Restored) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	head, err := json.Marshal(Copied{Restored: done, Bytes: info.Size()})
	if err != nil {
		return err
	}
	w.Header().Set(headerCopied, string(head))
	w.Header().Set("Content-Type", "application/vnd.sqlite3")
	w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	if _, err := io.Copy(w, f); err != nil { // the other side misses bytes, and sees so by the length
		s.Log.Warn("sending a copy", "shop", done.Shop.String(), "error", err)
	}
	return nil
}

// litestream is a litestream.yml for the stock program: of the catalog and of
// the shops that ?shop= names, or of all.
func (s *server) litestream(w http.ResponseWriter, r *http.Request) error {
	shops, err := s.chosenShops(r)
	if err != nil {
		return err
	}
	var files []replica.File
	for _, rec := range shops {
		path := s.pool.Path(rec.Name, rec.Epoch)
		files = append(files, replica.File{Path: path, Name: rec.Name.String() + "/" + filepath.Base(path)})
	}
	text, err := s.Replication.StockYAML(s.pool.CatalogPath(), files)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(text)
	return nil
}

func (s *server) chosenShops(r *http.Request) ([]catalog.Shop, error) {
	names := r.URL.Query()["shop"]
	if len(names) == 0 {
		return s.allShops(r.Context())
	}
	var chosen []catalog.Shop
	for _, name := range names {
		shop, err := store.ParseShop(name)
		if err != nil {
			return nil, err
		}
		rec, err := s.pool.Catalog().Shop(r.Context(), shop)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, rec)
	}
	return chosen, nil
}
