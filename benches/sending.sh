#!/usr/bin/env bash
# Mails per second and peak memory of `tidings send`, beside Postfix's smtp-source with as
# many sessions, both into smtp-sink on loopback.
#
#   benches/sending.sh [MAILS] [SESSIONS]          defaults 10000 4
#
# Needs Debian's packages postfix and time. The whole command is timed: reading the
# configuration, publishing and recording included. DKIM=1 signs each mail (RSA and Ed25519).
set -euo pipefail
mails=${1:-10000} sessions=${2:-4}
top=$(cd "$(dirname "$0")/.." && pwd)
export PATH=$PATH:/usr/sbin
cargo build --release --quiet --locked --manifest-path "$top/Cargo.toml"
tidings=${CARGO_TARGET_DIR:-$top/target}/release/tidings
dir=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
ulimit -n 8192
smtp-sink -u "$(id -un)" -m 512 "127.0.0.1:$port" 1024 &
sink=$!
trap 'kill $sink 2>/dev/null || true; rm -rf "$dir"' EXIT
sleep 0.5
cd "$dir"

{
  printf '[mail]\nfrom = "News <news@example.org>"\n[smtp]\nhost = "127.0.0.1"\nport = %s\ntls = "none"\n' "$port"
  printf 'connections = %s\nper_connection = 100000\n[[feed]]\nurl = "feed.xml"\ncontent = "full"\n' "$sessions"
  printf '[[recipient]]\nfile = "readers.txt"\n'
} > digest.toml
seq "$mails" | sed 's/.*/reader&@example.org/' > readers.txt
# One long article: a mail of some 60 kB, its text twice in it.
python3 - > feed.xml <<'P'
import random
random.seed(7)
words = [''.join(random.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(random.randint(2, 9))) for _ in range(3000)]
text = ''.join('&lt;p&gt;' + ' '.join(random.choice(words) for _ in range(80)) + '.&lt;/p&gt;' for _ in range(52))
print(f'<rss version="2.0"><channel><title>Courier</title><item><guid>1</guid><title>One</title><description>{text}</description></item></channel></rss>')
P
if [ "${DKIM:-}" = 1 ]; then
  "$tidings" dkim generate > /dev/null
  "$tidings" dkim generate --algorithm ed25519 > /dev/null
  printf '[[dkim]]\nselector = "tidings"\nkey_file = "dkim-tidings.pem"\n[[dkim]]\nselector = "tidings-ed25519"\nkey_file = "dkim-tidings-ed25519.pem"\n' >> digest.toml
fi
size=$("$tidings" preview --format eml | wc -c)

figures() { # NAME COMMAND...
  local name=$1; shift
  /usr/bin/time -o "$dir/time" -f '%e %U %S %M' "$@" > "$dir/said" 2>&1 || { cat "$dir/said"; exit 1; }
  awk -v n="$mails" -v name="$name" '{
    printf "%-22s %7.0f mails/s  %6.3f ms CPU a mail  %5.1f MB peak  (%.1f s)\n", name, n / $1, ($2 + $3) * 1000 / n, $4 / 1024, $1 }' "$dir/time"
}
echo "$mails mails of $size bytes, $sessions sessions:"
figures "smtp-source" smtp-source -d -s "$sessions" -l "$size" -m "$mails" -f a@example.org -t b@example.org "127.0.0.1:$port"
figures "tidings send" "$tidings" send
"$tidings" status | grep -A1 "last editions"
