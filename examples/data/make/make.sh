#!/bin/bash
# Make a real nginx access log: start nginx on loopback, send it requests with real
# clients, and copy the log as nginx wrote it.
#
#   make.sh OUTPUT          e.g.  ./make.sh ../access.log
#
# Needs (Debian packages): nginx curl wget apache2-utils python3 nodejs (18 or later).
# It installs nothing. All traffic stays on 127.0.0.0/8 and ::1. It works in a new
# folder under $TMPDIR (default /tmp), which it removes. As root, nginx workers run as
# "nobody", so that folder's parents must be open to all users (as /tmp is).
#
# Settings: PORT (default 18080; PORT+1 to PORT+3 are used too), SECONDS_TO_RUN (240),
# TZ (UTC: the time zone in the log), KEEP=1 to keep the folder.
set -euo pipefail
umask 022

[ $# = 1 ] || { echo "usage: $0 OUTPUT" >&2; exit 2; }
output=$1
here=$(cd "$(dirname "$0")" && pwd)
port=${PORT:-18080}
h2_port=$((port + 1)) up_port=$((port + 2)) down_port=$((port + 3))
seconds=${SECONDS_TO_RUN:-240}
export TZ=${TZ:-UTC} LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin

for tool in nginx curl wget ab htpasswd python3 node; do
    command -v "$tool" >/dev/null || { echo "$0: $tool not found; see the packages above" >&2; exit 1; }
done
for p in "$port" "$h2_port" "$up_port" "$down_port"; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; then
        echo "$0: port $p is in use; set PORT" >&2; exit 1
    fi
done

set -m        # each program started with & is a process group of its own; see cleanup
dir=$(mktemp -d "${TMPDIR:-/tmp}/accesslog.XXXXXX")
cleanup() {
    local p
    for p in $(jobs -pr); do kill -TERM -- "-$p" 2>/dev/null || true; done
    wait 2>/dev/null || true
    [ -n "${KEEP:-}" ] || rm -rf "$dir"
}
trap cleanup EXIT
chmod 755 "$dir"
mkdir "$dir/run"

# The site, the members (all with the password "secret"), and the configuration.
python3 "$here/site.py" "$dir/site"
: >"$dir/htpasswd"
for user in alice bob 'mary ann' 'o"neil' 'zoë'; do
    htpasswd -b "$dir/htpasswd" "$user" secret 2>/dev/null
done
sed -e "s|@DIR@|$dir|g" -e "s|@PORT@|$port|g" -e "s|@H2_PORT@|$h2_port|g" \
    -e "s|@UP_PORT@|$up_port|g" -e "s|@DOWN_PORT@|$down_port|g" \
    "$here/nginx.conf.in" >"$dir/nginx.conf"

python3 "$here/upstream.py" "$up_port" &
nginx -p "$dir" -e "$dir/run/error.log" -c "$dir/nginx.conf" & nginx_pid=$!
ready() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }   # connects, sends nothing: not logged
for _ in $(seq 50); do
    if ready "$port" && ready "$up_port"; then break; fi
    sleep 0.1
done
kill -0 "$nginx_pid" || { cat "$dir/run/error.log" >&2; exit 1; }

echo "sending requests for about $seconds seconds ..." >&2
bash "$here/clients.sh" "$port" "$h2_port" "$seconds" "$dir" & shell_pid=$!
python3 "$here/clients.py" "$port" "$h2_port" "$seconds" & python_pid=$!
node "$here/clients.mjs" "$port" "$seconds" & node_pid=$!
failed=0
for p in $shell_pid $python_pid $node_pid; do wait "$p" || failed=1; done
[ $failed = 0 ] || { echo "$0: a client failed" >&2; exit 1; }

kill -QUIT "$nginx_pid"        # finish open requests, then stop
wait "$nginx_pid" || true
log=$dir/run/access.log

# Checks. The log is never edited; if one fails, nothing is delivered.
bad() { echo "$0: $*" >&2; KEEP=1; echo "log kept: $log" >&2; exit 1; }
statuses=$(awk -F'"' '{ split($3, a, " "); n[a[1]]++ } END { for (s in n) print s, n[s] }' "$log" | sort)
for s in 200 201 204 206 301 302 304 400 401 403 404 405 408 410 412 413 414 416 429 \
         444 499 500 501 502 503 504 505; do
    grep -q "^$s " <<<"$statuses" || bad "no line with status $s"
done
[ "$(wc -c <"$log")" -le 480000 ] || bad "log larger than 480000 bytes: $(wc -c <"$log")"
grep -nF -e "$dir" -e "$here" "$log" && bad "a path of this machine is in the log"
grep -nwF -e "$(uname -n)" "$log" && bad "the name of this machine is in the log"

cp "$log" "$output"
echo "$(wc -l <"$output") lines, $(wc -c <"$output") bytes" >&2
echo "$statuses"
