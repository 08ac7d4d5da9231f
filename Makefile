# `make demo` and `make test` need Python 3.10 or later, git and make; they install everything else.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

# Programs start hundreds of times here, so the files that Python compiles are kept.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
PROCESSES = $$($(BIN)/python -c 'import os; print(min(os.cpu_count() + 1, 6))')
SIDE_BY_SIDE = --numprocesses=$(PROCESSES) --dist=loadscope --no-loadscope-reorder
PURE := errors.py,times.py,retention.py,api/pacing.py,config/*,files/attachments.py,files/call_recordings.py,files/effort.py,files/hosts.py,files/names.py,files/shortfall.py,files/unfinished.py,plan/*,records/*,schemas/*,state/counted.py,state/form.py,state/tally.py,watch/standing.py

.PHONY: help
help:
	@echo "make demo    the whole pipeline, without an account: sandbox, PostgreSQL, Meltano, tap, target"
	@echo "make demo-duckdb  the same with a file of DuckDB"
	@echo "make demo-sql  open the demo's database in psql"
	@echo "make picture   renew docs/report.png, the README's picture, from the demo's report"
	@echo "make test    lint, types and the short tests: 'make lint', 'make types', 'make pytest' (8 minutes on two cores)"
	@echo "make prove   the long tests: random histories, kills, a month of runs, whole pipelines, warehouses"
	@echo "make histories, make fuzz    many more random histories and random inputs"
	@echo "make benchmark  speed compared with the optimum and with other tools (20 minutes)"
	@echo "make simulation  how long backfills take, with the tap's own planner (2 minutes)"
	@echo "make marts-benchmark  how long dbt takes to build the marts, in full and each hour"
	@echo "make report-benchmark  size of a huge account's report, and its speed in a browser"
	@echo "make pages   write what is generated from the code: docs/settings.md, docs/streams.md, hub/, sql/"
	@echo "make format  format the code as 'make lint' requires"
	@echo "make clean   remove the files of the demo and the tests; 'make distclean' also removes .venv"

.PHONY: demo
demo: .venv/made
	@$(BIN)/python -m demo

.PHONY: demo-duckdb
demo-duckdb: .venv/made
	@$(BIN)/python -m demo duckdb

# `make demo-sql` opens psql; what comes on the standard input is run: echo 'SELECT 1' | make demo-sql
.PHONY: demo-sql
demo-sql: .venv/made
	@$(BIN)/python -m demo sql

# The README's picture, of the report that `make demo` has written.
.PHONY: picture
picture: .venv/made
	@$(BIN)/python -m demo.picture

.PHONY: test
test: lint types pytest

.PHONY: lint
lint: .venv/made
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/zizmor --quiet --offline .github
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml

.PHONY: types
types: .venv/made
	$(BIN)/mypy

# The short tests, with the coverage that they must reach.
# There is one process more than there are cores, because many tests wait for a schedule, a server or
# a disk. pytest's closing line is repeated after the coverage, so that it ends the output.
.PHONY: pytest
pytest: .venv/made
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m "not prove" $(SIDE_BY_SIDE) | tee .venv/pytest.log
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=95
	$(BIN)/coverage report --fail-under=100 --include="$$(sed 's#[^,]*#tap_ringcentral_calllog/&#g' <<< '$(PURE)')"
	@tail -n 1 .venv/pytest.log

# The long tests; marked with `prove`. No coverage is measured.
.PHONY: prove
prove: .venv/made
	$(BIN)/pytest -m prove $(SIDE_BY_SIDE)

# Tests of `make prove`, with at least 10,000 steps or inputs.
.PHONY: histories
histories: .venv/made
	$(BIN)/pytest tests/sync/test_histories.py --hypothesis-profile=long

.PHONY: fuzz
fuzz: .venv/made
	$(BIN)/pytest tests/sync/test_fuzz.py --hypothesis-profile=long

# The tools that it compares with are installed into .benchmark, from requirements/benchmark-*.txt.
.PHONY: benchmark
benchmark: .venv/made
	@$(BIN)/python -m benchmarks

.PHONY: simulation
simulation: .venv/made
	@$(BIN)/python -m benchmarks.simulation

# Full and hourly builds of the marts, at a million calls (a quarter of an hour).
.PHONY: marts-benchmark
marts-benchmark: .venv/dbt/made
	@$(BIN)/python -m benchmarks.marts

# The report of 1,000 people and 200 queues for a year, in a browser (some minutes).
.PHONY: report-benchmark
report-benchmark: .venv/made
	@$(BIN)/python -m benchmarks.report

# Writes docs/settings.md and docs/streams.md, the Hub's definition, and the marts as plain SQL, from the code.
.PHONY: pages
pages: .venv/made .venv/dbt/made
	@$(BIN)/python -m docs
	@$(BIN)/python -m hub
	@$(BIN)/python -m sql

.PHONY: format
format: .venv/made
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: clean
clean:
	rm -rf .demo .meltano .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* build dist

.PHONY: distclean
distclean: clean
	rm -rf .benchmark .venv

# dbt in an environment of its own, for commands that do not run under Meltano.
.venv/dbt/made: requirements/dbt.txt .venv/made
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/dbt
	$(BIN)/uv pip install --quiet --python .venv/dbt/bin/python --requirement requirements/dbt.txt
	@touch $@

.venv/made: requirements/dev.txt pyproject.toml report/pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements/dev.txt)"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --requirement requirements/dev.txt --editable . --editable report
	@touch $@
