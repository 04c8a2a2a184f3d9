# make run     serves the shop with demo data and an embedded MongoDB; WORKERS=2 beside it: with two processes
# make test    runs every test
# make cluster three databases, two hosts with two processes each, nginx and a mail server on this machine; as root each
#              part can be cut off: python -m bench.cluster --help. CLUSTER="--demo" beside it: with demo data
# make check   lint, types, import contract, version floors
# make faults  breaks every part of it in turn and shows what holds; FAULTS="--quick" beside it: each once
# make figures how fast the pages are in a browser on a slow network; make screenshots renews docs/pictures
# make bench   measures every goal beside its peers, 20 to 25 minutes; BENCH="--repeats 1" beside it: one round, 8 minutes

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTHON_READY := $(VENV)/.ready
NODE_READY := node_modules/.package-lock.json
JOBS ?= 3

.PHONY: run test check format lock bench bench-quick bench-ledger bench-profile bench-accounts bench-finding bench-imports bench-dashboard bench-telling bench-page web figures screenshots browser cluster nginx faults clean help

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# Demo accounts have known passwords: they come by themselves only into the embedded database, on the loopback address.
run: $(PYTHON_READY) web
	@if [ -z "$$DEMO$$MONGODB_URI$$HOST" ] && ! grep -qisE '^[[:space:]]*(export[[:space:]]+)?(DEMO|MONGODB_URI|HOST)[[:space:]]*=' .env; then export DEMO=true; fi; \
	exec $(BIN)/python server.py

# The production topology as plain processes, in .data/cluster/
cluster: $(PYTHON_READY) web nginx
	@$(BIN)/python -m bench.cluster up $(CLUSTER)

test: $(PYTHON_READY) web browser nginx
	$(BIN)/pytest -n $(JOBS) --dist loadgroup

# The production form of static/ in .web/: a moment, and less where it is there. Without it the modules are served as they are.
web: $(NODE_READY)
	@node bundle/build.mjs

check: $(PYTHON_READY) $(NODE_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/floors.py
	npm run --silent lint
	npm run --silent types

format: $(PYTHON_READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# BENCH="--full --write docs/benchmarks.md", say, or --only broadcast,memory: see python -m bench --help
bench: $(PYTHON_READY) $(NODE_READY)
	$(BIN)/python -m bench $(BENCH)

bench-quick: $(PYTHON_READY) $(NODE_READY)
	$(BIN)/python -m bench --quick $(BENCH)

bench-profile: $(PYTHON_READY)
	$(BIN)/python -m bench.profile $(BENCH)

bench-ledger: $(PYTHON_READY)
	$(BIN)/python -m bench.ledger $(BENCH)

bench-accounts: $(PYTHON_READY)
	$(BIN)/python -m bench.accounts $(BENCH)

bench-finding: $(PYTHON_READY)
	$(BIN)/python -m bench.finding $(BENCH)

bench-telling: $(PYTHON_READY)
	$(BIN)/python -m bench.telling $(BENCH)

bench-imports: $(PYTHON_READY)
	$(BIN)/python -m bench.imports $(BENCH)

bench-dashboard: $(PYTHON_READY)
	$(BIN)/python -m bench.dashboard $(BENCH)

# FIGURES="--write docs/page-figures.md", say: see python -m bench.page_figures --help
figures: $(PYTHON_READY) web browser
	$(BIN)/python -m bench.page_figures $(FIGURES)

# FAULTS="--only minority,clocks", "--kill-test 30" or "--write docs/faults.md", say: see python -m bench.faults --help
faults: $(PYTHON_READY) web nginx
	$(BIN)/python -m bench.faults $(FAULTS)

screenshots: $(PYTHON_READY) web browser
	$(BIN)/python -m bench.screenshots $(SCREENSHOTS)

# All parts of the page; BENCH goes to the first, the longest.
bench-page: $(PYTHON_READY) $(NODE_READY)
	$(BIN)/python -m bench --write docs/benchmarks.md $(BENCH)
	$(BIN)/python -m bench.ledger --write docs/benchmarks.md
	$(BIN)/python -m bench.profile --write docs/benchmarks.md
	$(BIN)/python -m bench.accounts --write docs/benchmarks.md
	$(BIN)/python -m bench.finding --write docs/benchmarks.md
	$(BIN)/python -m bench.imports --write docs/benchmarks.md
	$(BIN)/python -m bench.dashboard --write docs/benchmarks.md

# The locks are written with every hash; a version moves only here.
lock: $(PYTHON_READY)
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	npm update --ignore-scripts

$(PYTHON_READY): requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt
	touch $@

$(NODE_READY): package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# Browser tests need a Chromium; on Debian and Ubuntu it is installed where that is allowed, otherwise said.
browser:
	@command -v chromium >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	  else \
	    echo "The browser tests need Chromium: sudo apt-get install chromium" >&2; exit 1; \
	  fi; }

# The cluster needs nginx, and its tests with a wrong clock libfaketime: as above.
nginx:
	@PATH="$$PATH:/usr/sbin"; { command -v nginx && command -v faketime; } >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light faketime; \
	  else \
	    echo "The cluster needs nginx and libfaketime: sudo apt-get install nginx-light faketime" >&2; exit 1; \
	  fi; }

clean:
	rm -rf $(VENV) node_modules .web .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
