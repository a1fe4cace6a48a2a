# Everything a newcomer needs: `make run` and `make test`. Both set themselves up from nothing, inside this folder.
.PHONY: run test coverage test-stripe lint lock translations screenshots bench fuzz sbom audit clean help
.DELETE_ON_ERROR:
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
UV := .tools/bin/uv
PYTEST := $(BIN)/python -m pytest
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Compiled files make each start faster and each process some 10 MB smaller.
unexport PYTHONDONTWRITEBYTECODE
# A virtual environment somebody has activated is not ours to fill.
unexport VIRTUAL_ENV

run: .venv/.run-ready  ## Start the whole shop: http://127.0.0.1:8000 unless HOST and PORT say otherwise.
	@exec $(BIN)/storefront run

test: lint  ## Lint, types, import contracts, then all tests; what is skipped is named with its reason.
	@$(PYTEST) -rs

coverage: .venv/.test-ready  ## The tests again, counting which lines and branches they reach: takes half as long again.
	@$(PYTEST) -rs --cov --cov-report=term:skip-covered --cov-fail-under=90

test-stripe: .venv/.test-ready  ## The gateway contract against the real provider: needs STRIPE_SECRET_KEY=sk_test_...
	@test -n "$$STRIPE_SECRET_KEY" || { echo "Set STRIPE_SECRET_KEY=sk_test_... first."; exit 1; }
	@$(PYTEST) -rs -m stripe

# One line for each step; its output only when it fails.
step = @printf '  %-18s' '$(1)'; if out=$$($(2) 2>&1); then echo ok; else echo failed; printf '%s\n' "$$out"; exit 1; fi

lint: .venv/.test-ready  ## Style, types, templates, import contracts, dependencies.
	$(call step,ruff check,$(BIN)/ruff check -q .)
	$(call step,ruff format,$(BIN)/ruff format -q --check .)
	$(call step,mypy,$(BIN)/mypy)
	$(call step,import contracts,$(BIN)/lint-imports)
	$(call step,templates,$(BIN)/djlint templates --lint --quiet)
	$(call step,dependencies,$(BIN)/deptry .)

screenshots: .venv/.test-ready  ## Take the pictures of README from a running demo shop (needs Chromium).
	@$(BIN)/python docs/screenshots.py

bench: .venv/.test-ready  ## Pages per second, each as a ratio to a bare Flask page under the same server.
	@$(BIN)/python benchmarks/pages.py
	@$(BIN)/python benchmarks/stock.py
	@$(BIN)/python benchmarks/checkout.py
	@$(BIN)/python benchmarks/reconcile.py

TRANSLATIONS := storefront/translations
translations: .venv/.test-ready  ## Find the texts, put new ones into the catalogues, compile, and name what is missing.
	@mkdir -p var
	@$(BIN)/pybabel -q extract -F pyproject.toml -k _l -k lazy_gettext --add-location=file --no-wrap --sort-by-file -o var/messages.pot .
	@$(BIN)/pybabel -q update -i var/messages.pot -d $(TRANSLATIONS) --no-fuzzy-matching --no-wrap --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel compile -d $(TRANSLATIONS) --statistics
	@$(PYTEST) -n0 tests/core/test_translations.py

LOCK := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: $(UV)  ## Resolve the dependencies again and write the lock files: hashes, no addresses.
	@$(LOCK) pyproject.toml --group dev -o requirements-dev.lock
	@$(LOCK) pyproject.toml -c requirements-dev.lock -o requirements.lock
	@echo "Locked."

FUZZED := $(if $(TEST_POSTGRESQL_URL),postgresql,sqlite)
fuzz: .venv/.test-ready  ## Send 20,000 requests of rubbish to all routes (PostgreSQL when TEST_POSTGRESQL_URL is set); about 8 min.
	@FUZZ_REQUESTS=$${FUZZ_REQUESTS:-20000} $(PYTEST) -n0 tests/security/test_fuzz.py -k $(FUZZED)

sbom: .venv/.test-ready  ## Write dist/bom.json: what the shop is made of (CycloneDX).
	@$(BIN)/python docs/bom.py dist/bom.json

# The scan asks a database on the network, so its tool is fetched when it is asked for and burdens nobody else.
AUDIT := $(UV) tool run -q pip-audit==2.10.1 --disable-pip --require-hashes --progress-spinner off
audit: $(UV)  ## Look the locked packages up among known vulnerabilities; needs a network, and says so without one.
	@for lock in requirements.lock requirements-dev.lock requirements-uv.lock; do \
	  out=$$($(AUDIT) -r $$lock 2>&1) || true; \
	  case "$$out" in \
	    *"Found "*"known vulnerabilit"*) printf '%s\n' "$$out"; exit 1;; \
	    *"could not be audited"*) ;; \
	    *"No known vulnerabilities"*) echo "$$lock: no known vulnerabilities"; continue;; \
	  esac; \
	  printf '%s\n' "$$out" | tail -n 3; \
	  echo "$$lock was not scanned: the database cannot be reached from here, or does not know the packages."; exit 2; \
	done

clean:  ## Remove what `make` made here; the shop's data in var/ stay.
	@rm -rf .venv .tools dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*

help:  ## This list.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The installer: one file with its hash, in a virtual environment of its own.
$(UV): requirements-uv.lock
	@echo "Fetching the installer (uv) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@$(PYTHON) -m venv .tools || { rm -rf .tools; echo "Python's venv module is missing: apt install python3-venv"; exit 1; }
	@.tools/bin/python -m pip install -q --require-hashes -r requirements-uv.lock
	@touch $@

.venv/bin/python: | $(UV)
	@$(UV) venv -q --python $(PYTHON) .venv

# The project itself is installed in place; that compiles its translations.
PROJECT := pyproject.toml hatch_build.py $(wildcard storefront/translations/*/LC_MESSAGES/*.po)
install_project = $(UV) pip install -q --python $(BIN)/python --no-deps --build-constraints requirements-dev.lock -e .

.venv/.run-ready: requirements.lock $(PROJECT) | .venv/bin/python
	@echo "Installing what the shop needs ..."
	@$(UV) pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	@$(install_project)
	@$(BIN)/python -m compileall -q storefront jobs
	@touch $@

.venv/.test-ready: requirements-dev.lock $(PROJECT) | .venv/bin/python
	@echo "Installing what the tests need ..."
	@$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements-dev.lock
	@$(install_project)
	@touch .venv/.run-ready $@
