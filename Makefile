# Four commands, one meaning each: check (no tests), test, test-slow, test-library. `make` alone lists everything.
# Everything runs in .venv, which `make setup` makes from a bare clone; the second time it is there and costs nothing.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# The environment is current when this file exists: its name changes with pyproject.toml and with the folder.
READY := $(VENV)/ready-$(shell (pwd; cat pyproject.toml) | cksum | cut -d' ' -f1)
# `make test JOBS=1` runs in one process.
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup demo check fmt test test-slow test-library bench docs docs-check clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

$(READY):
	@sh scripts/setup.sh $(VENV)
	@rm -f $(VENV)/ready-* && touch $@

setup: $(READY) ## make .venv with everything that the other commands need (Python 3.11 or newer)
	@echo "ready: $(BIN)/gatewright"

demo: $(READY) ## scan the vulnerable lab on this machine and print what is proved
	@$(BIN)/gatewright demo

check: $(READY) ## format, lint, types, layers, lengths, mirror, docs; no tests. FILE=src/… for one file
	@$(PY) scripts/check.py $(FILE)

fmt: $(READY) ## format, and mend what the linter can mend
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

test: check ## check, then the fast tests in parallel, with the coverage of the pure packages
	@$(PY) scripts/pytest_run.py --jobs $(JOBS) $(if $(SEED),--seed $(SEED))

test-slow: $(READY) ## tests marked slow: pairs, full scans, hostile input at length, the wheel in an empty environment
	@$(PY) scripts/pytest_run.py --slow --jobs $(JOBS) $(if $(SEED),--seed $(SEED))

test-library: $(READY) ## the whole detection matrix, resumable; SHARD=2/6, DIALECT=cookie for a part, SCANS=2 at a time; writes docs/detection.md
	@$(PY) -m scripts.library $(if $(SHARD),--shard $(SHARD)) $(if $(DIALECT),--dialect $(DIALECT)) $(if $(SCANS),--jobs $(SCANS))

bench: $(READY) ## the wire against aiohttp, httpx and wrk on one server; then plan, store, start and a scan of the lab
	@$(PY) -m benchmarks
	@$(PY) -m benchmarks.whole

docs: $(READY) ## write the generated parts of docs/ anew
	@$(PY) -m scripts.docs

docs-check: $(READY) ## fail when a generated part is stale, a heading is missing, a block or link is broken
	@$(PY) -m scripts.docs --check --run

clean: ## remove .venv and every cache
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
