# make demo          the example park, its account and three explanations; writes out/
# make test          every check: style, types, room contracts, tests
# make test-nightly  the long runs too: large data, benchmarks
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.locked

.PHONY: demo test check test-nightly benchmarks clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' Makefile

$(STAMP): uv.lock pyproject.toml tools/bootstrap.txt
	@echo "[1/2] virtual environment in .venv"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	@echo "[2/2] locked packages (first run downloads them; some minutes on a slow line)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/bootstrap.txt
	@UV_LINK_MODE=copy UV_SYSTEM_CERTS=1 UV_COMPILE_BYTECODE=1 $(BIN)/uv sync --frozen --inexact --all-extras --quiet
	@$(BIN)/python -m compileall -q src
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/python tools/demo.py

check: $(STAMP)
	@$(BIN)/ruff check src tests tools benchmarks examples
	@$(BIN)/ruff format --check src tests tools benchmarks examples
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: check
	@$(BIN)/python -m pytest -n 2 -m "not nightly"

test-nightly: check
	@$(BIN)/python -m pytest -n 2
	@$(MAKE) --no-print-directory benchmarks

benchmarks: $(STAMP)
	@$(BIN)/python -m benchmarks

clean:
	rm -rf .venv out .mypy_cache .ruff_cache .import_linter_cache
