# Everything is reached from here. A machine needs Node >= 20, npm and make; the rest is pinned in
# package.json and bun.lock and comes by npm.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BIN := node_modules/.bin
BUN := $(BIN)/bun
DENO := $(BIN)/deno
REPORTS := dist/reports
DENO_TEST := $(DENO) test --no-check --allow-all --unstable-net --quiet
# What runs in one process and on virtual time; all else starts processes or listens, one at a time.
NODES := test/runtime/bun test/blackbox
CORE_TESTS := $(filter-out test/runtime test/blackbox,$(wildcard test/*))
BUN_TEST := $(BUN) test --timeout=30000 --reporter=junit
# Bytes and ciphers, where the runtimes could differ. The rest: make test-deno ON_DENO=test/unit
# (not content_long_file: the million small hashes of 100 GiB take Deno more than a minute).
ON_DENO := test/runtime/deno $(addprefix test/unit/,crypto lib session wire) \
	$(filter-out %/content_long_file.test.ts,$(wildcard test/property/*.test.ts))

COMMIT = $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
# A worker's file is an entry of its own, so that it is found inside the executable.
ENTRIES = src/main_bun.ts $(sort $(shell find src -name '*_worker.ts' -not -name 'main_deno_*'))
# No .env and no bunfig.toml of the directory it happens to be started in may change a node.
COMPILE = $(BUN) build --compile --minify --bytecode --format=esm \
	--no-compile-autoload-dotenv --no-compile-autoload-bunfig \
	--define SKERRY_COMMIT='"$(COMMIT)"'
# The stamp's name holds what was installed, so a checkout that only touches files installs nothing.
INSTALLED := node_modules/.installed-$(shell cat package.json bun.lock | sha256sum | cut -c1-16)

.PHONY: help
help: ## lists the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: install
install: $(INSTALLED) ## fetches the pinned tools and packages (every target does it when needed)

$(INSTALLED):
	node .ci/bootstrap.mjs install
	$(DENO) types > node_modules/.deno.d.ts || true # what eslint knows of Deno's own names
	rm -f node_modules/.installed-*
	touch $@

.PHONY: check
check: $(INSTALLED) ## format, lint, types of both doors, layering; changes nothing
	$(DENO) fmt --check --quiet src test bench
	$(DENO) lint --quiet
	$(BIN)/tsc --noEmit
	$(DENO) check --quiet $(wildcard src/main_deno*.ts) src/runtime/deno test/runtime/deno \
		$(wildcard test/support/*_on_deno.ts)
	$(BIN)/eslint --max-warnings 0
	$(BUN) test/tidy/main.ts

.PHONY: long
long: $(INSTALLED) ## files and functions longer than the house aims at; fails nothing
	@REPORT=1 $(BUN) test/tidy/main.ts

.PHONY: fmt
fmt: $(INSTALLED) ## formats src, test and bench in place
	$(DENO) fmt --quiet src test bench

.PHONY: test test-bun test-cores test-nodes test-deno
test: test-bun test-deno ## every test: all on Bun, then on Deno what can differ there

test-bun: test-cores test-nodes ## every test that runs on Bun

test-cores: $(INSTALLED) ## laws of single parts and simulations, on all processors
	@mkdir -p $(REPORTS) && rm -f $(REPORTS)/cores.xml
	$(BUN_TEST) --parallel --no-isolate --reporter-outfile=$(REPORTS)/cores.xml $(CORE_TESTS)

test-nodes: build ## real processes, sockets, disks and browsers; the nodes are the executable
	@mkdir -p $(REPORTS) && rm -f $(REPORTS)/nodes.xml
	SKERRY_BINARY=$(CURDIR)/dist/skerry $(BUN_TEST) --reporter-outfile=$(REPORTS)/nodes.xml $(NODES)

test-deno: $(INSTALLED) ## the Deno adapters, property tests, bytes and ciphers, on Deno
	@mkdir -p $(REPORTS) && rm -f $(REPORTS)/deno.xml
	@$(DENO) --version >/dev/null 2>&1 || { \
		echo "Deno is not to be had for this kind of machine: its tests are left out"; exit 0; }; \
	$(DENO_TEST) --parallel --junit-path=$(REPORTS)/deno.xml $(ON_DENO)

.PHONY: blackbox
blackbox: $(INSTALLED) ## asks any gateway the black-box list: URL=https://… [CA=authority.pem]
	@test -n "$(URL)" || { echo "which gateway? make blackbox URL=http://127.0.0.1:8080"; exit 2; }
	BLACKBOX_URL=$(URL) BLACKBOX_CA=$(CA) $(BUN) test test/blackbox/url.test.ts

.PHONY: build
build: $(INSTALLED) ## dist/skerry: one executable for this machine
	$(COMPILE) $(ENTRIES) --outfile=dist/skerry

.PHONY: demo
demo: build ## three nodes here, publish, fetch, compare; goes on until Ctrl-C (ONCE=1: does not)
	@$(BUN) bench/demo.ts $(if $(ONCE),--once)

# Nobody has run those for darwin and windows yet; on macOS it may want `codesign --sign -` first.
DIST := skerry-linux-x64 skerry-linux-arm64 skerry-darwin-arm64 skerry-windows-x64.exe
TARGET = $(subst -, ,$(patsubst skerry-%,%,$(basename $(notdir $@))))

.PHONY: dist
dist: $(DIST:%=dist/%) ## executables for linux x64 and arm64, darwin arm64, windows x64; SHA256SUMS
	cd dist && sha256sum $(DIST) > SHA256SUMS

.PHONY: $(DIST:%=dist/%)
$(DIST:%=dist/%): $(INSTALLED)
	$(COMPILE) --target=bun-$(word 1,$(TARGET))-$(word 2,$(TARGET)) $(ENTRIES) --outfile=$@ \
		--compile-executable-path="$$(node .ci/bootstrap.mjs runtime $(TARGET))"

.PHONY: soak
soak: $(INSTALLED) ## hours: 10^6 damaged requests, mad peers, 50,000 bad paths (SEEDS), 10,000 crashes, gate rows (ROW_SEEDS)
	@mkdir -p $(REPORTS)
	REQUESTS=1000000 SEED=$$RANDOM $(BUN) test test/gateway/wire_fuzz.test.ts
	REQUESTS=1000000 $(BUN) test test/gateway/header_fuzz.test.ts
	SEEDS=$(or $(SEEDS),50000) $(BUN) test test/sim/transport_faults.test.ts
	CRASHES=10000 $(BUN) test test/sim/market_crashes.test.ts
	MAD_DEEDS=20000 MAD_SEEDS="$$RANDOM $$RANDOM" $(BUN) test test/sim/mad_peers.test.ts
	CROSS_MIB=25 $(BUN) test test/sim/quic_interop.test.ts
	PART=gates SEEDS=$(or $(ROW_SEEDS),20) MS=60000 OUT=$(REPORTS)/matrix_60s $(BUN) bench/matrix.bench.ts
	SEEDS=$(or $(ROW_SEEDS),20) MS=300000 ROWS=^two_ $(BUN) bench/matrix.bench.ts

bench-flood bench-main bench-gateway: build
bench-fairness bench-link bench-market bench-newcomer bench-rank bench-transport: $(INSTALLED)

bench-matrix: $(INSTALLED) ## gate rows, then all 4,950 cells of congestion control: an hour of one core

bench-dht bench-turns: $(INSTALLED)

# `make bench-content` runs bench/content.bench.ts, which prints JSON lines.
bench-%: bench/%.bench.ts $(INSTALLED)
	@$(BUN) $<

.PHONY: sim-dht
sim-dht: $(INSTALLED) ## simulates lookups among up to a million nodes, writes docs/dht-claims.md
	@$(BUN) bench/sim_dht.ts

.PHONY: sim-market
sim-market: $(INSTALLED) ## simulates the market and attacks on it (PART=name: one part), writes docs/market-claims.md
	@$(BUN) bench/sim_market.ts

# Rewrites docs/wire.md from the message catalogue.
.PHONY: wire-doc
wire-doc: $(INSTALLED) ## rewrites docs/wire.md from the message catalogue
	UPDATE_GOLDEN=1 $(BUN) test test/unit/wire/wire_doc.test.ts

.PHONY: metrics-doc
metrics-doc: $(INSTALLED) ## rewrites docs/metrics.md from what a node exposes
	UPDATE_GOLDEN=1 $(BUN) test test/golden/metrics.test.ts

.PHONY: browser-code
browser-code: $(INSTALLED) ## builds src/verifier and src/dashboard into the texts that are served
	$(BUN) test/support/rewrite_browser_code.ts

.PHONY: readme
readme: $(INSTALLED) ## rewrites the table of settings in README.md from the schema
	$(BUN) test/support/rewrite_readme.ts
