# It takes Go and make; what the tests need is installed by them.

LITESTREAM := github.com/benbjohnson/litestream/cmd/litestream@v0.5.18
VERSITYGW  := github.com/versity/versitygw/cmd/versitygw@v1.8.0

BIN := $(CURDIR)/.bin

# What many goroutines do at once is also run under the race detector.
RACES := Writer|Reader|Commit|Close|TestPool|TestOneOpening|TestBusy|TestFenced|TestRecovered|TestNoLeak|Public|Limit

.PHONY: run build test shots bench clean go templ generate chromium postgres

# Serves two demo shops on http://127.0.0.1:8080.
run: build
	./bin/lapak serve --demo --data ./data

build: go
	CGO_ENABLED=0 go build -trimpath -o bin/lapak ./cmd/lapak

test: go templ $(BIN)/litestream $(BIN)/versitygw $(BIN)/axe.min.js chromium postgres
	go vet ./...
	go test -race -timeout 10m -run '$(RACES)' ./store/sqlite ./tenants ./web/api
	LAPAK_TEST_BIN="$(BIN)" go test -timeout 20m ./...

# A picture of every page, in light and dark, on a desk and on a phone, in both
# languages, alone and inside of Shopify, into ./shots.
shots: go $(BIN)/axe.min.js chromium
	LAPAK_SHOTS="$(CURDIR)/shots" LAPAK_TEST_BIN="$(BIN)" go test -count=1 -timeout 20m -run 'TestPages|TestEmbeddedPages|TestLargeShops' ./cmd/lapak
	@echo "The pictures are in ./shots."

bench: go $(BIN)/versitygw
	go run ./cmd/bench -s3 "$(BIN)/versitygw"

clean:
	rm -rf bin .bin shots

go:
	@command -v go >/dev/null || { echo "Go is needed: https://go.dev/dl/ (the version that go.mod names, or later)" >&2; exit 1; }

# After a change of a *.templ.
generate: go
	go tool templ generate

# What templ makes must be what is checked in.
templ: go
	@if find . -name '*.templ' -not -path './.*' | grep -q .; then \
	  before=$$(find . -name '*_templ.go' -exec cksum {} + | sort); \
	  go tool templ generate >/dev/null 2>&1; \
	  after=$$(find . -name '*_templ.go' -exec cksum {} + | sort); \
	  test "$$before" = "$$after" || { echo "run templ generate: a *_templ.go was not up to date (it is now)" >&2; exit 1; }; \
	fi

$(BIN)/litestream: | go
	GOBIN="$(BIN)" go install $(LITESTREAM)

$(BIN)/versitygw: | go
	GOBIN="$(BIN)" go install $(VERSITYGW)

$(BIN)/axe.min.js: | go
	@mkdir -p "$(BIN)"
	go run ./web/browsertest/axe "$@"

# Browser tests need a Chromium.
chromium:
	@for c in chromium chromium-browser google-chrome google-chrome-stable; do \
	  if command -v $$c >/dev/null; then exit 0; fi; \
	done; \
	if ! command -v apt-get >/dev/null || test "$$(id -u)" != 0; then \
	  echo "The browser tests need Chromium; on Debian: apt-get install chromium" >&2; exit 1; \
	fi; \
	echo "apt-get install chromium"; \
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core >/dev/null

# Tests of lapak adopt start a PostgreSQL of their own.
postgres:
	@for d in /usr/lib/postgresql/*/bin $$(dirname "$$(command -v postgres || echo /none/x)"); do \
	  if test -x "$$d/initdb" && test -x "$$d/postgres"; then exit 0; fi; \
	done; \
	if ! command -v apt-get >/dev/null || test "$$(id -u)" != 0; then \
	  echo "The tests of lapak adopt need PostgreSQL; on Debian: apt-get install postgresql" >&2; exit 1; \
	fi; \
	echo "apt-get install postgresql"; \
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends postgresql >/dev/null
