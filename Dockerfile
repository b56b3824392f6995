# One image; the command says which part runs: `run core`, `run animal`, …, `up`, `log`.
FROM python:3.11-slim AS build
WORKDIR /build
COPY pyproject.toml requirements.lock README.md ./
COPY src src
COPY streams streams
COPY agents agents
COPY tables tables
COPY connectors connectors
COPY http http
RUN pip install --no-cache-dir hatchling && python -m hatchling build -t wheel -d /wheels

FROM python:3.11-slim
# The bridge's folder is there before its volume, so that the volume belongs to the user.
RUN useradd --create-home --uid 10001 reptidex && install -d -o reptidex /home/reptidex/bridge
COPY --from=build /wheels /wheels
COPY requirements.lock /tmp/requirements.lock
RUN pip install --no-cache-dir -r /tmp/requirements.lock \
    && pip install --no-cache-dir --no-deps /wheels/*.whl \
    && rm -rf /wheels /tmp/requirements.lock
USER reptidex
WORKDIR /home/reptidex
# In a container the service must be reachable from outside it; everywhere else it listens on loopback only.
ENV REPTIDEX_HOST=0.0.0.0
ENTRYPOINT ["reptidex"]
CMD ["--help"]
