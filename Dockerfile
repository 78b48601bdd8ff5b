# One image for every role: docker build -t paytick . && docker run paytick --help
FROM debian:bookworm-slim AS build
WORKDIR /src
# The packages change seldom, the source often.
COPY scripts/install-deps scripts/install-librdkafka scripts/
COPY tools/librdkafka tools/librdkafka
RUN scripts/install-deps --build && scripts/install-librdkafka && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cmake --preset release -DPAYTICK_TESTS=OFF -DPAYTICK_BENCH=OFF \
    && cmake --build --preset release --target paytick \
    && objcopy --strip-debug build/release/paytick /usr/local/bin/paytick

FROM debian:bookworm-slim
# What the program links (a check in CI compares), certificates for TLS, and curl for the health checks. Versions are
# the distribution release's, which gets security updates and nothing else.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
      ca-certificates \
      curl \
      libfmt9 \
      liblz4-1 \
      libpq5 \
      libpqxx-6.4 \
      libprometheus-cpp-core1.0 \
      librocksdb7.8 \
      libsodium23 \
      libspdlog1.10 \
      libssl3 \
      libtomlplusplus3 \
      libzstd1 \
      zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/paytick --create-home --shell /usr/sbin/nologin paytick
COPY --from=build /usr/local/bin/paytick /usr/local/bin/paytick
USER 10001
WORKDIR /var/lib/paytick
VOLUME /var/lib/paytick
# The gateway; health and metrics.
EXPOSE 8080 8090
ENTRYPOINT ["paytick"]
CMD ["--help"]
