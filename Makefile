# make run     serves the shop with demo data and an embedded MongoDB; WORKERS=2 beside it: with two processes
# make lively  people who hold, put back and order in the shop that `make run` serves, until Ctrl-C
# make test    runs every test but those of whole machines and disks, of benchmarks, and of both drivers with the other: make test-long
# make cluster three databases, two hosts with two processes each, nginx and a mail server on this machine; as root each
#              part can be cut off: python -m bench.cluster --help. CLUSTER="--demo" beside it: with demo data
# make check   lint, types, import contract, version floors
# make faults  breaks every part of it in turn and shows what holds; FAULTS="--quick" beside it: each once
# make figures how fast the pages are in a browser on a slow network; make screenshots renews docs/pictures
# make bench-scale  what one more process, socket, product and stored order costs, and what a hundred hosts come to
# make bench   measures every goal beside its peers, 20 to 25 minutes; BENCH="--repeats 1" beside it: one round, 8 minutes

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTHON_READY := $(VENV)/.ready
NODE_READY := node_modules/.package-lock.json
JOBS ?= 4

.PHONY: run lively test test-long check format lock bench bench-quick bench-ledger bench-profile bench-accounts bench-finding bench-imports bench-dashboard bench-telling bench-page web figures screenshots browser nginx deploy-tools cluster faults clean help bench-scale

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

# Demo accounts have known passwords: they come by themselves only into the embedded database, on the loopback address.
run: $(PYTHON_READY) web
	@if [ -z "$$DEMO$$MONGODB_URI$$HOST" ] && ! grep -qisE '^[[:space:]]*(export[[:space:]]+)?(DEMO|MONGODB_URI|HOST)[[:space:]]*=' .env; then export DEMO=true DEMO_SALES=true; fi; \
	exec $(BIN)/python server.py

lively: $(PYTHON_READY)
	@$(BIN)/python -m bench.lively $(LIVELY)

# The production topology as plain processes, in .data/cluster/
cluster: $(PYTHON_READY) web nginx
	@$(BIN)/python -m bench.cluster up $(CLUSTER)

test: $(PYTHON_READY) web browser nginx deploy-tools
	$(BIN)/pytest -n $(JOBS) -m "not long and not other_driver"
	@echo "Left out: whole machines, full disks, benchmarks, and tests of both drivers with the other one: make test-long"

test-long: $(PYTHON_READY) web browser nginx deploy-tools
	$(BIN)/pytest -n 2 -m "long or other_driver"

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

# SCALE="--full --write docs/scaling.md", say, or --only model --hosts 20: see python -m bench.scale --help
bench-scale: $(PYTHON_READY)
	$(BIN)/python -m bench.scale $(SCALE)

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
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --python-version 3.11 -c requirements.txt requirements-traces.in -o requirements-traces.txt
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --python-version 3.11 -c requirements-traces.txt requirements-dev.in -o requirements-dev.txt
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

# Tests of the deployment ask nginx, Compose and Prometheus' own tool. Promtool alone is taken out of its package, which
# would run a server. Elsewhere than on Debian and Ubuntu, or without the right, those tests are left out, and say so.
deploy-tools:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  missing=; \
	  [ -x /usr/sbin/nginx ] || missing="$$missing nginx-light"; \
	  docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null || missing="$$missing docker-compose"; \
	  if [ -n "$$missing" ] || ! [ -x .tools/promtool ]; then apt-get update -qq; fi; \
	  if [ -n "$$missing" ]; then DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $$missing; fi; \
	  if ! [ -x .tools/promtool ]; then \
	    mkdir -p .tools && folder=$$(mktemp -d) && chmod 755 $$folder && (cd $$folder && apt-get download -qq prometheus) && \
	    dpkg-deb --fsys-tarfile $$folder/prometheus_*.deb | tar -x -C .tools --strip-components=3 ./usr/bin/promtool; rm -rf $$folder; \
	  fi; \
	fi

# The cluster needs nginx, and its tests with a wrong clock libfaketime: as above.
nginx:
	@PATH="$$PATH:/usr/sbin"; { command -v nginx && command -v faketime; } >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light faketime; \
	  else \
	    echo "The cluster needs nginx and libfaketime: sudo apt-get install nginx-light faketime" >&2; exit 1; \
	  fi; }

clean:
	rm -rf $(VENV) .tools node_modules .web .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
