# Two images: `portal` for servers, worker and tasks, which the command selects (pages, read, work, migrate, verify and so on), and `files` for the
# service that opens untrusted files, with LibreOffice, Pango and fonts, as another user:
#   docker build --target portal --tag cwg-portal . && docker build --target files --tag cwg-files .
# By digest: `--build-arg PYTHON_IMAGE=...` with what `sh deploy/pin_images` prints (docs/operating.md, "Supply chain").
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE} AS build
# `--build-arg LOCK=otel` for an image that can send traces (CWG_TRACES).
ARG LOCK=run
COPY requirements/${LOCK}.txt /tmp/run.txt
RUN python -m venv --without-pip /portal/venv
RUN pip --python /portal/venv/bin/python install --no-cache-dir --only-binary=:all: --require-hashes -r /tmp/run.txt

# What opens, makes or prints documents is left to the service for files: portal, read path and worker cannot do it at all.
FROM build AS build-without-file-libraries
RUN pip --python /portal/venv/bin/python uninstall --quiet --yes \
    cssselect2 fonttools lxml olefile pikepdf pillow pydyf pypdfium2 pyphen python-docx tinycss2 tinyhtml5 weasyprint zopfli

FROM ${PYTHON_IMAGE} AS program
ENV PATH=/portal/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# A volume that is mounted at one of these folders gets its owner. Of the folder with the socket, the service is the owner, and
# portal and worker are its group, which its socket is given.
RUN install --directory --owner=10001 --group=10001 --mode=0700 \
    /var/lib/cwg /var/lib/cwg/store /var/lib/cwg/release /var/lib/cwg/uploads /var/lib/cwg/backups /var/lib/cwg-witness \
  && install --directory --owner=10002 --group=10001 --mode=2750 /run/cwg-files
WORKDIR /portal
ENTRYPOINT ["python", "-m", "app"]

FROM program AS source
COPY pyproject.toml ./
COPY templates templates
COPY migrations migrations
COPY app app
# The demo brings an identity provider that signs anybody in: .dockerignore leaves it out.
RUN test ! -e app/demo
# The service and its tasks cannot write compiled code here.
RUN python -m compileall -q app migrations

FROM program AS files
# Carlito, Caladea and Liberation are as wide as Calibri, Cambria, Arial, Times New Roman and Courier New: lines break as in Word.
RUN apt-get -qq update && apt-get -qq --yes --no-install-recommends install \
    fonts-noto-core fonts-noto-cjk fonts-crosextra-carlito fonts-crosextra-caladea fonts-liberation \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libreoffice-writer-nogui libreoffice-math-nogui \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /portal/venv /portal/venv
COPY --from=source /portal /portal
ENV CWG_FILE_SERVICE=/run/cwg-files/socket CWG_SOFFICE=/usr/bin/soffice
USER 10002:10002
HEALTHCHECK --interval=30s --timeout=15s --start-period=120s --start-interval=5s CMD ["python", "-m", "app", "file-service", "--check"]
CMD ["file-service"]

FROM program AS portal
COPY --from=build-without-file-libraries /portal/venv /portal/venv
COPY --from=source /portal /portal
# `--build-arg REVISION=$(git rev-parse --short HEAD)` names in the metrics what runs.
ARG REVISION=""
ENV CWG_REVISION=$REVISION
USER 10001:10001
EXPOSE 8000
# For portal and read path. Worker and tasks listen on no port: disable it for them (`healthcheck: disable: true`).
HEALTHCHECK --interval=30s --timeout=15s --start-period=300s --start-interval=5s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=10)"]
CMD ["pages", "--host", "0.0.0.0", "--port", "8000"]
