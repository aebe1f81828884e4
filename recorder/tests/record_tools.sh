#!/bin/sh
# SPDX-License-Identifier: MIT
# Everyday tools do the same with and without the recorder.
. scripts/tap.sh
. recorder/tests/compare.inc

in=$TMP/in
here=$PWD
mkdir "$in"
seq 1 200000 | awk '{ print ($1 * 7919) % 200003, "line", $1, "of words" }' \
	>"$in/lines"
head -n 20000 "$in/lines" >"$in/few"
cp -r "$here/recorder" "$in/tree"
export TZ=UTC SOURCE_DATE_EPOCH=0 in

# shellcheck disable=SC2016 # these are for sh -c
{
same sort 100 sort --parallel=4 -S 2M -T . -k 2 -k 1nr -o sorted "$in/lines"
same "sort in three files" 100 sh -c 'split -n l/3 "$in/lines" part.
	sort -n part.aa >one; sort -n part.ab >two
	exec sort -m -n -u one two'
same grep 10 grep -c -E '(7+|9{2}).*[aeiou]f' "$in/lines"
same "grep -P through a tree" 10 grep -rnP '^static \w+ \K\w+' "$in/tree"
same tar 10 tar -C "$in" --sort=name --mtime=@0 -cf tree.tar tree
same "tar through gzip and back" 10 sh -c '
	tar -C "$in" --sort=name --mtime=@0 -czf tree.tgz tree &&
	tar -xf tree.tgz && rm tree.tgz && find tree | sort'
same find 10 find "$in/tree" -name '*.c' -newer /etc/passwd -size -100k
same "find -exec" 10 find "$in/tree" -name '*.h' -exec wc -l '{}' +
same sed 10 sed -n -E 's/([0-9]+) line ([0-9]+)/\2 \1/w changed' "$in/few"
same "sed -i" 10 sh -c 'cp "$in/tree/ring.h" . && exec sed -i s/ring/RING/ ring.h'
same awk 100 awk '{ n[$1 % 1000] = n[$1 % 1000] $3 } END {
	for (i = 0; i < 1000; i++) s += length(n[i]); print s
	print "words" >"/dev/stderr"; exit 3 }' "$in/lines"
same diff 10 diff -u "$in/tree/drain.c" "$in/tree/session.c"
same "diff -r" 10 diff -rq "$in/tree/shim" "$in/tree/tests"
cat >"$in/Makefile" <<'END'
all: a b c
	cat a b c >all
a b c:
	sh -c 'echo $@ $(MAKELEVEL) $(MAKEFLAGS) >$@'
c: a b
fail: ; false
END
same "make -j" 50 make -j2 -f "$in/Makefile"
same "make that fails" 50 make -j2 -k -f "$in/Makefile" fail all
same bash 100 bash -c 'declare -A m; for i in {1..2000}; do m[$i]=$((i * i))
	done; echo ${#m[@]} ${m[1999]}; coproc cat; echo x >&${COPROC[1]}
	read -r -u ${COPROC[0]} y; echo $y; diff <(seq 9) <(seq 8); exit 4'
same xz 5 xz -T2 -k -c --block-size=64KiB "$in/few"
same zstd 5 zstd -q -T2 -o lines.zst "$in/lines"
same dd 0 dd if="$in/lines" of=copy bs=4k conv=fsync status=none
same cpio 0 sh -c 'cd "$in" && find tree | sort | cpio -o -H newc --reproducible'
}

# Compilers: the same bits, though they run several programs.
cat >"$in/new.cc" <<'END'
#include <iostream>
#include <map>
#include <string>
int main()
{
	std::map<std::string, int> m;

	for (int i = 0; i < 1000; i++)
		m[std::to_string(i * 7 % 1000)] += i;
	std::cout << m.size() << m.begin()->first << std::endl;
	throw 3;
}
END
same "gcc -c" 50 gcc -std=gnu11 -D_GNU_SOURCE -O2 -g -I"$here" -c \
	-o session.o "$here/recorder/session.c"
same "gcc with an error" 50 gcc -c "$in/lines" -x c
same g++ 50 g++ -O1 -o new "$in/new.cc"
cp "$TMP/plain/new" "$in/"
same "a C++ program that is aborted" 1000 "$in/new"
same clang 50 clang -O1 -w -std=gnu11 -D_GNU_SOURCE -I"$here" -c \
	-o drain.o "$here/recorder/drain.c"

# Names of all objects are hashes of what they hold.
cat >"$in/git.sh" <<'END'
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_AUTHOR_DATE=@0+0000
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_COMMITTER_DATE=@0+0000
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
git init -q -b main . && cp -r "$in/tree" . && git add tree &&
git -c gc.auto=0 commit -q -m first &&
echo more >>tree/ring.h && git commit -q -a -m second &&
git -c pack.threads=1 gc -q && git fsck --strict &&
git rev-parse HEAD 'HEAD^{tree}' HEAD~1 && git log -p --stat
git show-ref
END
same git 20 git version
# shellcheck disable=SC2016
have git && same "git: a repository" 20 sh -c '. "$in/git.sh"
	rm -rf .git/index .git/logs; exec git rev-parse HEAD'
same sqlite3 1000 sqlite3 table.db 'create table t(
	a integer primary key, b); with recursive n(i) as (select 1 union all
	select i+1 from n where i<20000) insert into t select i, hex(i) from n;
	create index x on t(b); select count(*), sum(length(b)) from t;
	delete from t where a % 3 = 0; vacuum; pragma integrity_check; nonsense;'
same lua5.4 1000 lua5.4 -e 'local t = {} for i = 1, 100000 do
	t[i] = tostring(i) end io.open("f", "w"):write(#t)
	print(#t, collectgarbage("count") > 100) error("words")'
same jq 1000 jq -n '[range(20000) | {a: ., b: "\(.)"}] | map(.a) | add'
same node 1000 node -e 'const { Worker, isMainThread } = require(
	"worker_threads"); const fs = require("fs"), cp = require(
	"child_process"); if (isMainThread) { const w = new Worker(
	"require(\"worker_threads\").parentPort.postMessage(6 * 7)", { eval:
	true }); w.on("message", m => { fs.writeFileSync("f", String(m));
	console.log(m, cp.execSync("echo child").toString());
	process.exit(5); }); }'
same openssl 5 openssl dgst -sha512 "$in/lines"
same "openssl enc" 5 openssl enc -aes-256-cbc -pbkdf2 -S 0102030405060708 \
	-pass pass:x -in "$in/lines" -out secret
if have openssl; then
	check "openssl speed" record -q openssl speed -seconds 1 -bytes 1024 \
		sha256
	sound "openssl speed" 100
	check "openssl speed on two processes" record -q openssl speed \
		-seconds 1 -bytes 1024 -multi 2 sha256
	sound "openssl speed on two processes" 100
fi
finish
