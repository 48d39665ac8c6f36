# Every verb of the project. `make demo` and `make test` work on a fresh machine: they make .venv, install, and run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
BASE := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
TESTS := openapi/tests mock_server/tests contract_tests/tests fixtures/tests
FLOOR = $(BIN)/coverage report --skip-covered

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install demo format lint types floors test coverage spec fixtures bench compare mutants exports-check prism build check soak clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
install: $(DEV) ## everything a contributor needs, into .venv
demo: $(BASE) ## a whole content job on a mock of its own, then the judge on another
	@$(BIN)/tutorflow-mock demo
	@$(BIN)/tutorflow-conformance run --target mock --no-fuzz
format: $(DEV) ## rewrite the sources in the house's format
	@$(BIN)/ruff check --quiet --select I --fix . && $(BIN)/ruff format .
lint: $(DEV) ## format and lint rules, nothing rewritten
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .
types: $(DEV) ## mypy and pyright, both strict
	@$(BIN)/mypy && $(BIN)/mypy $(wildcard $(TESTS)) && $(BIN)/pyright
floors: $(DEV) ## who may import whom
	@$(BIN)/lint-imports --no-cache --no-logo
test: $(DEV) ## all tests but the slow proofs
	@$(BIN)/pytest
coverage: $(DEV) ## the tests again, with coverage of branches and its floor for each package
	@rm -f .coverage .coverage.* && $(BIN)/pytest --cov --cov-report=
	@$(FLOOR) --fail-under=100 --include='*/tutorflow_openapi/*,*/tutorflow_mock/domain/*'
	@$(FLOOR) --fail-under=95 --include='*/tutorflow_mock/*' --omit='*/tutorflow_mock/domain/*'
	@$(FLOOR) --fail-under=95 --include='*/tutorflow_conformance/*'
	@$(FLOOR) --fail-under=95 --include='*/tutorflow_fixtures/*'
spec: $(DEV) ## the contract's own rules, and where each of its sentences comes from
	@$(PY) -m tutorflow_openapi lint
fixtures: $(DEV) ## the committed fixtures are what the contract makes today
	@$(BIN)/tutorflow-fixtures check
bench: $(DEV) ## speed and memory, in figures
	@$(PY) mock_server/tests/bench/run.py
compare: $(DEV) ## a default Schemathesis run beside the judge's, on the same mock and mutants
	@$(PY) -m contract_tests.tests.compare
mutants: $(DEV) ## deliberate defects against the judge: the kill matrix, and all behaviour values (some minutes)
	@$(PY) -m contract_tests.tests.mutants.matrix --behaviours
exports-check: $(DEV) ## every export proved in the real tool (needs Node.js, npm and Java)
	@$(PY) -m fixtures.tests.exports.check && $(PY) fixtures/tests/vectors/snippets.py
prism: $(DEV) ## a second tool reads the contract: Prism mocks from it (needs npx)
	@$(PY) openapi/tests/house/prism_check.py
build: $(DEV) ## sdist and wheel, then the smoke tests against the installed wheel
	@rm -rf dist && $(PY) -m build --outdir dist . > /dev/null && $(PY) openapi/tests/house/wheel_check.py dist
check: lint types floors spec fixtures build coverage ## all of the above that must be green before a change is merged
soak: $(DEV) ## the slow proofs
	@$(BIN)/pytest -m soak
clean: ## remove what was built, measured or cached; .venv stays
	@rm -rf dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12 …" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 2; }
$(BASE): pyproject.toml | $(PY)
	@echo "installing into $(VENV) …" >&2 && $(PIP) install -e '.[conformance]' && touch $@
$(DEV): pyproject.toml | $(PY)
	@echo "installing into $(VENV), with the tools for development …" >&2 && $(PIP) install -e '.[dev]' && touch $(BASE) $@
