#!/bin/sh
# SPDX-License-Identifier: MIT
# A private Slurm on loopback: one controller and two virtual nodes, n0 and n1,
# of the feature hwA, with a folder, a key and ports of their own; /etc/slurm is
# not read. For trying campaigns and for their tests, never for timings: the
# nodes share this machine. Needs root.
# usage: slurm-local.sh start DIR    export SLURM_CONF=DIR/slurm.conf then
#        slurm-local.sh node DIR n0  start a node again that was stopped
#        slurm-local.sh kill DIR n0  stop a node with what runs on it
#        slurm-local.sh stop DIR     end all of it; DIR stays
# Exit status: 0 done, 2 usage, 77 not possible here, 1 it did not start.
# MAX_ARRAY is Slurm's MaxArraySize (default 10001).
set -u

die()
{
	code=$1
	shift
	echo "slurm-local.sh: $*" >&2
	exit "$code"
}

need()
{
	[ "$(id -u)" -eq 0 ] || die 77 "needs root"
	for tool in munged slurmctld slurmd sinfo python3; do
		command -v $tool >/dev/null ||
			die 77 "no $tool; install slurmctld slurmd" \
				"slurm-client munge"
	done
}

# Four ports that nobody listens on, of the controller, the nodes and srun.
free_ports()
{
	python3 -c '
import socket
held = [socket.socket() for _ in range(4)]
for s in held:
    s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in held])'
}

# usage: write_conf DIR PORT PORT PORT PORT
write_conf()
{
	host=$(hostname -s)
	cat >"$1/slurm.conf" <<EOF
ClusterName=heaptape
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$2
SlurmdPort=$3
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$1/munge.socket,cred_expire=5
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$1/jobcomp
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
SlurmdParameters=config_overrides
MaxArraySize=${MAX_ARRAY:-10001}
MaxJobCount=20000
MinJobAge=3600
RequeueExit=75
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool.%n
SlurmdPidFile=$1/%n.pid
SlurmctldPidFile=$1/slurmctld.pid
SlurmdLogFile=$1/%n.log
SlurmctldLogFile=$1/slurmctld.log
NodeName=n0 NodeHostname=$host NodeAddr=127.0.0.1 Port=$4 CPUs=1 RealMemory=500 Feature=hwA
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$5 CPUs=1 RealMemory=500 Feature=hwA
PartitionName=bench Nodes=ALL Default=YES OverSubscribe=EXCLUSIVE MaxTime=60 State=UP
EOF
	# Found by itself, version 2 would need systemd.
	printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' >"$1/cgroup.conf"
}

start_munged()
{
	(umask 077 && head -c 128 /dev/urandom >"$1/munge.key")
	munged --key-file="$1/munge.key" --socket="$1/munge.socket" \
		--pid-file="$1/munge.pid" --log-file="$1/munge.log" \
		--seed-file="$1/munge.seed" --force 2>>"$1/start.log"
}

start_node()
{
	mkdir -p "$1/spool.$2"
	SLURM_CONF=$1/slurm.conf slurmd -c -N "$2" >>"$1/start.log" 2>&1
}

both_idle()
{
	[ "$(SLURM_CONF=$1/slurm.conf sinfo -h -N -o %T 2>/dev/null |
		grep -c '^idle$')" -eq 2 ]
}

start()
{
	need
	mkdir -p "$1/state"
	ports=$(free_ports) || die 1 "no free ports"
	# shellcheck disable=SC2086 # four words
	write_conf "$1" $ports
	start_munged "$1" || die 1 "munged did not start; see $1/munge.log"
	SLURM_CONF=$1/slurm.conf slurmctld -c >>"$1/start.log" 2>&1 ||
		die 1 "slurmctld did not start; see $1/slurmctld.log"
	for node in n0 n1; do
		start_node "$1" $node ||
			die 1 "slurmd did not start; see $1/$node.log"
	done
	tries=0
	until both_idle "$1"; do
		tries=$((tries + 1))
		[ $tries -lt 150 ] ||
			die 1 "the nodes are not idle; see $1/slurmctld.log"
		sleep 0.2
	done
}

# A process that its parent has not asked for is gone all the same.
running()
{
	grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

# End the process of a pid file, with a signal; wait until it is gone.
end()
{
	[ -s "$1" ] || return 0
	pid=$(cat "$1")
	kill "-$2" "$pid" 2>/dev/null || return 0
	tries=0
	while running "$pid" && [ $tries -lt 50 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null
	rm -f "$1"
}

# The processes of a node's jobs: those to which Slurm told its name.
node_processes()
{
	# shellcheck disable=SC2013 # paths without spaces
	for environ in $(grep -lzx "SLURMD_NODENAME=$2" \
		/proc/[0-9]*/environ 2>/dev/null); do
		grep -qzx "SLURM_CONF=$1/slurm.conf" "$environ" 2>/dev/null ||
			continue
		pid=${environ#/proc/}
		echo "${pid%/environ}"
	done
}

# A node that dies takes its jobs with it, their guards first, so that nobody
# is left to report an end.
kill_node()
{
	end "$1/$2.pid" KILL
	pids=$(node_processes "$1" "$2")
	for pid in $pids; do
		parent=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" \
			2>/dev/null)
		[ "$(cat "/proc/$parent/comm" 2>/dev/null)" = slurmstepd ] &&
			kill -KILL "$parent" 2>/dev/null
	done
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null
	done
	return 0
}

stop()
{
	kill_node "$1" n0
	kill_node "$1" n1
	end "$1/slurmctld.pid" TERM
	end "$1/munge.pid" TERM
}

[ $# -ge 2 ] || die 2 "usage: slurm-local.sh start|stop|node|kill DIR [NODE]"
case $2 in
/*) ;;
*) die 2 "$2: the folder's path must begin with /" ;;
esac
case $1 in
start) start "$2" ;;
node) start_node "$2" "${3:?the name of a node}" ;;
kill) kill_node "$2" "${3:?the name of a node}" ;;
stop) stop "$2" ;;
*) die 2 "unknown word '$1'" ;;
esac
