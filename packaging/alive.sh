#!/bin/sh
# The image's health check: whether the daemon moves, not whether every feed is well, for
# starting anew mends no feed. Without [web] there is nobody to ask, and a process that is
# there counts as well.
port=$(sed -n 's/^ *listen *=.*:\([0-9]*\)".*/\1/p' "${TIDINGS_CONFIG:-/etc/tidings/digest.toml}")
[ -z "$port" ] || wget -q -T 10 -O /dev/null "http://127.0.0.1:$port/healthz"
