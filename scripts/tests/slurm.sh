#!/bin/sh
# SPDX-License-Identifier: MIT
# The private Slurm of scripts/slurm-local.sh: an array of replays runs on both
# its nodes; a shard that exits 75 and one whose node dies are queued again.
. scripts/tap.sh

dir=$TMP/slurm
export SLURM_CONF="$dir/slurm.conf"
trap 'scripts/slurm-local.sh stop "$dir"; rm -rf "$TMP"' EXIT

scripts/slurm-local.sh start "$dir" >"$TMP/out" 2>"$TMP/err"
started=$?
if [ $started -eq 77 ]; then
	skip "a private Slurm" "$(sed 's/^slurm-local.sh: //' "$TMP/err")"
	finish
fi
test $started -eq 0
tap_result $? "Slurm starts on loopback"

# Wait up to 60 s until a command holds.
# shellcheck disable=SC2317 # called by check
until_holds()
{
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || return 1
		sleep 0.2
	done
}

# One shard. The first try of shard 1 is misplaced; that of shard 2 waits on its
# node until that one dies.
cat >"$TMP/shard" <<EOF
#!/bin/sh
shard=\$SLURM_ARRAY_TASK_ID
echo "\$SLURMD_NODENAME" >>"$TMP/nodes.\$shard"
case \$shard.\${SLURM_RESTART_COUNT:-0} in
1.0) exit 75 ;;
2.0) touch "$TMP/waits"; exec sleep 120 ;;
esac
exec "$HEAPTAPE" replay -q -n 1 -a glibc --passes time \
	-o "$TMP/run.\$shard" "$PWD/traces/samples/lua-tables.tape"
EOF
chmod +x "$TMP/shard"

check "an array is taken" sbatch --parsable --job-name=shards --array=0-5 \
	--nodes=1 --ntasks=1 --exclusive --mem=0 --constraint=hwA --time=5 \
	--requeue --open-mode=append --output="$TMP/%a.log" --export=NONE \
	--wrap "exec $TMP/shard"

# shellcheck disable=SC2317 # called by until_holds
all_done()
{
	[ -z "$(squeue -h -o %i)" ]
}

check "a shard runs" until_holds test -e "$TMP/waits"
node=$(cat "$TMP/nodes.2")
check "its node dies" scripts/slurm-local.sh kill "$dir" "$node"
check "Slurm is told" scontrol update "nodename=$node" state=down \
	reason=died
check "the node comes back" scripts/slurm-local.sh node "$dir" "$node"
check "the array ends" until_holds all_done
for shard in 0 1 2 3 4 5; do
	check "shard $shard has its result" test -s \
		"$TMP/run.$shard/lua-tables-r001.json"
done
check "the misplaced shard ran twice" test "$(wc -l <"$TMP/nodes.1")" -eq 2
check "that of the node that died, too" test "$(wc -l <"$TMP/nodes.2")" -eq 2
check "both nodes worked" test "$(cat "$TMP"/nodes.* | sort -u | wc -l)" -eq 2
[ $tap_failed -eq 0 ] || tail -n 20 "$dir/slurmctld.log" | sed 's/^/# /'
check "it stops" scripts/slurm-local.sh stop "$dir"
check "nothing of it is left" test -z "$(env -u SLURM_CONF grep -lz \
	"SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ 2>/dev/null)"
finish
