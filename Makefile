# Kizuna. Needs python3 (3.11 or later, with python3-venv), git and make; everything else is set up here.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
V := .venv
BIN := $(V)/bin
OUT ?= demo-out
DEMO ?=
MODE ?= check

.PHONY: help digests web-all web web-check web-test demo report test check lint types imports test-nojit docs docs-check examples bench soak data data-check lock setup clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# ---- set-up -------------------------------------------------------------------------------------------------------
$(V)/bin/python:
	@$(PYTHON) tools/setup_check.py
	@$(PYTHON) -m venv $(V)

$(V)/.run: requirements/run.txt pyproject.toml | $(V)/bin/python
	@echo "Setting up Kizuna in $(V) (some 200 MB from the package index, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@KIZUNA_WEB=skip $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(V)/.dev: requirements/dev.txt $(V)/.run
	@echo "Adding the tools for tests and checks ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(V)/.bench: requirements/bench.txt $(V)/.dev
	@echo "Adding the peers that the benchmarks compare with ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

$(V)/.demo: $(V)/.run
	@$(BIN)/kizuna warm
	@echo "Simulating the exercise for the demonstration (once) ..."
	@$(BIN)/kizuna demo --prepare
	@touch $@

setup: $(V)/.demo web ## set up what running needs, kernels and the demonstration too

web: $(V)/.run ## build the operator's picture (fetches Node where this machine has none)
	@$(BIN)/python tools/web.py

web-check: web/node_modules/playwright-core ## check the picture: types and unit tests (needs Node and npm)
	@npm run --prefix web check --silent

web-test: web/node_modules/playwright-core ## walk a watch in a real browser, by mouse and by keyboard (needs chromium)
	@if [ -z "$$KIZUNA_CHROMIUM$$(command -v chromium chromium-browser google-chrome | head -1)" ]; then \
	  echo "web-test skipped: no chromium on this machine; KIZUNA_CHROMIUM may name one"; [ -z "$$CI" ]; \
	else npm run --prefix web build --silent && npm run --prefix web e2e --silent; fi

web-all:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web-check web-test; \
	elif [ -n "$$CI" ]; then echo "continuous integration has to have npm" >&2; exit 1; \
	else echo "the checks of the picture are skipped: no npm on this machine (sudo apt install npm)"; fi

web/node_modules/playwright-core: web/package-lock.json
	@npm ci --prefix web --ignore-scripts --silent && touch $@

# ---- what people run ----------------------------------------------------------------------------------------------
demo: $(V)/.demo web ## two coast guards and an onlooker on one simulated sea (EXERCISE), a distress at their border; names the pages
	@$(BIN)/kizuna demo --out $(OUT) $(DEMO)

report: $(V)/.run ## simulate a day of traffic (EXERCISE), detect, score, and name the report to open
	@$(BIN)/kizuna demo --report --hours 24 --vessels 500 --out $(OUT)-report

# continuous integration, on a machine that others load, tries what failed once more, one by one, and says so
AGAIN = $(if $(CI),|| { echo "--- a second try for the tests that failed:" && $(1) $(BIN)/python -m pytest --last-failed --last-failed-no-failures none -v; })

test: $(V)/.dev ## run the tests
	@$(BIN)/python -m pytest -n 2 $(AGAIN)

# ---- what continuous integration runs -----------------------------------------------------------------------------
check: lint types imports docs-check test-nojit examples digests web-all ## everything but the tests themselves: style, types, layers, docs, no-JIT tests

lint: $(V)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(V)/.dev
	@$(BIN)/mypy

imports: $(V)/.dev
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

# what calls no kernel need not run a second time
NO_KERNEL := tests/house tests/web tests/records tests/sim tests/links tests/share/ledger tests/stores/shared tests/stores/postgres \
  tests/formats/cise tests/formats/taxii tests/tracks/names \
  $(patsubst %,tests/share/test_%.py,attacks bundle carriage communities introduce keys lexicon page recall sync verify wire_page) \
  $(patsubst %,tests/formats/test_%.py,geojson maps_and_tables report_chart report_html report_panels report_text report_traffic run_summary) \
  $(patsubst %,tests/base/test_%.py,grow ids_rows screen table text) tests/stores/test_parquet.py tests/stores/test_query.py

test-nojit: $(V)/.dev ## the tests with kernels run as plain Python
	@KIZUNA_JIT=0 $(BIN)/python -m pytest -n 2 -m "not big and not slow" $(addprefix --ignore=,$(NO_KERNEL)) $(call AGAIN,KIZUNA_JIT=0)

docs: $(V)/.dev ## write the generated reference pages
	@$(BIN)/python tools/reference.py

docs-check: $(V)/.dev
	@$(BIN)/python tools/reference.py --check

examples: $(V)/.run
	@for f in examples/*.py; do echo "== $$f"; $(BIN)/python $$f || exit 1; done

digests: $(V)/.run ## compare results under two processor targets and without the compiler
	@$(BIN)/python tools/digests.py

# ---- long runs ----------------------------------------------------------------------------------------------------
bench: $(V)/.bench ## time Kizuna beside its peers; results go to benchmarks/results
	@for f in $(sort $(filter-out benchmarks/harness.py,$(wildcard benchmarks/*.py))); do echo "== $$f"; $(BIN)/python $$f || exit 1; done
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web/node_modules/playwright-core && node benchmarks/web/run.mjs; \
	else echo "the benchmarks of the picture are skipped: no npm on this machine (sudo apt install npm)"; fi
	@$(BIN)/python tools/reference.py

soak: $(V)/.dev ## long runs with committed results: mutated lines, kills of store, node and sync, release rules, ledgers, leaks
	@$(BIN)/python tests/soak/fuzz_decoders.py --lines 10000000
	@$(BIN)/python tests/soak/kill_store.py --rounds 200
	@$(BIN)/python tests/soak/kill_node.py --rounds 200
	@$(BIN)/python tests/soak/cedar_release.py
	@$(BIN)/python tests/soak/label_lattice.py
	@$(BIN)/python tests/soak/ledger_soak.py
	@$(BIN)/python tests/soak/edited_rows.py
	@$(BIN)/python tests/soak/leak_oracle.py
	@$(BIN)/python tests/soak/kill_sync.py --kills 1000
	@$(BIN)/python tests/soak/kill_onward.py --kills 260
	@$(BIN)/python tests/soak/kill_linked.py --kills 200
	@$(BIN)/python tests/soak/flash_sync.py
	@$(BIN)/python tests/soak/apart.py --runs 6
	@$(BIN)/python tests/soak/bad_line.py
	@$(BIN)/python tests/soak/two_desks.py --networks 10000 --cases 6000

# ---- data and locks (need npm and uv) -----------------------------------------------------------------------------
data: $(V)/.dev tools/coast/node_modules ## compute the packaged coast from pinned npm packages
	@PYTHONPATH=src $(BIN)/python -m tools.coast.build
	@PYTHONPATH=src $(BIN)/python -m tools.ports.build

data-check: $(V)/.dev tools/coast/node_modules ## compute it again and compare with what is committed
	@PYTHONPATH=src $(BIN)/python -m tools.coast.build --check
	@PYTHONPATH=src $(BIN)/python -m tools.ports.build --check

tools/coast/node_modules: tools/coast/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing. Install it with: sudo apt install npm"; exit 1; }
	@npm ci --prefix tools/coast --ignore-scripts --silent

lock: ## write the lock files anew (needs uv)
	@for g in node run dev bench; do $(BIN)/python tools/lock.py $$g || exit 1; done

clean: ## remove the environment and everything made here
	@rm -rf $(V) $(OUT) $(OUT)-report build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
