#!/bin/sh
# SPDX-License-Identifier: MIT
# The recipes of scripts/ci: their commands run here with results made up in
# place of the replay, and the real gate.
# shellcheck disable=SC2317 # functions are called by way of check
. scripts/tap.sh

root=$PWD
cat >"$TMP/front" <<'END'
#!/bin/sh
# replay: FIRST, then SECOND is the wall time of the new arm.
[ "$1" = replay ] || exec "$REAL" "$@"
# Arms are named as they were given, as replay does it.
while [ "$1" != -a ]; do shift; done
base=$2
new=$4
while [ "$1" != -o ]; do shift; done
factor=$FIRST
case $2 in */second) factor=$SECOND ;; esac
[ "$factor" != broken ] || exit 4
exec "$B/results/tests/make_results" "$2" tapes=t.tape \
	"arms=$base:1:1:1,$new:$factor:1:1"
END
chmod +x "$TMP/front"
REAL=$HEAPTAPE
HEAPTAPE=$TMP/front
export REAL HEAPTAPE

# try FIRST SECOND COMMAND...
try()
{
	FIRST=$1
	SECOND=$2
	export FIRST SECOND
	shift 2
	rm -rf "$TMP/w"
	mkdir -p "$TMP/w/scripts"
	ln -s "$root/scripts/ci" "$TMP/w/scripts/ci"
	(cd "$TMP/w" && TAPE=t.tape BASE=glibc NEW=new.so "$@")
}

gate()
{
	try "$1" "$2" scripts/ci/gate.sh t.tape glibc new.so gate-out
}

exits 0 "the same passes" gate 1 1
check "and is not measured again" test ! -e "$TMP/w/gate-out/second"
exits 1 "20 % slower in both sessions fails" gate 1.2 1.2
check "and all files are there" sh -c "cd '$TMP/w/gate-out' && ls second \
	gate.json gate.xml gate.md codequality.json"
exits 0 "20 % slower in one session only does not" gate 1.2 1
exits 4 "a replay that fails is no verdict" gate broken 1
exits 4 "nor is a second one that fails" gate 1.2 broken
exits 1 "a base that is a file is found by its path" \
	try 1.2 1.2 scripts/ci/gate.sh t.tape ./old.so ./new.so gate-out
exits 2 "too few words" scripts/ci/gate.sh t.tape

# The line of a recipe that runs the gate, without what is around it.
line()
{
	sed -nE "s/^ *(run: |- |sh ')(scripts.*gate\.sh.*)\$/\2/p" "$1" |
		sed "s/'\$//"
}

for recipe in github.yml gitlab.yml Jenkinsfile; do
	exits 0 "$recipe passes what is the same" \
		try 1 1 sh -c "$(line scripts/ci/$recipe)"
	check "$recipe leaves the files it names" \
		test -s "$TMP/w/gate-out/gate.xml"
	exits 1 "$recipe fails what is 20 % slower" \
		try 1.2 1.2 sh -c "$(line scripts/ci/$recipe)"
done
exits 0 "gate.mk passes what is the same" \
	try 1 1 make -f scripts/ci/gate.mk gate
exits 2 "gate.mk fails as make does" \
	try 1.2 1.2 make -f scripts/ci/gate.mk gate
matches "and keeps the code" '^1$' "$TMP/w/gate-out/gate.rc"
finish
