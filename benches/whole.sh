#!/usr/bin/env bash
# The whole program beside what does nothing but fetch: a first poll of many feeds, a poll in which nothing is
# new, and the first edition made of them, next to curl on the same files. CPU and wall seconds, peak memory;
# medians of interleaved runs, and their ratios to curl's.
#
#   benches/whole.sh [FEEDS] [RUNS]          defaults 1000 3
#
# Needs Debian's packages nginx-light, curl, time and python3. All traffic stays on loopback, each feed on an
# address of its own, as feeds are on the web. Sending is measured by benches/sending.sh.
set -euo pipefail
feeds=${1:-1000} runs=${2:-3}
top=$(cd "$(dirname "$0")/.." && pwd)
export PATH=$PATH:/usr/sbin
cargo build --release --quiet --locked --manifest-path "$top/Cargo.toml"
tidings=${CARGO_TARGET_DIR:-$top/target}/release/tidings
. "$top/benches/serve_feeds.sh"
dir=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
ulimit -n 8192
trap '[ -f "$dir/nginx.pid" ] && kill "$(cat "$dir/nginx.pid")"; rm -rf "$dir"' EXIT
chmod 755 "$dir"
mkdir "$dir/feeds" "$dir/bot"

# Feeds of 20 to 50 entries with 2 to 8 kB of HTML each; a quarter in Chinese.
python3 - "$dir" "$feeds" "$port" <<'P'
import gzip, random, sys
folder, count, port = sys.argv[1], int(sys.argv[2]), sys.argv[3]
pick = random.Random(7)
english = [''.join(pick.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(pick.randint(2, 9))) for _ in range(3000)]
chinese = [chr(c) for c in range(0x4e00, 0x4e00 + 1500)]
curl, config = open(f'{folder}/curl.cfg', 'w'), open(f'{folder}/bot/digest.toml', 'w')
config.write('timezone = "UTC"\n[mail]\nfrom = "a@example.org"\n[[recipient]]\nemail = "b@example.org"\n'
             '[fetch]\nallow_private_networks = true\nconcurrency = 64\n[[digest]]\nimages = "none"\n')
for i in range(count):
    items = []
    for k in range(pick.randint(20, 50)):
        words, blank = (chinese, '') if i % 4 == 0 else (english, ' ')
        line = lambda n: blank.join(pick.choices(words, k=n))
        html = ''.join(f'<p>{line(90)}</p>' for _ in range(pick.randint(3, 14)))
        html = html.replace('&', '&amp;').replace('<', '&lt;')
        items.append(f'<item><guid>{i}-{k}</guid><title>{line(7)}</title><link>https://{i}.example/{k}</link>'
                     f'<pubDate>Sun, {pick.randint(1, 28):02} Nov 2026 {k % 24:02}:00:00 GMT</pubDate><description>{html}</description></item>')
    feed = f'<rss version="2.0"><channel><title>Feed {i}</title><link>https://{i}.example/</link>{"".join(items)}</channel></rss>'
    open(f'{folder}/feeds/{i}.xml', 'w').write(feed)
    open(f'{folder}/feeds/{i}.xml.gz', 'wb').write(gzip.compress(feed.encode(), 6))
    url = f'http://127.{1 + i // 62500}.{i // 250 % 250}.{2 + i % 250}:{port}/{i}.xml'
    curl.write(f'url = "{url}"\noutput = "/dev/null"\n')
    config.write(f'[[feed]]\nid = "f{i}"\nurl = "{url}"\n')
P
serve_feeds "$dir" "$port"
cd "$dir/bot"

measured() { # NAME COMMAND...
  local name=$1; shift
  /usr/bin/time -a -o "$dir/$name" -f '%e %U %S %M' "$@" > "$dir/said" 2>&1 || { cat "$dir/said"; exit 1; }
}
fetch() { measured "$1" curl -s --parallel --parallel-max 64 --compressed "${@:2}" -K "$dir/curl.cfg"; }
for _ in $(seq "$runs"); do
  fetch curl
  rm -rf tidings.db* outbox
  measured first "$tidings" -q collect
  fetch unchanged -H 'If-Modified-Since: Fri, 01 Jan 2038 00:00:00 GMT'
  measured again "$tidings" -q collect --all
  size=$(stat -c %s tidings.db)
  measured edition "$tidings" -q send
done

median() { sort -n "$1" | awk '{ line[NR] = $0 } END { print line[int((NR + 1) / 2)] }'; }
row() { # TITLE NAME BESIDE
  paste -d' ' <(median "$dir/$2") <(median "$dir/$3") | awk -v title="$1" '{
    printf "%-28s %7.2f s CPU  %6.2f s  %6.0f MB   CPU x %4.1f  wall x %4.1f\n", title, $2 + $3, $1, $4 / 1024, ($2 + $3) / ($6 + $7), $1 / $5 }'
}
echo "$feeds feeds, $(du -cb "$dir"/feeds/*.xml | tail -1 | cut -f1) bytes of XML, $runs runs:"
row "curl --compressed" curl curl
row "first poll" first curl
row "curl, nothing changed" unchanged unchanged
row "nothing new" again unchanged
row "edition of all that is new" edition curl
echo "the database: $size bytes"
