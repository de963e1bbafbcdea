# The front door. `make` alone lists what there is.
# ARGS= is passed through, e.g. make test ARGS="-k stepup -x"

SHELL := /bin/sh
BIN := .venv/bin
READY := .venv/.ready
BROWSER_READY := browser/node_modules/.ready
JOSE := tests/support/jose_node
JOSE_READY := $(JOSE)/node_modules/.ready
CODE := $(wildcard src tests benchmarks scripts/*.py)
ARGS ?=
PYTHON ?=
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup run test fuzz check bench docs browser jose pictures lock format clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## prepare .venv from the locked requirements (PYTHON= picks the interpreter)

$(READY): requirements-dev.lock pyproject.toml scripts/setup
	@scripts/setup
	@touch $@

run: $(READY) ## start the sandbox: a demo programme, virtual phones, time travel
	@$(BIN)/assent sandbox $(ARGS)

test: $(READY) $(JOSE_READY) ## run every test, on memory, SQLite and PostgreSQL
	@scripts/system-packages postgresql chromium kannel nginx bubblewrap systemd
	@scripts/test $(ARGS)

fuzz: $(READY) ## try every operation of the OpenAPI document for long (EXAMPLES=500 of each, SEED=1)
	@ASSENT_FUZZ_EXAMPLES=$(or $(EXAMPLES),500) ASSENT_FUZZ_SEED=$(or $(SEED),1) \
		$(BIN)/python -m pytest -q tests/openapi/test_schemathesis.py $(ARGS)

check: $(READY) $(BROWSER_READY) ## formatting, lint, types, the layers of ARCHITECTURE.md, the browser's code
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports --no-cache --no-logo
	@cd browser && npm run --silent check

bench: $(READY) ## run the side-by-side measurements
	@scripts/system-packages postgresql chromium
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(READY) ## write the page of compatibility, and check what the docs name and promise
	@$(BIN)/python scripts/compatibility.py
	@$(BIN)/python -m pytest -q tests/architecture/test_where_is.py tests/docs

browser: $(BROWSER_READY) ## build the SDK, the frames, the approval page, the device app and the playground into src/assent
	@cd browser && npm run --silent build

$(BROWSER_READY): browser/package.json browser/package-lock.json
	@scripts/system-packages node
	@cd browser && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

# the client that tests of encrypted calls speak with
$(JOSE_READY): $(JOSE)/package.json $(JOSE)/package-lock.json
	@scripts/system-packages node
	@cd $(JOSE) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

jose: $(JOSE_READY)

pictures: $(READY) ## take the README's pictures anew
	@scripts/system-packages chromium
	@ASSENT_PICTURES=docs/pictures $(BIN)/python -m pytest -q tests/browser/test_pictures.py

format: $(READY) ## rewrite the code in the house format, with the safe fixes
	@$(BIN)/ruff check --fix-only $(CODE)
	@$(BIN)/ruff format $(CODE)

# --universal: one file for Linux and macOS, Python 3.11 and up. No address of any registry gets in.
COMPILE = .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links $(ARGS)
LOCK = $(COMPILE) pyproject.toml

lock: $(READY) ## resolve the requirements anew (ARGS=--upgrade takes the newest versions)
	@$(BIN)/python -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra telemetry --constraint requirements.lock --output-file requirements-telemetry.lock
	$(LOCK) --group dev --constraint requirements-telemetry.lock --output-file requirements-dev.lock
	$(COMPILE) --group build --constraint requirements-dev.lock --output-file requirements-build.lock
	@rm -rf .venv-lock

clean: ## remove .venv and everything that tools left behind
	rm -rf .venv .venv-lock browser/node_modules $(JOSE)/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
