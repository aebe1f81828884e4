#!/bin/sh
# SPDX-License-Identifier: MIT
# A redis-server on a free port of the loopback, started as PREFIX...
# redis-server, under redis-benchmark with pipelined SET and LPUSH. Prints
# the requests per second of each, a line "NAME NUMBER". Leaves no server
# behind.
# usage: redis.sh [PREFIX COMMAND...]        REQUESTS=400000
#        SERVER_OPTIONS=        more words for redis-server
set -eu

dir=$(mktemp -d "${TMPDIR:-/tmp}/heaptape-redis.XXXXXX")
port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')

# shellcheck disable=SC2086 # options are words
"$@" redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no \
	--dir "$dir" ${SERVER_OPTIONS:-} >"$dir/log" 2>&1 </dev/null &
server=$!

ask()
{
	timeout 10 redis-cli -p "$port" "$@"
}

# The server must be gone whatever happens; the recorder ends after it.
stop()
{
	ask shutdown nosave >/dev/null 2>&1 || kill $server 2>/dev/null || :
	timeout 60 tail --pid=$server -f /dev/null ||
		kill -9 $server 2>/dev/null || :
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

tries=0
until ask ping >/dev/null 2>&1; do
	tries=$((tries + 1))
	if [ $tries -gt 100 ] || ! kill -0 $server 2>/dev/null; then
		echo "redis-server did not start:" >&2
		tail -n 5 "$dir/log" >&2
		exit 1
	fi
	sleep 0.1
done
timeout 120 redis-benchmark -p "$port" -t set,lpush -n "${REQUESTS:-400000}" \
	-r 200000 -d 120 -P 32 -c 20 --csv | tr -d '"' |
	awk -F , '$1 == "SET" || $1 == "LPUSH" { print $1, $2 }'
