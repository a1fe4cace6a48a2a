# Everything a newcomer needs: `make run` and `make test`. Both set themselves up from nothing.
.PHONY: run test lint lock
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
UV := .tools/bin/uv
UV_VERSION := 0.13.9
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

run: .venv/.run-ready  ## Start the whole shop: http://127.0.0.1:8000 unless HOST and PORT say otherwise.
	@exec $(BIN)/storefront run

test: .venv/.test-ready  ## Lint, types, contracts, migrations, tests, coverage.
	$(BIN)/python -m pytest

lock: $(UV)  ## Resolve the dependencies again and write both lock files.
	$(UV) pip compile -q pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock
	$(UV) pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements-dev.lock -o requirements.lock

$(UV):
	@$(PYTHON) -m venv .tools && .tools/bin/python -m pip install -q uv==$(UV_VERSION)

.venv/bin/python: | $(UV)
	@$(UV) venv -q --python $(PYTHON) .venv

.venv/.run-ready: requirements.lock pyproject.toml | .venv/bin/python
	@$(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@

.venv/.test-ready: requirements-dev.lock pyproject.toml | .venv/bin/python
	@$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements-dev.lock
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@ .venv/.run-ready
