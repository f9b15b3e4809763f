# ShareWise by commands; `make` lists them. What they install lies in .venv*, node_modules and web/dist, nowhere else.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
# Many processes of a run start with the same modules: each would compile them anew.
unexport PYTHONDONTWRITEBYTECODE
# Processes of the tests, one more than cores: journeys wait for a third of their time.
JOBS ?= 3
WITH_NODE = PATH="$$(deploy/setup/node.sh):$$PATH"

.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run
.PHONY: run dev demo auth
run: .venv/.installed web/dist/index.html ## Install what is missing and run the whole platform on http://localhost:8000
	@exec $(PY) -m deploy.local

dev: .venv/.installed web/node_modules/.installed ## The same with reload, and Vite on http://localhost:3000
	@export $(WITH_NODE); exec $(PY) -m deploy.local --reload

auth: .venv/.installed ## An operator's command: make auth DO="create-super-admin you@example.com"; unlock, list-staff, rotate-keys
	@$(PY) -m deploy.local.operate auth $(DO)

demo: .venv/.installed ## Perform the journey against the running platform, from register to the alert's mail
	@$(PY) -m deploy.demo

##@ Set up
.PHONY: setup setup-dev web web-setup
setup: .venv/.installed ## Install the product's Python packages into .venv
setup-dev: .venv/.installed-dev ## Install also what tests and checks need
web-setup: web/node_modules/.installed ## Install the SPA's packages
web: web/dist/index.html ## Build the SPA

.venv/.installed: requirements.lock deploy/setup/venv.sh
	@echo "installing Python packages into .venv"
	@deploy/setup/venv.sh requirements.lock
	@touch $@

.venv/.installed-dev: requirements-dev.lock deploy/setup/venv.sh
	@echo "installing Python packages for tests and checks into .venv"
	@deploy/setup/venv.sh requirements-dev.lock
	@touch .venv/.installed $@

# Node comes from the system, or from a wheel in .venv.
web/node_modules/.installed: web/package-lock.json | .venv/.installed
	@echo "installing the SPA's packages"
	@export $(WITH_NODE); cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)
web/dist/index.html: $(WEB_SOURCES) web/node_modules/.installed
	@echo "building the SPA"
	@export $(WITH_NODE); cd web && npm run --silent build
	@touch $@

##@ Test
.PHONY: test test-web test-py test-data
test: test-web test-py ## Install, build and run every test; pytest comes last

test-web: web/dist/index.html ## The SPA's tests, and what its pages weigh
	@export $(WITH_NODE); cd web && npm run --silent test && npm run --silent check:budget

test-py: .venv/.installed-dev web/dist/index.html ## The Python tests, with the journey in a browser
	@$(PY) -m pytest -n $(JOBS)

test-data: .venv/.installed-dev web/dist/index.html ## The wide runs on the folder that SHAREWISE_DATA names
	@test -n "$${SHAREWISE_DATA:-}" || { echo "Set SHAREWISE_DATA to the folder with the market data." >&2; exit 2; }
	@$(PY) -m pytest -n $(JOBS) -m data

.PHONY: looks fuzz chaos mutants bench
looks: .venv/.installed-dev web/dist/index.html ## The browser's tests in both sizes and both colour schemes, all four
	@SHAREWISE_LOOKS=all $(PY) -m pytest -n $(JOBS) -m browser

fuzz: .venv/.installed-dev ## Fuzz every operation of the API with 200 examples
	@SHAREWISE_FUZZ_SEED=$${SHAREWISE_FUZZ_SEED:-$$RANDOM} SHAREWISE_FUZZ_EXAMPLES=$${SHAREWISE_FUZZ_EXAMPLES:-200} $(PY) -m pytest -rP tests/security/test_fuzz.py

chaos: .venv/.installed-dev ## The long kill tests: hundreds of deaths, also of cold processes
	@SHAREWISE_KILLS=$${SHAREWISE_KILLS:-200} SHAREWISE_COLD_KILLS=$${SHAREWISE_COLD_KILLS:-20} SHAREWISE_ALERTS=$${SHAREWISE_ALERTS:-10000} SHAREWISE_ENGINE_KILLS=$${SHAREWISE_ENGINE_KILLS:-12} $(PY) -m pytest -rP -m chaos

mutants: .venv/.installed-dev ## Take each guard away and see that its tests notice
	@$(PY) -m tests.security.mutants

bench: .venv/.installed-dev ## Measure against named peers in the same run
	@$(PY) -m bench

##@ Check
.PHONY: check lint types contracts licences drift format
check: lint types contracts licences drift ## All of the checks below

lint: .venv/.installed-dev .venv-checks/.installed deploy/checks/node_modules/.installed ## Style of the Python, the image and compose
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet .
	@.venv-checks/bin/hadolint deploy/Dockerfile
	@export $(WITH_NODE); node deploy/checks/node_modules/dclint/bin/dclint.cjs --config deploy/checks/dclint.yaml --max-warnings 0 docker-compose.yml

# Tools with licences that we keep out of our own environment.
.venv-checks/.installed: deploy/checks/requirements.lock deploy/setup/venv.sh
	@deploy/setup/venv.sh deploy/checks/requirements.lock .venv-checks
	@touch $@

deploy/checks/node_modules/.installed: deploy/checks/package-lock.json | .venv/.installed
	@export $(WITH_NODE); cd deploy/checks && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

types: .venv/.installed-dev web/node_modules/.installed ## Strict types of Python and TypeScript
	@$(PY) -m mypy
	@export $(WITH_NODE); cd web && npm run --silent typecheck

contracts: .venv/.installed-dev ## Who may import whom
	@.venv/bin/lint-imports

licences: .venv/.installed-dev ## Licences of every package of the product and of the tests
	@$(PY) -m deploy.licences

drift: .venv/.installed-dev web/node_modules/.installed ## The SPA's client is made of what the services say
	@diff <($(PY) -m deploy.openapi) web/openapi.json || { echo "run: make openapi" >&2; exit 1; }
	@export $(WITH_NODE); cd web && npm run --silent codegen:check

.PHONY: openapi
openapi: .venv/.installed-dev web/node_modules/.installed ## Make web/openapi.json and the SPA's client anew
	@$(PY) -m deploy.openapi > web/openapi.json
	@export $(WITH_NODE); cd web && npm run --silent codegen

format: .venv/.installed-dev ## Put the Python into form
	@$(PY) -m ruff check --fix --quiet .
	@$(PY) -m ruff format .

##@ Keep
.PHONY: lock clean
lock: .venv/.installed ## Renew the pinned and hashed locks from requirements*.in
	@$(PY) -m pip install --quiet --disable-pip-version-check "uv>=0.8"
	@for name in requirements requirements-dev deploy/setup/node deploy/checks/requirements; do \
	    .venv/bin/uv pip compile --quiet --upgrade --generate-hashes --python-version 3.11 $$name.in -o $$name.lock; done

clean: ## Remove what was built; .venv, node_modules and the data folder stay
	@rm -rf web/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis test-artifacts
	@find . -name __pycache__ -not -path './.venv/*' -not -path './web/node_modules/*' -prune -exec rm -rf {} +
