# openspm: every task of the project is a target here; continuous integration runs the same ones.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
BIN := .venv/bin
STAMP := .venv/.ready
COMPANY ?= examples/demo

# Nothing reports home, and nothing downloads an interpreter.
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export UV_PYTHON_DOWNLOADS := never
export PYTHONHASHSEED ?= 0
# Without compiled bytecode every test process, and every process that a test starts, compiles the project again.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo dev run test test-faults test-exact lint format bench bench-payouts docs lock clean

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv from the locked, hashed requirements, and compile the models

$(STAMP): requirements.lock requirements-bootstrap.lock pyproject.toml
	@command -v $(PYTHON) > /dev/null || { echo "openspm needs Python 3.11: install python3.11, or name it: make setup PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v[:2] == (3, 11) else f"$(PYTHON) is Python {v[0]}.{v[1]}: openspm needs 3.11; run: make setup PYTHON=/path/to/python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo "$(PYTHON) cannot make a virtual environment: install its venv package (Debian: apt-get install python3.11-venv)"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-bootstrap.lock
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --config-settings editable_mode=compat --editable .
	$(BIN)/openspm compile
	@touch $(STAMP)

demo: $(STAMP) ## run the main job on the simulated company and show what came out
	@$(BIN)/openspm demo

run: $(STAMP) ## run the main job: make run COMPANY=path/to/company
	@$(BIN)/openspm run --company $(COMPANY)

dev: $(STAMP) ## open the asset graph in a browser (127.0.0.1 only): make dev COMPANY=path/to/company
	@$(BIN)/openspm dev --company $(COMPANY)

# What a test that passed wrote is deleted at once: it may lie in memory (tests/temporary_files.py).
PYTEST := $(BIN)/python -m pytest -n 2 --override-ini tmp_path_retention_policy=failed

test: $(STAMP) ## all tests but the long ones, with the seconds that each group took (budget: 12 minutes)
	@bash tests/set_up_programs.sh
	$(PYTEST) -q --budget 12 -m "not faults and not exact"

test-faults: $(STAMP) ## long fault schedules and whole nights (budget: 30 minutes)
	$(PYTEST) -q --dist worksteal --budget 30 -m faults --timeout 3600

test-exact: $(STAMP) ## long comparisons with the reference calculator (budget: 45 minutes): make test-exact SEED=n WORLDS=1000 DEALS=100000
	$(if $(SEED),OPENSPM_FIRST_SEED=$(SEED)) $(if $(WORLDS),OPENSPM_WORLDS=$(WORLDS)) $(if $(DEALS),OPENSPM_DEALS=$(DEALS)) $(PYTEST) -v --dist worksteal --budget 45 -m exact --timeout 3600

lint: $(STAMP) ## ruff, mypy, sqlfluff
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 0 --disable-progress-bar models dbt_project/tests

format: $(STAMP) ## rewrite Python and SQL as lint wants them
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfluff fix --disable-progress-bar models dbt_project/tests

bench: $(STAMP) ## speed and memory against plain SQL and peers: make bench ROWS=100000
	$(BIN)/python -m benchmarks.run $(if $(ROWS),--rows $(ROWS))

bench-payouts: $(STAMP) ## payouts alone against SQL, pandas, polars and Tryton: make bench-payouts LINES=1000000
	$(BIN)/python -m benchmarks.payouts.run $(if $(LINES),--lines $(LINES))

docs: $(STAMP) ## rewrite the generated pages of docs/
	$(BIN)/python -m docs.generate
	$(BIN)/python -m tests.expectations.gates_page

lock: $(STAMP) ## resolve pyproject.toml anew into requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --python-version 3.11 --upgrade --quiet --output-file requirements.lock

clean: ## remove the environment and every company's state
	rm -rf .venv var
