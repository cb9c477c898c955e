#!/bin/sh
# The image's health check: whether the daemon moves, not whether every feed is well, for
# starting anew mends no feed. It is asked at `internal` of [web], or at `listen` if that is for
# the container alone; with neither there is nobody to ask, and a process that is there counts as well.
config=${TIDINGS_CONFIG:-/etc/tidings/digest.toml}
port=$(sed -n 's/^ *internal *=.*:\([0-9]*\)".*/\1/p' "$config")
[ -n "$port" ] || port=$(sed -n 's/^ *listen *= *"\(127\.[0-9.]*\|localhost\):\([0-9]*\)".*/\2/p' "$config")
[ -z "$port" ] || wget -q -T 10 -O /dev/null "http://127.0.0.1:$port/healthz"
