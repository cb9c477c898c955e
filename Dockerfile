#   docker build -t tidings .
#   docker run -v "$PWD/etc:/etc/tidings:ro" -v tidings:/var/lib/tidings tidings
#
# etc/digest.toml says database = "/var/lib/tidings/tidings.db"; docs/running.md has more.

FROM rust:1-alpine AS build
# A C compiler, for SQLite, zstd and ring. On Alpine the binary is static.
RUN apk add --no-cache build-base
WORKDIR /src
COPY . .
RUN cargo build --release --locked

# Not `scratch`: commands in digest.toml (`exec:`, `password_command`) want a shell, and so does
# the health check.
FROM alpine:3
# Certificates to trust; time zones are in the binary.
RUN apk add --no-cache ca-certificates \
 && addgroup -S -g 1000 tidings \
 && adduser -S -D -H -u 1000 -G tidings -h /var/lib/tidings tidings \
 && mkdir -p /etc/tidings /var/lib/tidings \
 && chown tidings:tidings /var/lib/tidings
COPY --from=build /src/target/release/tidings /usr/bin/tidings
COPY packaging/alive.sh /usr/lib/tidings/alive.sh
# In numbers, for those who must see that it is not root.
USER 1000:1000
WORKDIR /var/lib/tidings
VOLUME /var/lib/tidings
EXPOSE 8480
HEALTHCHECK --interval=1m --timeout=15s --start-period=1m CMD ["/usr/lib/tidings/alive.sh"]
ENTRYPOINT ["tidings"]
CMD ["run"]
