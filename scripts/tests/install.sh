#!/bin/sh
# SPDX-License-Identifier: MIT
# make install puts all parts below DESTDIR and PREFIX, where they work;
# make uninstall takes them away again.
. scripts/tap.sh
unset MAKEFLAGS MAKELEVEL

# shellcheck disable=SC2317 # called through check
house()
{
	make --no-print-directory -s B="$B" SAN="${SAN-}" \
		DESTDIR="$TMP/root" PREFIX=/usr "$@"
}

check "installs" house install
front=$TMP/root/usr/bin/heaptape
parts=$TMP/root/usr/lib/heaptape
for part in heaptape-record heaptape-tape heaptape-replay heaptape-worker \
	heaptape-report heaptape-allocators libheaptape.so libarena.so; do
	check "$part is there" test -s "$parts/$part"
done
for verb in record ctl info check dump replay compare report plot allocators; do
	check "$verb runs" "$front" "$verb" --version
	check "$verb has a page" test -s \
		"$TMP/root/usr/share/man/man1/heaptape-$verb.1"
done
check "finds arena among its parts" "$front" allocators
matches "in the installed folder" "^arena .*$parts/libarena.so" "$TMP/out"
if command -v man >/dev/null; then
	check "shows an installed page" "$front" help allocators
	matches "of that verb" 'HEAPTAPE-ALLOCATORS' "$TMP/out"
fi
check "uninstalls" house uninstall
check "leaves no file behind" test -z "$(find "$TMP/root" -type f)"
finish
