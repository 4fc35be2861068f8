# Everything sets itself up: cargo (by rustup), Python 3.11+, make and a C compiler are all it needs.
# What is built, fetched or compiled is kept here, and shared by all checkouts:
export TIDEGATE_CACHE ?= $(HOME)/.cache/tidegate
export CARGO_TARGET_DIR ?= $(TIDEGATE_CACHE)/target

VENV := $(TIDEGATE_CACHE)/venv
GUESTS := $(TIDEGATE_CACHE)/guests
WASM := wasm32-wasip2
RUST_GUESTS := threshold-alert evil measured
PYTHON := python3
# Of its own, so that an optimised build never waits for the others, nor they for it.
BENCH_TARGET ?= $(TIDEGATE_CACHE)/bench

.PHONY: demo build test check bench docs guests venv fmt lint typos test-python

## Live data from this machine through sandboxed plugins. FOR=30s stops by itself.
demo: build
	TIDEGATE_SERVER=$(CARGO_TARGET_DIR)/debug/tidegate TIDEGATE_PLUGINS=$(CURDIR)/plugins \
	TIDEGATE_GUESTS=$(GUESTS) TIDEGATE_ARTEFACTS=$(TIDEGATE_CACHE)/artefacts \
	$(CARGO_TARGET_DIR)/debug/examples/demo $(if $(FOR),--for $(FOR))

## The server, with the runners that it looks for beside itself.
build: guests
	cargo build --workspace --bins --examples $(HOST_ONLY)
	ln -sfn $(GUESTS)/runners $(CARGO_TARGET_DIR)/debug/runners
	$(MAKE) $(GUESTS)/unit_conversion.tidegate
	@echo "the server is $(CARGO_TARGET_DIR)/debug/tidegate"

## All tests.
test: build test-python
	cargo test --workspace $(HOST_ONLY)

## What CI runs: format, lints, docs, tests.
check: fmt lint docs typos test

## What a sandboxed run costs beside the same code without one.
bench: guests
	CARGO_TARGET_DIR=$(BENCH_TARGET) PYTHON=$(PYTHON) cargo bench -p benches

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p tidegate -p tidegate-bundle -p tidegate-database -p tidegate-sdk

fmt:
	cargo fmt --all --check

lint: guests
	cargo clippy --workspace --all-targets -- -D warnings

typos: venv
	$(VENV)/bin/typos

## The runner and the plugins in Python, natively.
test-python: export PYTHONDONTWRITEBYTECODE = 1
test-python: venv
	cd guest-sdk/python && $(PYTHON) -m unittest -q
	for tests in plugins/*/tests; do \
	    PYTHONPATH=guest-sdk/python $(VENV)/bin/python -m unittest discover -q -s $$tests || exit 1; \
	done

# Benches are for their own profile; everything else is always built together,
# so that every command finds the others' dependencies built.
HOST_ONLY := --exclude benches

## The plugins that tests and demo run, as WebAssembly.
guests: venv
	@rustup target list --installed | grep -qx $(WASM) || rustup target add $(WASM)
	cargo build $(addprefix -p ,$(RUST_GUESTS)) --target $(WASM) --profile guest --target-dir $(GUESTS)/target
	cp $(addprefix $(GUESTS)/target/$(WASM)/guest/,$(addsuffix .wasm,$(subst -,_,$(RUST_GUESTS)))) $(GUESTS)
	$(VENV)/bin/python guest-sdk/python/build.py $(GUESTS)/runners/python.wasm
	$(VENV)/bin/python guest-sdk/python/build.py $(GUESTS)/rate_of_change.wasm on-schedule-plugin plugins/rate-of-change app

# A plugin with packages in one file, of exactly those that its lock names.
UNIT_CONVERSION := plugins/unit-conversion
$(GUESTS)/unit_conversion.tidegate: $(addprefix $(UNIT_CONVERSION)/,unit_conversion.py manifest.toml requirements.lock)
	$(CARGO_TARGET_DIR)/debug/tidegate package $(UNIT_CONVERSION) -o $@ --python $(VENV)/bin/python --artefact-dir $(TIDEGATE_CACHE)/artefacts --locked

REQUIREMENTS := requirements-lint.txt guest-sdk/python/requirements.txt plugins/unit-conversion/requirements.txt

venv: $(VENV)/.made-from-$(shell cat $(REQUIREMENTS) | cksum | cut -d' ' -f1)

$(VENV)/.made-from-%:
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check $(addprefix -r ,$(REQUIREMENTS))
	touch $@
