# Assent in an image: no root, nothing written but under /data and /tmp, no settings and no keys inside.
# How to build and run it: docs/operations/deploy.md. To pin the base image, build with its digest:
#   docker build --build-arg PYTHON=python:3.11-slim@sha256:... .
# With the libraries for traces: --build-arg REQUIREMENTS=requirements-telemetry.lock
ARG PYTHON=python:3.11-slim

FROM ${PYTHON} AS build
ARG REQUIREMENTS=requirements.lock
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1 \
    PIP_ROOT_USER_ACTION=ignore
COPY requirements-build.lock requirements.lock requirements-telemetry.lock ./
# wheels only: nothing that is downloaded runs here
RUN python -m venv tools && \
    tools/bin/pip install --require-hashes --only-binary :all: --requirement requirements-build.lock
RUN python -m venv --without-pip /opt/assent && \
    tools/bin/pip --python /opt/assent/bin/python install \
    --require-hashes --only-binary :all: --requirement "${REQUIREMENTS}"
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN tools/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir dist . && \
    tools/bin/pip --python /opt/assent/bin/python install --no-index --no-deps dist/*.whl && \
    /opt/assent/bin/python -m compileall -q /opt/assent/lib

FROM ${PYTHON}
COPY --from=build /opt/assent /opt/assent
# for SQLite only; with PostgreSQL nothing is kept here
RUN install -d -o 10001 -g 10001 -m 0700 /data
ENV PATH=/opt/assent/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ASSENT_SERVER_HOST=0.0.0.0
WORKDIR /data
USER 10001:10001
EXPOSE 8400 8401
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('ASSENT_SERVER_PORT', '8400') + '/health/live', timeout=2)"]
ENTRYPOINT ["assent"]
CMD ["serve"]
