# One image for everything; the command selects the server or task: pages, read, work, migrate, verify and so on.
# By digest: `--build-arg PYTHON_IMAGE=...` with what `sh deploy/pin_images` prints (docs/operating.md, "Supply chain").
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE} AS build
# `--build-arg LOCK=otel` for an image that can send traces (CWG_TRACES).
ARG LOCK=run
COPY requirements/${LOCK}.txt /tmp/run.txt
RUN python -m venv --without-pip /portal/venv
RUN pip --python /portal/venv/bin/python install --no-cache-dir --only-binary=:all: --require-hashes -r /tmp/run.txt

FROM ${PYTHON_IMAGE}
ENV PATH=/portal/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN apt-get -qq update && apt-get -qq --yes --no-install-recommends install \
    fonts-noto-core fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libreoffice-writer-nogui \
  && rm -rf /var/lib/apt/lists/*
RUN install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/cwg
COPY --from=build /portal/venv /portal/venv
WORKDIR /portal
COPY pyproject.toml ./
COPY templates templates
COPY migrations migrations
COPY app app
# The demo brings an identity provider that signs anybody in: .dockerignore leaves it out.
RUN test ! -e app/demo
# The process of the file inspection starts for each file and cannot write compiled code here.
RUN python -m compileall -q app
USER 10001:10001
EXPOSE 8000
# For portal and read path. Worker and tasks listen on no port: disable it for them (`healthcheck: disable: true`).
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["pages", "--host", "0.0.0.0", "--port", "8000"]
