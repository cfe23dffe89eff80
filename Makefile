# make demo          the example park, its account, three explanations, and the platform on http://127.0.0.1:8000
# make test          every check: style, types, room contracts, tests
# make shots         pictures of every page of the demo in both languages, and what an eye would find (out/shots)
# make words         the catalogue of words from code, templates and the tables of translations
# make test-nightly  the long runs too: large data, benchmarks
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.locked
WORDS := src/lingtan/web/locale/zh_Hans/LC_MESSAGES/django

.PHONY: demo test check shots words test-nightly benchmarks clean
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

$(WORDS).mo: $(WORDS).po $(STAMP)
	@$(BIN)/python tools/messages.py --compile

demo: $(WORDS).mo
	@$(BIN)/python tools/demo.py

words: $(STAMP)
	@$(BIN)/python tools/messages.py

shots: $(WORDS).mo
	@$(BIN)/python tools/shots.py $(URL) $(SHOTS)

check: $(WORDS).mo
	@$(BIN)/ruff check src tests tools benchmarks examples
	@$(BIN)/ruff format --check src tests tools benchmarks examples
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: check
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not nightly"

test-nightly: check
	@$(BIN)/python -m pytest -n 2 --dist loadfile
	@$(MAKE) --no-print-directory benchmarks

benchmarks: $(STAMP)
	@$(BIN)/python -m benchmarks

clean:
	rm -rf .venv out .mypy_cache .ruff_cache .import_linter_cache
