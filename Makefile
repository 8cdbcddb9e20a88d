# The two main commands are `make demo` and `make test`. Each installs what it needs first, into .venv only.

PYTHON ?= python3
UV = 0.13.9
BIN = .venv/bin
READY = .venv/.ok
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
NEEDED = Python 3.11 or newer with venv is needed. On Debian: apt-get install python3-venv. Another one: make PYTHON=...

# Keep compiled Python code even if the environment says otherwise: many processes start, and each would compile again.
unexport PYTHONDONTWRITEBYTECODE

# What follows it runs beside `make check`, whose output comes whole when it has ended. The exit code is that of both.
define BESIDE
beside() { \
  checks=$$(mktemp); \
  { $(MAKE) --no-print-directory check >$$checks 2>&1; code=$$?; cat $$checks; rm $$checks; exit $$code; } & \
  "$$@"; code=$$?; \
  wait $$! && exit $$code; \
  echo 'make check failed; what it said stands above.'; exit 1; \
}; beside
endef

.PHONY: help demo stop pictures test quick test-thorough test-all check deployed faults mechanisms bench sbom audit words lock

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' Makefile

demo: $(READY) ## run the whole system on this machine, Ctrl-C ends it (FRESH=1 starts from nothing, PORT=9300 uses ports from there)
	@exec $(BIN)/python -m app demo $(if $(FRESH),--fresh) $(if $(PORT),--port $(PORT))

stop: $(READY) ## end a demo that runs (PORT=9300: the one on these ports)
	@$(BIN)/python -m app demo --stop $(if $(PORT),--port $(PORT))

pictures: $(READY) ## pictures of the main pages in six languages, in build/pictures (PAGES="submit agenda": only these)
	@$(BIN)/python -m tests.pictures $(PAGES)

test: $(READY) ## the suite, and the static checks beside it
	@$(BESIDE) $(BIN)/pytest

quick: $(READY) ## the static checks, and the tests that need neither a database nor a process
	@$(BESIDE) $(BIN)/pytest --quick

test-thorough: $(READY) ## the long tests and the repetitions that `make test` leaves out
	@$(BIN)/pytest --thorough -m thorough

test-all: $(READY) ## the suite with every cell of the matrix of rights, the hundred worlds, and the faults to the end
	@export CWG_TEST_WORLDS=100; $(BESIDE) $(BIN)/pytest --thorough
	$(BIN)/python -m tests.faults

check: $(READY) ## only the static checks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m app words --check

faults: $(READY) ## fault tests of a whole installation, long; prints a table of runs
	$(BIN)/python -m tests.faults

deployed: $(READY) ## start deploy/ with Docker and play the main job there; says so where Docker cannot be used
	$(BIN)/python -m tests.deployed

mechanisms: $(READY) ## take out what keeps each promise, and expect its test to turn red
	$(BIN)/python -m tests.mechanisms

bench: $(READY) ## run the benchmarks, print a table, write bench/results.json (PARTS=documents: only these)
	$(BIN)/python -m bench $(PARTS)

sbom: $(READY) ## print the packages of the image as CycloneDX (LOCK=otel: of the image with traces)
	@$(BIN)/python -m tests.supply_chain sbom $(or $(LOCK),run)

audit: $(READY) ## ask for known vulnerabilities of these packages; says so if the data cannot be reached
	@$(BIN)/python -m tests.supply_chain audit $(or $(LOCK),run)

words: $(READY) ## update the six catalogues from code and templates
	$(BIN)/python -m app words

lock: $(READY) ## compile the pinned versions in requirements/ from pyproject.toml
	$(COMPILE) pyproject.toml --output-file requirements/run.txt
	$(COMPILE) pyproject.toml --extra otel --output-file requirements/otel.txt
	$(COMPILE) pyproject.toml --extra dev --output-file requirements/dev.txt
	echo 'uv==$(UV)' | $(COMPILE) - --output-file requirements/uv.txt

# The project itself is not built: a .pth file in the environment points to it, so every installed byte is pinned.
$(READY): requirements/dev.txt requirements/uv.txt
	@$(PYTHON) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' || { echo '$(NEEDED)'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/uv.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	pwd > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/portal.pth"
	@touch $@
