# The one entry for people and CI. `make` alone prints what there is.
#
# Each language adds its steps to these targets as `<target>-<language>` (test-rust, dist-rust, …) and its tool to NEEDS.

# Where `make dist` puts things, how long the long runs take.
PREFIX  = dist
SECONDS = 600
MINUTES = 10

CARGO  = cargo
TARGET = $(or $(CARGO_TARGET_DIR),target)
NEEDS  = rust gcc make
NODE_NEEDS = $(NEEDS) node
NEEDS_demo  = $(NODE_NEEDS) python go
NEEDS_test  = $(NEEDS) g++ go
NEEDS_dist  = $(NODE_NEEDS) python go

.DEFAULT_GOAL := help
.PHONY: help check-prereqs demo test test-rust test-node test-node-packages test-clients test-python test-go scenarios-node soak fuzz fmt lint lint-node lint-python guests \
	dist check-dist dist-rust dist-c dist-node dist-python dist-go bench bench-rust bench-c bench-node bench-python bench-go \
	build-node develop-python prepare-go soak-python soak-node soak-go scenarios-python scenarios-go

help: ## this list
	@echo 'make <target> — one of:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check-prereqs: ## say what is missing on this machine, and how to install it
	@tests/prereqs.sh $(NEEDS)
	@echo 'Everything needed is here.'

# A build that says something only if it fails.
quietly = out=$$($(1) 2>&1) || { printf '%s\n' "$$out"; exit 1; }

demo: ## run the same program in Rust, C, Python, Node.js and Go
	@tests/prereqs.sh $(NEEDS_demo)
	@echo 'Building for Rust and C (all builds take some minutes the first time) …'
	@$(call quietly,$(CARGO) build -q --release -p wasmspan-examples -p wasmspan-c)
	@gcc -O2 -Ibindings-c/include examples/c/demo.c -o '$(TARGET)'/release/demo-c \
		'$(TARGET)'/release/libwasmedge.a -lpthread -lm -ldl
	@echo 'Building for Python …'
	@$(call quietly,$(MAKE) -s develop-python PYTHON_BUILD=--release)
	@echo 'Building for Node.js …'
	@$(call quietly,$(MAKE) -s build-node NODE_BUILD=--release)
	@echo 'Building for Go …'
	@$(call quietly,$(MAKE) -s prepare-go GO_PROFILE=release)
	@cd examples/go && $(call quietly,go build -o '$(abspath $(TARGET))'/release/demo-go ./demo)
	@examples/demo.sh '$(TARGET)'/release '$(PYTHON)'

test: test-rust test-node test-python test-go ## all tests of all languages; what CI runs
	$(CARGO) run -q -p wasmspan-tests --bin scenario-report

test-rust:
	@tests/prereqs.sh $(NEEDS_test)
	WASMSPAN_FAULTS=abort $(CARGO) test

test-clients: ## unit tests of WasmEdge's own Rust crates against the C libraries (needs the network and libclang)
	@tests/prereqs.sh $(NEEDS)
	$(CARGO) build -p wasmspan-c -p wasmspan-c-0-10
	tests/clients/run.sh '$(TARGET)/debug' '$(TARGET)/clients'

# Not `npm ci`: it wants packages for other platforms in the lock file, which npm doesn't always write there.
bindings-node/node_modules: bindings-node/package-lock.json
	cd bindings-node && npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

# Bundlers, test runners and other JavaScript runtimes, for tests. Nothing of them runs when they are installed.
bindings-node/test/tools/node_modules: bindings-node/test/tools/package-lock.json
	cd bindings-node/test/tools && npm install --no-save --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

build-node: bindings-node/node_modules
	cd bindings-node && node scripts/build.mjs $(NODE_BUILD)

test-node: build-node bindings-node/test/tools/node_modules
	@tests/prereqs.sh $(NODE_NEEDS)
	cd bindings-node && npm run --silent types && npm test --silent

bindings-node/test/packages/node_modules: bindings-node/test/packages/package-lock.json
	cd bindings-node/test/packages && npm install --no-save --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

test-node-packages: build-node bindings-node/test/packages/node_modules ## npm packages with WebAssembly in them, on our namespace and on Node.js's own
	cd bindings-node && node test/packages/run.mjs

scenarios-node: build-node
	cd bindings-node && node --test test/scenarios.test.mjs

lint-node: bindings-node/node_modules
	@tests/prereqs.sh $(NODE_NEEDS)
	cd bindings-node && npm run --silent lint

bench-node: NODE_BUILD = --release --peer
bench-node: build-node
	$(CARGO) build --release -p wasmspan-bench
	cd bindings-node && WASMSPAN_RUST_BENCH='$(abspath $(TARGET))/release/wasmspan-bench' node bench/main.mjs

# Tools for Python in an environment of their own; the package in it is the one in the source tree.
VENV   = $(abspath $(TARGET))/python-venv
PYTHON = $(VENV)/bin/python

$(VENV)/ready: bindings-python/requirements-dev.txt
	@tests/prereqs.sh rust gcc make python
	python3 -m venv '$(VENV)'
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r $<
	@touch '$@'

develop-python: $(VENV)/ready
	cd bindings-python && VIRTUAL_ENV='$(VENV)' CARGO_TARGET_DIR='$(abspath $(TARGET))' '$(VENV)/bin/maturin' develop --quiet $(PYTHON_BUILD)

test-python: develop-python
	cd bindings-python && $(PYTHON) -m pytest --quiet

lint-python: develop-python ## ruff, mypy and stubtest for the Python package
	cd bindings-python && '$(VENV)/bin/ruff' check . ../examples/python ../tests/generated && \
		'$(VENV)/bin/ruff' format --check . ../examples/python ../tests/generated
	cd bindings-python && $(PYTHON) -m mypy && $(PYTHON) -m mypy.stubtest wasmspan._native --allowlist stubtest-allow.txt --ignore-unused-allowlist

# The Go packages have the C library in their folders; cargo's dev build is enough for tests.
GO_PROFILE = dev

prepare-go:
	@tests/prereqs.sh $(NEEDS) go
	$(CARGO) build --profile $(GO_PROFILE) -p wasmspan-c
	bindings-go/prepare.sh '$(TARGET)/$(if $(filter dev,$(GO_PROFILE)),debug,$(GO_PROFILE))/libwasmedge.a'

test-go: prepare-go
	bindings-go/check.sh

scenarios: ## one behaviour in five languages: replay all scenarios everywhere, and report
	$(CARGO) test -q -p wasmspan-tests --test scenarios --test c_api scenarios
	@for language in python node go; do \
		if $(MAKE) -n scenarios-$$language >/dev/null 2>&1; then $(MAKE) --no-print-directory scenarios-$$language || exit 1; fi; done
	$(CARGO) run -q -p wasmspan-tests --bin scenario-report

scenarios-go: prepare-go
	cd bindings-go && go test -run TestScenarios -count 1 .

soak: ## the long counts: make soak MINUTES=10
	@tests/prereqs.sh $(NEEDS)
	$(CARGO) run --release -p wasmspan-tests --bin soak -- --minutes $(MINUTES)
	WASMSPAN_CANCELS=100000 $(CARGO) test --release -p wasmspan-tests --test tasks random -- --nocapture
	WASMSPAN_LARGE=4 $(CARGO) test --release -p wasmspan-tests --test large -- --nocapture
	WASMSPAN_KILLS=10000 $(CARGO) test --release -p wasmspan --test cache
	WASMSPAN_RACES=100000 $(CARGO) test --release -p wasmspan-tests --test wasi_attacks race
	WASMSPAN_FLIPS=10000 $(CARGO) test --release -p wasmspan-tests --test compiled
	WASMSPAN_STRESS_SECONDS=60 $(CARGO) test --release -p wasmspan-tests --test stress -- --nocapture
	WASMSPAN_SEQUENCES=1000000 $(CARGO) test -p wasmspan-tests --test c_api random_sequences
	WASMSPAN_STRESS_MS=$$(( $(MINUTES) * 60000 )) $(CARGO) test -p wasmspan-tests --test c_api threads_that_delete
	WASMSPAN_VALGRIND=1 $(CARGO) test -p wasmspan-tests --test c_api valgrind -- --nocapture
	$(MAKE) --no-print-directory soak-python
	$(MAKE) --no-print-directory soak-node
	$(MAKE) --no-print-directory soak-go

soak-node: build-node
	cd bindings-node && WASMSPAN_STRESS=$$(( $(MINUTES) * 60 )) WASMSPAN_CYCLES=2000 WASMSPAN_LOOP=2000 \
		node --expose-gc --test --test-reporter=tap test/stress.test.mjs test/cycles.test.mjs

soak-go: prepare-go
	cd bindings-go && WASMSPAN_OPERATIONS=10000 go test -race -count 1 -timeout 1h -run TestManyGoroutines .
	cd bindings-go && WASMSPAN_STRESS=2m go test -race -count 1 -timeout 1h -run 'TestEverythingAtOnce' .
	cd bindings-go && WASMSPAN_FORGOTTEN=100000 go test -count 1 -timeout 1h -run TestForgottenInstancesStayFlat .
	cd bindings-go/compat && WASMSPAN_STRESS=2m go test -race -count 1 -timeout 1h -run TestEverythingAtOnce ./wasmedge
	cd bindings-go/compat && WASMSPAN_OPERATIONS=10000 go test -race -count 1 -timeout 1h -run TestManyGoroutines ./wasmedge
	cd bindings-go/compat && WASMSPAN_CLOSURES=1000000 go test -count 1 -timeout 1h -run TestClosuresAreFreed ./wasmedge

fuzz: ## differential and hostile-input fuzzing: make fuzz SECONDS=600
	@tests/prereqs.sh $(NEEDS)
	$(CARGO) run --release -p wasmspan-tests --bin fuzz -- --seconds $(SECONDS)

bench: bench-rust bench-c bench-node bench-python bench-go ## compare with peers, as ratios in one run

bench-rust:
	@tests/prereqs.sh $(NEEDS)
	$(CARGO) run --release -p wasmspan-bench

bench-c:
	@tests/prereqs.sh $(NEEDS) python
	$(CARGO) build --release -p wasmspan-c
	tests/bench/c/run.sh '$(TARGET)'/release '$(TARGET)'/bench-c

bench-go:
	$(MAKE) --no-print-directory prepare-go GO_PROFILE=release
	cd bindings-go/bench && go test -bench . -count 9

dist: dist-rust dist-c dist-node dist-python dist-go check-dist ## commands, libraries and packages: make dist PREFIX=dist
	@echo 'Installed in $(PREFIX)'

# After the others, also where make runs several at a time.
check-dist: dist-rust dist-c dist-node dist-python dist-go
	@$(PYTHON) tests/dist.py '$(PREFIX)'

dist-rust:
	@tests/prereqs.sh $(NEEDS_dist)
	$(CARGO) build --profile dist -p wasmspan --bins
	install -d '$(PREFIX)/bin' '$(PREFIX)/crates'
	install -m 755 $(addprefix '$(TARGET)'/dist/,wasmedge wasmedgec wasmspan) '$(PREFIX)/bin'
	$(CARGO) package -q -p wasmspan --no-verify --allow-dirty
	install -m 644 '$(TARGET)'/package/wasmspan-*.crate '$(PREFIX)/crates'

dist-c:
	@tests/prereqs.sh $(NEEDS_dist)
	$(CARGO) build --profile dist -p wasmspan-c -p wasmspan-c-0-10
	bindings-c/pkg/install.sh '$(TARGET)'/dist '$(PREFIX)'

dist-node: NODE_BUILD = --dist
dist-node: build-node
	cd bindings-node && node scripts/pack.mjs '$(abspath $(PREFIX))/npm'
	cd bindings-node && WASMSPAN_TARBALLS='$(abspath $(PREFIX))/npm' node --test test/readme.test.mjs

# The wheel is not built from the source distribution: the files in that are old, so that cargo would take what it has
# compiled of earlier ones for fresh.
dist-python: $(VENV)/ready
	install -d '$(PREFIX)/wheels'
	@$(call quietly,'$(VENV)/bin/maturin' sdist --manifest-path bindings-python/Cargo.toml --out '$(PREFIX)/wheels')
	CARGO_TARGET_DIR='$(abspath $(TARGET))' '$(VENV)/bin/maturin' build --quiet --profile dist \
		--manifest-path bindings-python/Cargo.toml --out '$(PREFIX)/wheels'

scenarios-python: develop-python
	cd bindings-python && $(PYTHON) -m pytest --quiet tests/test_scenarios.py

soak-python: develop-python
	cd bindings-python && WASMSPAN_CALLS=1000000 WASMSPAN_CYCLES=100000 WASMSPAN_STRESS_SECONDS=120 \
		WASMSPAN_STEPS=3000000000 $(PYTHON) -m pytest --quiet -k 'stays_flat or share_everything or every_register or memory_fills'

bench-python: $(VENV)/ready ## the Python package compared with wasmtime-py and pywasm3
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r bindings-python/requirements-bench.txt
	$(MAKE) --no-print-directory develop-python PYTHON_BUILD=--release
	$(PYTHON) bindings-python/bench/bench.py

dist-go:
	$(MAKE) --no-print-directory prepare-go GO_PROFILE=dist
	bindings-go/proxy.sh '$(PREFIX)/go'

fmt: ## format the source
	@tests/prereqs.sh $(NEEDS)
	$(CARGO) fmt --all

lint: ## formatting, clippy and dependency rules
	@tests/prereqs.sh $(NEEDS)
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	@if $(CARGO) deny --version >/dev/null 2>&1; then $(CARGO) deny check; \
	else echo 'dependency rules not checked: cargo-deny is not installed (cargo install cargo-deny)'; fi

guests: ## rebuild the guest programs of tests and benchmarks (needs clang-19, see tests/wasm/README.md)
	tests/wasm/build.sh
