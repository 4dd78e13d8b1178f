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
# Later also: node python, by the targets that need them.
NEEDS_demo  = $(NEEDS)
NEEDS_test  = $(NEEDS) g++ go
NEEDS_dist  = $(NEEDS)

.DEFAULT_GOAL := help
.PHONY: help check-prereqs demo test test-rust prepare-go test-go soak dist dist-rust dist-c dist-go bench bench-rust bench-c bench-go fuzz fmt lint guests

help: ## this list
	@echo 'make <target> — one of:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

check-prereqs: ## say what is missing on this machine, and how to install it
	@tests/prereqs.sh $(NEEDS)
	@echo 'Everything needed is here.'

demo: ## run the same module from every language and from the command line, in one table
	@tests/prereqs.sh $(NEEDS_demo)
	@echo 'Building (a few minutes the first time) …'
	@$(CARGO) build -q --release -p wasmspan --bins
	@$(CARGO) run -q --release -p wasmspan-examples --bin demo

test: test-rust test-go ## all tests of all languages; what CI runs

test-rust:
	@tests/prereqs.sh $(NEEDS_test)
	$(CARGO) test

# The Go packages have the C library in their folders; cargo's dev build is enough for tests.
GO_PROFILE = dev

prepare-go:
	@tests/prereqs.sh $(NEEDS) go
	$(CARGO) build --profile $(GO_PROFILE) -p wasmspan-c
	bindings-go/prepare.sh '$(TARGET)/$(if $(filter dev,$(GO_PROFILE)),debug,$(GO_PROFILE))/libwasmedge.a'

test-go: prepare-go
	bindings-go/check.sh

soak: ## the long counts: make soak MINUTES=10
	@tests/prereqs.sh $(NEEDS)
	$(CARGO) run --release -p wasmspan-tests --bin soak -- --minutes $(MINUTES)
	WASMSPAN_KILLS=10000 $(CARGO) test --release -p wasmspan --test cache
	WASMSPAN_FLIPS=10000 $(CARGO) test --release -p wasmspan-tests --test compiled

fuzz: ## differential and hostile-input fuzzing: make fuzz SECONDS=600
	@tests/prereqs.sh $(NEEDS)
	$(CARGO) run --release -p wasmspan-tests --bin fuzz -- --seconds $(SECONDS)

bench: bench-rust bench-c bench-go ## compare with peers, as ratios in one run

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

dist: dist-rust dist-c dist-go ## commands, libraries and packages: make dist PREFIX=dist
	@echo 'Installed in $(PREFIX)'

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
