# Two commands need nothing but Python 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint slow bench bench-compare clean

# Stamps, so that a second call installs nothing; a changed pyproject or constraints file installs again.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP_INSTALL) -e .
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP_INSTALL) -e '.[dev,export,openvino,cluster,parquet,trax]'
	touch $(VENV)/.demo $@

demo: $(VENV)/.demo
	$(BIN)/stdtrack demo

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2

slow: $(VENV)/.test
	$(BIN)/pytest -m slow

# Stores a run under .benchmarks, then looks at the goals; they are no part of a comparison.
bench: $(VENV)/.test
	$(BIN)/python -m tests.speed.suites store
	$(BIN)/pytest -m timed -p no:xdist
	$(BIN)/pytest tests/speed -m goal -p no:xdist --benchmark-only --benchmark-sort=name

bench-compare: $(VENV)/.test
	$(BIN)/python -m tests.speed.suites compare

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .benchmarks
