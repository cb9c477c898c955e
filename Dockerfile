# A static binary in an image of a few megabytes more than itself.
#
#   docker build -t tidings .
#   docker run -v ./digest.toml:/etc/tidings/digest.toml:ro -v tidings:/var/lib/tidings tidings
#
# digest.toml says database = "/var/lib/tidings/tidings.db", and for /healthz and the pages
# for readers [web] listen = "0.0.0.0:8480".

FROM rust:1-alpine AS build
# A C compiler for SQLite and ring.
RUN apk add --no-cache build-base
WORKDIR /src
COPY . .
RUN cargo build --release --locked && strip target/release/tidings

FROM alpine:3
# Whom to trust; time zones are in the binary.
RUN apk add --no-cache ca-certificates \
 && adduser -S -D -H -u 1000 -h /var/lib/tidings tidings \
 && mkdir -p /var/lib/tidings /etc/tidings \
 && chown tidings /var/lib/tidings
COPY --from=build /src/target/release/tidings /usr/bin/tidings
USER tidings
WORKDIR /var/lib/tidings
VOLUME /var/lib/tidings
EXPOSE 8480
# Alive, not happy: a feed that fails is no reason to start anew. Without [web] listen there
# is nobody to ask: run with --no-healthcheck then.
HEALTHCHECK --interval=1m --timeout=15s CMD wget -q -O /dev/null http://127.0.0.1:8480/healthz
STOPSIGNAL SIGTERM
ENTRYPOINT ["tidings"]
CMD ["run"]
