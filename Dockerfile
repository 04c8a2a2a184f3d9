# The shop's image: what runs, and nothing that builds. Its root file system may be read-only; it runs as nobody special.
#
#   docker build -t ivorycart .                          add --build-arg TRACES=true for OpenTelemetry
#
# No release is looked up while it is built: base images by their full versions, Python packages by the hashes of the
# locks, npm packages by package-lock.json. Put digests in place of the tags where your registry gives you them.
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm
ARG NODE_IMAGE=node:20.19.5-bookworm-slim

# The browser's side in its production form, and the packages that it is made of.
FROM ${NODE_IMAGE} AS web
WORKDIR /web
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY bundle bundle
COPY static static
RUN node bundle/build.mjs && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

# The Python packages, each by its hash; without the embedded database, which is for single machines.
FROM ${PYTHON_IMAGE} AS packages
ARG TRACES=false
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt requirements-traces.txt /locks/
RUN python -m venv /opt/shop \
 && /opt/shop/bin/pip install --require-hashes --only-binary=:all: -r /locks/requirements.txt \
 && if [ "$TRACES" = true ]; then \
      /opt/shop/bin/pip install --require-hashes --only-binary=:all: -r /locks/requirements-traces.txt; \
    fi \
 && /opt/shop/bin/pip uninstall --yes pip setuptools

FROM ${PYTHON_IMAGE} AS shop
RUN groupadd --system --gid 10001 shop && useradd --system --uid 10001 --gid shop --no-create-home --home-dir /tmp shop
# Volumes that are mounted here belong to whoever these folders belong to: see the service "backup".
RUN install -d -o shop -g shop -m 0700 /backups && install -d -o shop -g shop -m 0755 /figures
ENV PATH=/opt/shop/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=5000 \
    DATA_DIR=/tmp/data \
    LOG_JSON=true
WORKDIR /shop
COPY --from=packages /opt/shop /opt/shop
COPY --from=web /web/node_modules node_modules
COPY --from=web /web/.web .web
COPY static static
COPY models models
COPY mongo mongo
COPY ivorycart ivorycart
COPY handlers handlers
COPY server.py ./
RUN python -m compileall -q models mongo ivorycart handlers server.py
USER 10001:10001
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
CMD ["python", "server.py"]
