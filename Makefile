# make run      install and start the app on http://localhost:8501
# make install  .venv with FaxCloud in it
# make test     the whole suite, browser tests included where Chromium is found
# make check    lint, format, types, docs        make fix   what a machine can mend
# make campaign 200 killed processes and 60 flipped bits: nothing lost, doubled or undetected
# make bench    the benchmarks                   make messages   refresh the translation catalogue
# make lock     compile requirements anew from pyproject.toml

# The first of these that FaxCloud runs on; `make PYTHON=…` names another.
FITS    = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
            $$name -c '$(FITS)' 2>/dev/null && echo $$name && break; done)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
CODE   := $(wildcard faxcloud pages streamlit_app.py tests benchmarks docs)

.PHONY: run install test check fix campaign bench messages lock clean
.DEFAULT_GOAL := run

run: install
	$(BIN)/faxcloud sample --load-if-empty
	$(BIN)/streamlit run streamlit_app.py

install: $(VENV)/installed

# Stolen, not grouped: where a worker dies, xdist's groups wait for it for ever (and run tests of one name once).
# What fails beside others on two cores is tried once more, alone, and both are printed: an answer that came too late
# is in time then, a fault of ours fails again.
PYTEST = $(BIN)/python -m pytest
BESIDE = -n 2 --dist worksteal
ALONE  = --last-failed --last-failed-no-failures none
test: $(VENV)/installed-dev
	@for name in chromium chromium-browser google-chrome chrome; do command -v $$name >/dev/null && exit 0; done; \
	  echo "Chromium was not found: the browser tests are skipped."
	$(PYTEST) $(BESIDE) -m "not browser" || $(PYTEST) $(ALONE) -m "not browser"
	# Apart: a hand on a chart and fifty killed imports do not share two cores.
	$(PYTEST) $(BESIDE) -m browser || $(PYTEST) $(ALONE) -m browser

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
	CAMPAIGN=1 $(PYTEST) -v tests/crash/test_kills.py tests/crash/test_bit_flips.py

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
