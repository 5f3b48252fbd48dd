# The command line, with everything that it draws, cuts, checks and serves with: docker build -t sorasync .
# Without a command it serves the review page; docs/team.md shows how. There is no git in it, so `sorasync diff`
# does not work there, and the history names no commits.
FROM python:3.13-slim AS build
ENV PATH=/opt/sorasync/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/sorasync
WORKDIR /source
# By digest: nothing that an index could change.
COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY scripts/index_readme.py ./scripts/
COPY sorasync ./sorasync
RUN pip install --no-deps --no-build-isolation . \
    && pip uninstall --yes editables hatchling pathspec trove-classifiers

FROM python:3.13-slim
COPY --from=build /opt/sorasync /opt/sorasync
RUN useradd --uid 1000 --create-home sorasync
ENV PATH=/opt/sorasync/bin:$PATH PYTHONUNBUFFERED=1
USER sorasync
WORKDIR /library
EXPOSE 8791
# Whether the page answers; a container that runs another command has ended long before.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8791), 3).close()"]
ENTRYPOINT ["sorasync"]
CMD ["review", "--no-browser", "--listen", "0.0.0.0:8791"]
