# `make demo` shows the platform, `make test` checks all of it; both work from a bare checkout with Python 3.11.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo up test lint types unit flows bench lock compose-secrets compose-check clean help

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed ('$(PYTHON)' was not found; set PYTHON=...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q uv
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --no-deps -e .
	@echo "compiling the environment, so that every process starts at once"
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib src streams agents tables connectors http >/dev/null 2>&1 || true
	@touch $(READY)

demo: $(READY)  ## start everything, drive both flows through public HTTP, show the chain, stop
	$(BIN)/reptidex demo

up: $(READY)  ## start everything and stay up; Ctrl-C stops all of it
	$(BIN)/reptidex up

test: $(READY)  ## the whole check
	$(BIN)/python tests/check.py

lint: $(READY)  ## style and import rules
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/lint-imports

types: $(READY)  ## mypy --strict
	$(BIN)/mypy

unit: $(READY)  ## the quick tests only
	$(BIN)/pytest -n auto tests/unit tests/contract

flows: $(READY)  ## the flows end to end
	$(BIN)/pytest tests/end_to_end

bench: $(READY)  ## figures against bare baselines, in one run
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --group bench
	$(BIN)/python -m benchmarks.run

lock:  ## write requirements.lock anew (hashes, no hosts)
	$(BIN)/uv lock && $(BIN)/uv export -q --no-emit-project --group dev --no-group bench -o requirements.lock

compose-secrets: $(READY)  ## make the secret files that docker-compose.yml reads
	$(BIN)/python -m reptidex.platform.compose_secrets

compose-check:  ## lint docker-compose.yml
	docker compose config --quiet

clean:  ## remove the environment and local state
	rm -rf $(VENV) .reptidex .cache
