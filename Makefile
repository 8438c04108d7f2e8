# make run      install and start the app on http://localhost:8501
# make install  .venv with FaxCloud in it
# make test     run all tests, browser tests included if Chromium is found; no test is run twice
# make test-quick  run the tests that a change breaks first, in less than a minute
# make flaky    run all tests N=10 times and print the failure rate of each; TESTS="PATH..." runs only those
# make campaign run the long forms: kills, bit flips, generated API requests
# make check    check lint, format, types, docs  make fix   apply automatic corrections
# make bench    run the benchmarks               make messages   refresh the translation catalogue
# make lock     compile the pinned requirements from pyproject.toml

# The first of these that FaxCloud runs on; `make PYTHON=…` names another.
FITS    = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
            $$name -c '$(FITS)' 2>/dev/null && echo $$name && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
CODE   := $(wildcard faxcloud pages streamlit_app.py tests benchmarks docs)

.PHONY: run install test test-quick flaky check fix campaign bench messages lock clean
.DEFAULT_GOAL := run

run: install
	$(BIN)/faxcloud sample --load-if-empty
	$(BIN)/streamlit run streamlit_app.py

install: $(VENV)/installed

# worksteal: a group of xdist (loadgroup) never ends if a worker dies.
PYTEST = $(BIN)/python -m pytest
BESIDE = -n 2 --dist worksteal
# The browser tests are a run of their own: they lose time beside tests that start many processes.
test: $(VENV)/installed-dev
	@for name in chromium chromium-browser google-chrome chrome; do command -v $$name >/dev/null && exit 0; done; \
	  echo "Chromium was not found: the browser tests are skipped."
	$(PYTEST) $(BESIDE) --ignore=tests/browser
	$(PYTEST) $(BESIDE) tests/browser

QUICK = $(wildcard tests/test_*.py) tests/domain tests/store/queries tests/store/reading tests/services/analytics \
  tests/contract/test_floors.py tests/contract/test_contributing.py tests/contract/test_export_formats.py
test-quick: $(VENV)/installed-dev
	$(PYTEST) -q $(BESIDE) $(QUICK) --ignore=tests/store/reading/test_memory.py

N     ?= 10
TESTS ?= tests
flaky: $(VENV)/installed-dev
	$(BIN)/python -m tests.flaky $(N) $(BESIDE) $(TESTS)

check: $(VENV)/installed-dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/python docs/build.py --check

fix: $(VENV)/installed-dev
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)
	$(BIN)/python docs/build.py

campaign: $(VENV)/installed-dev
	CAMPAIGN=1 SCHEMATHESIS_EXAMPLES=25 $(PYTEST) -v tests/crash tests/contract/test_openapi.py

bench: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks

PO := faxcloud/locale/fr/LC_MESSAGES/faxcloud.po
messages: $(VENV)/installed
	$(BIN)/pybabel --quiet extract --keyword N_ --keyword t --keyword translate --no-wrap --sort-by-file \
	  --no-location --project FaxCloud -o faxcloud/locale/faxcloud.pot $(wildcard faxcloud pages streamlit_app.py)
	$(BIN)/pybabel --quiet update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -l fr \
	  -i faxcloud/locale/faxcloud.pot -o $(PO)

COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group build
lock: $(VENV)/installed-dev
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) --extra test --extra dev --extra bench -c requirements.txt pyproject.toml -o .ci/requirements-dev.txt

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The stamps make an install that changes nothing cost nothing.
$(VENV)/installed: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-dev: .ci/requirements-dev.txt $(VENV)/installed
	$(PIP) install --require-hashes -r .ci/requirements-dev.txt
	@touch $@

# A half-made environment (Debian without python3-venv) would pass for a whole one the next time.
$(VENV)/bin/python:
	@$(or $(PYTHON),false) -c '$(FITS)' 2>/dev/null || { \
	  echo "FaxCloud needs Python 3.11, 3.12 or 3.13; found: $(or $(PYTHON),$$(python3 --version 2>&1))." >&2; \
	  echo "Install one of them, or name it: make PYTHON=/path/to/python3.13" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
