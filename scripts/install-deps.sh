#!/bin/sh
# SPDX-License-Identifier: MIT
# Install what heaptape needs to build, test and demonstrate itself (Debian
# and its relatives). Safe to run again; starts no service.
# usage: install-deps.sh                all packages, the optional ones too
#        install-deps.sh --if-missing   only the required ones that are missing
#        install-deps.sh --check-build  only tell what the build lacks
set -u

# One package a line: "a|b" takes the first that is there (names differ
# between releases). The second word is how to see that it works without
# dpkg: a command, a header below /usr/include, or a soname.
required='
gcc                           cc
g++                           c++
make                          make
libc6-dev                     stdio.h
pkg-config|pkgconf            pkg-config
libzstd-dev                   zstd.h
libjansson-dev                jansson.h
libelf-dev                    gelf.h
libdw-dev                     elfutils/libdwfl.h
libxxhash-dev                 xxhash.h
libcmocka-dev                 cmocka.h
perl                          prove
python3                       python3
gnuplot-nox|gnuplot           gnuplot
sqlite3                       sqlite3
redis-server                  redis-server
redis-tools                   redis-benchmark
lua5.4                        lua5.4
libjemalloc2                  libjemalloc.so.2
libtcmalloc-minimal4|libtcmalloc-minimal4t64  libtcmalloc_minimal.so.4
libmimalloc2.0|libmimalloc3|libmimalloc2.1    libmimalloc.so.*
libtbbmalloc2                 libtbbmalloc_proxy.so.2
jq                            jq
procps                        pgrep
man-db                        man
groff-base|groff              groff
xz-utils                      xz
'
optional='
heaptrack                     heaptrack
hyperfine                     hyperfine
valgrind                      valgrind
nodejs                        node
shellcheck                    shellcheck
clang-format                  clang-format
clang-tidy                    clang-tidy
cppcheck                      cppcheck
clang                         clang
libclang-rt-14-dev|libclang-rt-19-dev|libclang-rt-18-dev  -
universal-ctags               ctags
slurmctld                     slurmctld
slurmd                        slurmd
slurm-client                  sinfo
munge                         munged
'
[ "${SCREENSHOTS:-0}" = 1 ] && optional="$optional
chromium                      chromium"

say()
{
	echo "install-deps: $*" >&2
}

die()
{
	say "$*"
	exit 1
}

# The build alone: one line for each thing that is missing.
check_build()
{
	cc=${CC:-cc}
	failed=0
	for tool in "${cc%% *}" make; do
		command -v "$tool" >/dev/null 2>&1 && continue
		echo "missing $tool -- run scripts/install-deps.sh" >&2
		failed=1
	done
	[ $failed -eq 0 ] || return 1
	missing=$(for pair in zstd:zstd.h jansson:jansson.h elf:gelf.h \
		xxhash:xxhash.h cmocka:cmocka.h; do
		printf '#if !__has_include(<%s>)\nMISSING lib%s\n#endif\n' \
			"${pair#*:}" "${pair%:*}"
	done | $cc -E -P -x c - | sed -n 's/^MISSING //p')
	for lib in $missing; do
		echo "missing library $lib -- run scripts/install-deps.sh" >&2
		failed=1
	done
	return $failed
}

# Is that file, library or command there? For systems without dpkg.
probe()
{
	case $1 in
	-) return 0 ;;
	*.h) [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ] ;;
	*.so.*)
		# shellcheck disable=SC2231 # the soname may be a pattern
		for file in /usr/lib/$1 /usr/lib64/$1 /usr/lib/*-linux-gnu/$1 \
			/usr/local/lib/$1; do
			[ -e "$file" ] && return 0
		done
		return 1
		;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

# Print the lines of a list whose package is missing.
missing_of()
{
	if command -v dpkg-query >/dev/null 2>&1; then
		names=$(echo "$1" | awk 'NF { gsub(/\|/, " ", $1); print $1 }')
		# shellcheck disable=SC2086 # a list of words
		dpkg-query -W -f '${Package} ${db:Status-Status}\n' \
			$names 2>/dev/null |
			awk -v list="$1" '
			$2 == "installed" { have[$1] = 1 }
			END {
				n = split(list, line, "\n")
				for (i = 1; i <= n; i++) {
					if (!split(line[i], word, " "))
						continue
					k = split(word[1], name, "|")
					found = 0
					for (j = 1; j <= k; j++)
						found = found || (name[j] in have)
					if (!found)
						print word[1], word[2]
				}
			}'
		return
	fi
	echo "$1" | while read -r name what; do
		[ -z "$name" ] || probe "$what" || echo "$name $what"
	done
}

apt()
{
	DEBIAN_FRONTEND=noninteractive $sudo apt-get -q -y \
		-o Dpkg::Use-Pty=0 -o Acquire::Retries=2 "$@"
}

# The name that apt can install, of "a|b|c"; nothing when it has none.
available()
{
	for name in $(echo "$1" | tr '|' ' '); do
		apt-cache policy "$name" 2>/dev/null |
			grep -q 'Candidate: [^(]' || continue
		echo "$name"
		return
	done
}

# While packages are installed, services must not be started by them.
policy=/usr/sbin/policy-rc.d
forbid_services()
{
	[ -e $policy ] && return
	trap '$sudo rm -f $policy' EXIT
	trap 'exit 130' INT TERM
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null &&
		$sudo chmod 755 $policy
}

# Install the lines of stdin; print those that could not be.
install_lines()
{
	wanted=
	while read -r name what; do
		found=$(available "$name")
		if [ -n "$found" ]; then
			wanted="$wanted $found"
		else
			echo "$name $what"
		fi
	done
	[ -n "$wanted" ] || return 0
	# shellcheck disable=SC2086 # a list of words
	apt install --no-install-recommends $wanted >&2 </dev/null && return
	# One bad package must not keep the others out.
	for found in $wanted; do
		apt install --no-install-recommends "$found" >&2 </dev/null ||
			echo "$found -"
	done
}

words()
{
	echo "$1" | awk '{ sub(/\|.*/, "", $1); printf "%s%s", sep, $1; sep = " " }'
}

main()
{
	need=$(missing_of "$required")
	extra=
	[ "$1" = all ] && extra=$(missing_of "$optional")
	[ -n "$need$extra" ] || return 0

	command -v apt-get >/dev/null 2>&1 || die "this system has no apt-get; \
install what these Debian packages bring: $(words "$need
$extra")"
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null 2>&1 || die "not root and no sudo; \
as root run: apt-get install $(words "$need
$extra")"
		sudo=sudo
	fi
	first=$(echo "$need
$extra" | awk 'NF { print $1; exit }')
	if [ -z "$(available "$first")" ] ||
		[ -z "$(find /var/lib/apt/lists -name '*_Packages*' \
			-mtime -7 2>/dev/null)" ]; then
		apt update >&2 ||
			say "cannot refresh the package lists; is there a network?"
	fi
	forbid_services
	left=$(printf '%s\n' "$need" | sed '/^$/d' | install_lines)
	skipped=$(printf '%s\n' "$extra" | sed '/^$/d' | install_lines)
	[ -n "$skipped" ] && say "optional, not installed: $(words "$skipped")"
	[ -z "$left" ] || die "could not install: $(words "$left"); \
check the network and run again"
}

case ${1-} in
--check-build) check_build ;;
--if-missing) main needed ;;
'') main all ;;
*) die "unknown option $1; see the head of this script" ;;
esac
