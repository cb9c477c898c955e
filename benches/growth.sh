#!/usr/bin/env bash
# What growth costs: the CPU of one feed, one mail, one new entry, and the peak memory, where there are few and
# where there are many. Each line beside the first of its kind: a figure that stays is as it should be.
#
#   benches/growth.sh [feeds|readers|ledger]...          all of them without one
#
# Needs Debian's packages nginx-light, postfix, sqlite3, time and python3. All traffic stays on loopback. SIZES="100 1000"
# takes other sizes. A million readers take half an hour and two gigabytes of disk.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
export PATH=$PATH:/usr/sbin
cargo build --release --quiet --locked --manifest-path "$top/Cargo.toml"
tidings=${CARGO_TARGET_DIR:-$top/target}/release/tidings
. "$top/benches/serve_feeds.sh"
dir=$(mktemp -d)
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free)
ulimit -n 8192
trap '[ -f "$dir/nginx.pid" ] && kill "$(cat "$dir/nginx.pid")"; [ -n "${sink:-}" ] && kill "$sink"; rm -rf "$dir"' EXIT
chmod 755 "$dir"
mkdir "$dir/feeds"
mail='timezone = "UTC"\n[mail]\nfrom = "a@example.org"\n'

first=''
figures() { # KIND SIZE ITEMS COMMAND...
  local kind=$1 size=$2 items=$3; shift 3
  /usr/bin/time -o "$dir/time" -f '%e %U %S %M' "$@" > "$dir/said" 2>&1 || { cat "$dir/said"; exit 1; }
  read -r wall user system memory < "$dir/time"
  awk -v kind="$kind" -v size="$size" -v n="$items" -v cpu="$user" -v sys="$system" -v wall="$wall" -v kb="$memory" -v first="$first" 'BEGIN {
    each = (cpu + sys) * 1000 / n
    printf "%-34s %9d  %8.3f ms CPU each  %5.2f x  %6.0f MB  (%.1f s)\n", kind, size, each, first ? each / first : 1, kb / 1024, wall
    print each > "/dev/stderr" }' 2> "$dir/each"
  [ -n "$first" ] || first=$(cat "$dir/each")
}

# Feeds of 10 entries with 1 to 4 kB of HTML each, every feed on an address of its own.
feeds() {
  serve_feeds "$dir" "$port"
  for phase in first again; do
    first=''
    for size in ${SIZES:-100 1000 10000}; do
      mkdir -p "$dir/feeds-$size"
      cd "$dir/feeds-$size"
      if [ "$phase" = first ]; then
        python3 - "$dir" "$size" "$port" <<'P'
import gzip, random, sys
folder, count, port = sys.argv[1], int(sys.argv[2]), sys.argv[3]
pick = random.Random(7)
words = [''.join(pick.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(pick.randint(2, 9))) for _ in range(3000)]
config = open('digest.toml', 'w')
config.write('timezone = "UTC"\n[mail]\nfrom = "a@example.org"\n[[recipient]]\nemail = "b@example.org"\n'
             '[fetch]\nallow_private_networks = true\nconcurrency = 64\n[[digest]]\nimages = "none"\n')
line = lambda n: ' '.join(pick.choices(words, k=n))
for i in range(count):
    items = ''.join(
        f'<item><guid>{i}-{k}</guid><title>{line(7)}</title><link>https://{i}.example/{k}</link>'
        f'<description>{"".join(f"&lt;p&gt;{line(90)}&lt;/p&gt;" for _ in range(pick.randint(2, 7)))}</description></item>' for k in range(10))
    feed = f'<rss version="2.0"><channel><title>Feed {i}</title>{items}</channel></rss>'
    open(f'{folder}/feeds/{i}.xml', 'w').write(feed)
    open(f'{folder}/feeds/{i}.xml.gz', 'wb').write(gzip.compress(feed.encode(), 6))
    url = f'http://127.{1 + i // 62500}.{i // 250 % 250}.{2 + i % 250}:{port}/{i}.xml'
    config.write(f'[[feed]]\nid = "f{i}"\nurl = "{url}"\n')
P
        figures "feeds, first poll" "$size" "$size" "$tidings" -q collect
        # So that the next poll finds what this one has seen.
        cp -r "$dir/feeds" "$dir/kept-$size"
      else
        rm -rf "$dir/feeds" && mv "$dir/kept-$size" "$dir/feeds"
        find "$dir/feeds" -type f -exec touch -d '2026-01-01' {} +
        "$tidings" -q collect --all
        figures "feeds, nothing new" "$size" "$size" "$tidings" -q collect --all
      fi
    done
  done
}

# One edition of 12 kB to so many readers, into smtp-sink over four connections.
readers() {
  local sinkport
  sinkport=$(free)
  smtp-sink -u "$(id -un)" -m 512 "127.0.0.1:$sinkport" 1024 &
  sink=$!
  sleep 0.5
  first=''
  for size in ${SIZES:-100 10000 1000000}; do
    mkdir "$dir/readers-$size"
    cd "$dir/readers-$size"
    printf "$mail"'[smtp]\nhost = "127.0.0.1"\nport = %s\ntls = "none"\nper_connection = 100000\n[[recipient]]\nfile = "readers.txt"\n[[feed]]\nurl = "feed.xml"\ncontent = "full"\n' "$sinkport" > digest.toml
    seq "$size" | sed 's/.*/reader&@example.org/' > readers.txt
    python3 -c 'print("<rss version=\"2.0\"><channel><title>Courier</title><item><guid>1</guid><title>One</title><description>" + "word after word and no end of it. " * 120 + "</description></item></channel></rss>")' > feed.xml
    figures "readers, a mail each" "$size" "$size" "$tidings" -q send
    rm -rf "$dir/readers-$size"
  done
}

# Fifty feeds that bring a hundred new entries each, beside what they brought in so many years at twenty a day.
ledger() {
  first=''
  for years in ${SIZES:-0 1 10}; do
    mkdir "$dir/ledger-$years"
    cd "$dir/ledger-$years"
    printf "$mail"'[[recipient]]\nemail = "b@example.org"\n[[digest]]\nimages = "none"\n' > digest.toml
    for i in $(seq 50); do printf '[[feed]]\nid = "f%s"\nurl = "%s.xml"\n' "$i" "$i" >> digest.toml; done
    entries() { python3 - "$1" <<'P'
import random, sys
pick = random.Random(sys.argv[1])
line = lambda n: ' '.join(''.join(pick.choice('abcdefghijklmnop') for _ in range(6)) for _ in range(n))
for i in range(1, 51):
    items = ''.join(f'<item><guid>{sys.argv[1]}-{i}-{k}</guid><title>{line(7)}</title><link>https://{i}.example/{sys.argv[1]}/{k}</link><description>{line(200)}</description></item>' for k in range(100))
    open(f'{i}.xml', 'w').write(f'<rss version="2.0"><channel><title>Feed {i}</title>{items}</channel></rss>')
P
    }
    entries one
    "$tidings" -q send
    sqlite3 tidings.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $years * 365 * 20)
      INSERT INTO seen (feed, key, first_seen) SELECT number, randomblob(16), 1700000000 + i FROM feed_number, n WHERE $years > 0"
    entries two
    figures "years of ledger, a new entry" "$years" 5000 "$tidings" -q collect --all
    echo "    $(sqlite3 tidings.db 'SELECT count(*) FROM seen') keys, $(($(stat -c %s tidings.db) / 1000000)) MB"
    rm -rf "$dir/ledger-$years"
  done
}

for part in "${@:-feeds readers ledger}"; do for one in $part; do "$one"; done; done
