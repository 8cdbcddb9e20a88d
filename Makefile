# Two commands: `make demo` and `make test`. Each sets up what it needs first; nothing outside .venv is installed.

PYTHON ?= python3
UV = 0.13.9
BIN = .venv/bin
READY = .venv/.ok
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
NEEDED = Python 3.11 or newer with venv is needed. On Debian: apt-get install python3-venv. Another one: make PYTHON=...

# What Python compiled is kept, whatever a container's settings say: each of the many processes would do it again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check faults bench words lock

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

demo: $(READY) ## run the whole house on this machine, Ctrl-C ends it (FRESH=1 begins anew)
	@exec $(BIN)/python -m app demo $(if $(FRESH),--fresh)

test: check ## the static checks, then the whole suite
	$(BIN)/pytest

check: $(READY) ## the static checks alone
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m app words --check

faults: $(READY) ## let a house die in every way, long; a table of runs
	$(BIN)/python -m tests.faults

bench: $(READY) ## measure, print a table, write bench/results.json (PARTS=documents: only these)
	$(BIN)/python -m bench $(PARTS)

words: $(READY) ## bring the six catalogues up to date with code and templates
	$(BIN)/python -m app words

lock: $(READY) ## make the pins in requirements/ again from pyproject.toml
	$(COMPILE) pyproject.toml --output-file requirements/run.txt
	$(COMPILE) pyproject.toml --extra otel --output-file requirements/otel.txt
	$(COMPILE) pyproject.toml --extra dev --output-file requirements/dev.txt
	echo 'uv==$(UV)' | $(COMPILE) - --output-file requirements/uv.txt

# The project itself is not built: a line in the environment says where it lies, so every byte installed is pinned.
$(READY): requirements/dev.txt requirements/uv.txt
	@$(PYTHON) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' || { echo '$(NEEDED)'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	pwd > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/portal.pth"
	@touch $@
