# roadmapd in a container: no shell is needed, nothing is written but /var/lib/roadmapd, no user of the host is meant.
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY config config
COPY src src
RUN cargo build --release --locked --bin roadmapd

FROM debian:12.12-slim
# Roots for TLS, and the time zones that [daemon] timezone names.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o 65532 -g 65532 -m 0750 /var/lib/roadmapd
COPY --from=build /src/target/release/roadmapd /usr/local/bin/roadmapd
USER 65532:65532
# The default database is a file beside the process.
WORKDIR /var/lib/roadmapd
VOLUME /var/lib/roadmapd
# A tracker that can't be read is no reason to restart: only the process and its store are looked at.
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s CMD ["roadmapd", "-c", "/etc/roadmapd/roadmapd.toml", "health", "--alive"]
ENTRYPOINT ["roadmapd", "-c", "/etc/roadmapd/roadmapd.toml"]
CMD ["run", "--once-at-start"]
