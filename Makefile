# Two commands need nothing but Python 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint slow pythons docs figures bench bench-compare gpu clean

# Stamps, so that a second call installs nothing; a changed pyproject or constraints file installs again.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP_INSTALL) -e .
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP_INSTALL) -e '.[dev,docs,export,openvino,cluster,parquet,rerun,tensorboard,trax,video,wandb]'
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

# Scoring needs no torch: its tests on other Pythons (python3.12 and python3.13 on the path), with the tested set of
# packages (scoring-3.12) and with the newest ones (newest-3.12).
# With pyenv: PYENV_VERSION=3.12.1:3.13.0 make pythons
TESTS := import tomllib; extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; \
	print(*(need for need in extras["dev"] if need.startswith(("hyp", "jsonschema", "pytest"))), sep="\n")
define SCORING
	python$* -m venv .venv-$@
	.venv-$@/bin/python -c '$(TESTS)' > .venv-$@/tests.txt
	.venv-$@/bin/python -m pip install --quiet --disable-pip-version-check $(1) -r scoring.txt -r .venv-$@/tests.txt
	.venv-$@/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	.venv-$@/bin/pytest -n 2 tests/evalkit tests/reports
endef

pythons: scoring-3.12 scoring-3.13 newest-3.12 newest-3.13

scoring-%:
	$(call SCORING,-c constraints.txt)

newest-%:
	$(call SCORING,--upgrade)

# The site of docs/, without the network: open build/site/index.html.
docs: $(VENV)/.test
	$(BIN)/sphinx-build -q -W --keep-going -d build/doctrees docs build/site

# The figures and pictures that README and docs quote, of the trackers that may have changed: needs ../shared, some minutes.
# All eleven trackers: the commands in docs/results.md and docs/demo.md.
TRACKERS ?= stdtrack:nano
figures: $(VENV)/.test
	$(BIN)/python tests/speed/accuracy_on_real_targets.py $(TRACKERS) --out docs/figures/real_targets.json
	$(BIN)/python tests/speed/demo_ranks.py $(TRACKERS) --out docs/figures/demo_ranks.json
	$(BIN)/stdtrack demo --out build/demo
	$(BIN)/stdtrack score build/demo/runs --on demo --data build/demo/data --format json -o docs/figures/demo.json
	$(BIN)/python docs/renew_figures.py build/demo
	$(BIN)/pytest -q -n 0 tests/regression/test_project.py --tracking-update

# Stores a run under .benchmarks, then looks at the goals; they are no part of a comparison.
bench: $(VENV)/.test
	$(BIN)/python -m tests.speed.suites store
	$(BIN)/pytest -m timed -p no:xdist
	$(BIN)/pytest tests/speed -m goal -p no:xdist --benchmark-only --benchmark-sort=name

bench-compare: $(VENV)/.test
	$(BIN)/python -m tests.speed.suites compare

# On a machine with CUDA whose Python has a torch of its own, which is taken as it is (make gpu PYTHON=python3): the tests
# that need a GPU, then the speed of our networks and of the peers. On any other, GPU="--device cpu" tries the script.
gpu:
	$(PYTHON) -m venv --system-site-packages $(VENV)-gpu
	$(VENV)-gpu/bin/python -c '$(TESTS)' > $(VENV)-gpu/tests.txt
	$(VENV)-gpu/bin/python -m pip install --quiet --disable-pip-version-check -e . -r $(VENV)-gpu/tests.txt
	$(VENV)-gpu/bin/python -m tests.speed.gpu $(GPU)

clean:
	rm -rf $(VENV) $(VENV)-* build dist .mypy_cache .pytest_cache .ruff_cache .benchmarks
