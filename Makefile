# Two commands: `make up` sets everything up and runs it, `make test` sets everything up and passes the tests.
# Plain enough for GNU make 3.81, which macOS ships.

VENV := .venv
PY := $(VENV)/bin/python
BASE_STAMP := $(VENV)/.installed-base
DEV_STAMP := $(VENV)/.installed-dev
# How many run the tests, each with servers of its own.
WORKERS := 2
# A variable of .env is given to `make up`, unless the shell already has one of that name.
WITH_ENV := ./deploy/with-env

.NOTPARALLEL:
.PHONY: help up test check lint fmt types imports documents pytest bench faults storm mutation doctor lock reset clean install install-dev

help:
	@echo "make up      set up and run Windlass; Ctrl-C stops it"
	@echo "make test    set up, check and test"
	@echo "make doctor  say what is well and what is not"
	@echo "make bench   measure it against its limits, 10 minutes (ARGS=--quick: 2)"
	@echo "make storm   one venue misbehaves for hours (ARGS='--venue bybit --orders 10000')"
	@echo "make faults  hurt it: 100,000 simulated seeds, 15 minutes, then 15 minutes of faults (ARGS='--seeds 1000 --minutes 120'),"
	@echo "             both continued next time"
	@echo "make mutation  change the rules one by one and see whether a test notices, 8 minutes"
	@echo "make check   everything but the tests"
	@echo "make fmt     format the code        make lint types imports documents pytest   one check alone (ARGS=... for pytest)"
	@echo "make lock    pin the requirements   make reset   delete all data     make clean   delete what was installed"

up: install
	@exec $(WITH_ENV) $(PY) -m project.services

doctor: install
	@exec $(WITH_ENV) $(PY) manage.py doctor

test: check pytest

check: lint types imports documents

lint: install-dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: install-dev
	@$(PY) -m mypy project signals risk trading dashboard benchmarks celery_app.py

documents: install-dev
	@$(PY) -m docs.generate --check

imports: install-dev
	@$(VENV)/bin/lint-imports

pytest: install-dev
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)
	@./deploy/coverage-floor $(PY)

bench: install
	@$(PY) -m benchmarks $(ARGS)

mutation: install-dev
	@$(PY) -m tests.mutation $(ARGS)

faults: install-dev
	@$(PY) -m tests.faults $(ARGS)

storm: install-dev
	@$(PY) -m tests.faults.storm $(ARGS)

fmt: install-dev
	@$(PY) -m ruff check --fix-only --quiet . ; $(PY) -m ruff format .

install: $(VENV)/bin/python
	@./deploy/install $(PY) $(BASE_STAMP) requirements/base.txt

install-dev: $(VENV)/bin/python
	@./deploy/install $(PY) $(DEV_STAMP) requirements/base.txt requirements/dev.txt

$(VENV)/bin/python:
	@./deploy/make-venv $(VENV)

lock: $(VENV)/bin/python
	@$(PY) -m uv --version >/dev/null 2>&1 || $(PY) -m pip install --quiet uv
	@for name in base dev gpio; do \
	    $(PY) -m uv pip compile requirements/$$name.in --output-file requirements/$$name.txt --python-version 3.11.2 --universal \
	        --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet || exit 1; \
	done

reset: $(VENV)/bin/python
	@exec $(WITH_ENV) $(PY) -m project.services.reset

clean:
	rm -rf $(VENV) .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
