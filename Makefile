# Every command makes what it needs, once, on a machine that has Python 3.11 or
# later: .venv for the book and its tests, .venv-lab for JupyterLab.
#
#   make book      build the book and publish it as _build/html
#   make test      all that CI runs: lint, tests, a clean build, the site
#   make lab       open the chapters as notebooks in JupyterLab
#   make bench     time attention, GPT-2, tokens, training, the lab, builds;
#                  weigh pages
#   make mutate    inject wrong numbers and count those that get past
#   make mini-model  train the model that the page on its inside looks into
#   make demo-model  train the model that the lab's pages look into
#   make clean     remove what the builds made (and leave the environments)
#
# ARGS is passed on: make mutate ARGS="--n 20 --seed 1"
# PYTHON names the interpreter to begin with: make book PYTHON=python3.12

BOOK := book
ARGS :=
PY := .venv/bin/python
# Tests run on all cores, those of one file mostly on one.
EVERY_CORE := --numprocesses=auto --dist=worksteal
PIP = -m pip install --quiet --disable-pip-version-check

# Paths may hold any letter, whatever the locale of the machine.
export LC_ALL := C.UTF-8

# A stamp carries a checksum of where it stands: a tree that was moved or
# copied installs itself anew instead of importing the code it came from.
HERE := $(shell pwd -P | cksum | cut -d' ' -f1)
INSTALLED := .venv/installed-$(HERE)
TESTABLE := .venv/testable-$(HERE)
LAB := .venv-lab/installed-$(HERE)

# The first interpreter that is new enough, looked for when one is needed.
PYTHON = $(shell for p in python3 python3.14 python3.13 python3.12 \
	python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	2>/dev/null && echo $$p && break; done)

.DELETE_ON_ERROR:
.PHONY: book test bench mutate lab mini-model demo-model clean

# Scripts that are translated from the package, made before a build reads them.
FORMULAS := $(BOOK)/widgets/planner/formulas.js

book: $(INSTALLED)
	@$(PY) -m xfmr.export.formulas $(FORMULAS)
	@$(PY) -m checkbook build $(BOOK) $(ARGS)

test: $(TESTABLE)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pytest $(EVERY_CORE) --ignore=tests/site $(ARGS)
	$(PY) -m checkbook build $(BOOK) --clean
	$(PY) -m checkbook.browser
	$(PY) -m pytest $(EVERY_CORE) tests/site $(ARGS)

bench: $(TESTABLE)
	@$(PY) -m xfmr.bench
	@$(PY) -m xfmr.tokenizer.bench
	@$(PY) -m xfmr.bench_models
	@$(PY) -m xfmr.train.bench
	@$(PY) -m xfmr.export.bench $(BOOK)/widgets/attention \
		"$$($(PY) -m checkbook.browser)"
	@$(PY) -m checkbook bench $(BOOK) $(ARGS)

mutate: $(TESTABLE)
	@$(PY) -m checkbook mutate $(BOOK) $(ARGS)

lab: $(LAB)
	.venv-lab/bin/python -m jupyterlab --notebook-dir=$(BOOK) $(ARGS)

mini-model: $(INSTALLED)
	@$(PY) -m xfmr.mini.artefact

# It can be stopped, and goes on where it was.
demo-model: $(INSTALLED)
	@$(PY) -m xfmr.demo.artefact _build/demo-model

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
	find code tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The environments -----------------------------------------------------------

# $(call environment,FOLDER): a fresh one, or one line saying what is missing
define environment
@test -n "$(PYTHON)" || { echo "Python 3.11 or later is missing; everything \
	here needs it: apt-get install python3, or make PYTHON=/path/to/python" \
	>&2; exit 2; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv \
	module is missing; $(1) needs it: apt-get install python3-venv" >&2; \
	exit 2; }
@echo "Making $(1): a few minutes, once"
@rm -rf $(1)
@$(PYTHON) -m venv $(1)
endef

.venv/made:
	$(call environment,.venv)
	@touch $@

.venv-lab/made:
	$(call environment,.venv-lab)
	@touch $@

$(INSTALLED): requirements.txt pyproject.toml | .venv/made
	@$(PY) $(PIP) -r requirements.txt
	@$(PY) $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TESTABLE): tests/requirements.txt $(INSTALLED)
	@$(PY) $(PIP) -r tests/requirements.txt
	@touch $@

# Notebooks run on the kernel of .venv, which has the book's packages, and find
# a `dot` behind the PATH; a double click opens a page as a notebook.
SETTINGS := .venv-lab/share/jupyter/lab/settings
$(LAB): book/requirements-lab.txt $(INSTALLED) | .venv-lab/made
	@.venv-lab/bin/python $(PIP) -r book/requirements-lab.txt
	@$(PY) -m checkbook.dot --shim .venv-lab/dot
	@$(PY) -m ipykernel install --prefix .venv-lab --display-name 'Python 3' \
		--env PATH '$${PATH}:$(CURDIR)/.venv-lab/dot' >/dev/null
	@mkdir -p $(SETTINGS)
	@echo '{"@jupyterlab/docmanager-extension:plugin":' \
		'{"defaultViewers": {"markdown": "Jupytext Notebook"}},' \
		'"@jupyterlab/apputils-extension:notification":' \
		'{"fetchNews": "false", "checkForUpdates": false}}' \
		>$(SETTINGS)/overrides.json
	@touch $@
