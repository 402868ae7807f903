#!/usr/bin/env bash
# Runs a program on a scan of 512 x 512 x 600 within a limit of memory, as on a small machine: all
# its processes and the files it reads and writes count, and it is killed when it asks for more.
# Needs root, Linux with the memory controller, and for the window xvfb-run.
#
#   packaging/try-little-memory.sh FOLDER GIGABYTES PROGRAM [WORDS...]
#
#   packaging/try-little-memory.sh scratch 8 dist/planner/planner
#   packaging/try-little-memory.sh scratch 8 python -m planner
set -euo pipefail
folder=$(realpath -m "$1")
bytes=$(($2 * 1000 * 1000 * 1000))
shift 2
mkdir -p "$folder"
export PLANNER_DATA="$folder/data" PLANNER_CACHE="$folder/cache"

# A whole spine, 512 x 512 x 600 or a few slices more; made without a limit.
[ -f "$folder/made" ] || {
  "$@" phantom --seed 13 --levels T1-L5 --spacing 0.75,0.75,0.81 --matrix 512,512 \
    --lesion L3:lytic:r=9 --out "$folder/ct" >/dev/null
  touch "$folder/made"
}

if [ -d /sys/fs/cgroup/memory ]; then
  group=/sys/fs/cgroup/memory/planner-try limit=memory.limit_in_bytes peak=memory.max_usage_in_bytes
else
  group=/sys/fs/cgroup/planner-try limit=memory.max peak=memory.peak
fi

limited() {
  # A group of its own for each step, so that the most it took is known of each.
  mkdir "$group"
  echo "$bytes" >"$group/$limit"
  [ ! -e "$group/memory.swap.max" ] || echo 0 >"$group/memory.swap.max"
  local ended=0
  sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' _ "$group" "$@" >"$folder/said" 2>&1 || ended=$?
  awk -v what="${said_as:-$*}" -v ended="$ended" \
    '{printf "%6.2f GB at most, exit code %s: %s\n", $1 / 1e9, ended, what}' "$group/$peak"
  until rmdir "$group" 2>/dev/null; do
    xargs -r kill -KILL <"$group/cgroup.procs" 2>/dev/null || true # what a step left behind
    sleep 0.2
  done
  case $ended in 0 | ${allowed:-0}) ;; *) tail -5 "$folder/said"; exit 1 ;; esac
}

cd "$folder"
said_as=inspect limited "$@" inspect ct --json
grep -o '"size_ijk": *\[[^]]*\]' said | head -1 || true
said_as=segment limited "$@" segment ct --out labels.nii.gz
said_as=plan limited "$@" plan ct --level L3 --side left --device eco-mwa --power-w 40 --time-s 180 --out own.plan
said_as=simulate limited "$@" simulate own.plan --ct ct --tier full
said_as=assess limited "$@" assess own.plan --ct ct
said_as=report limited "$@" report own.plan --ct ct --out own.pdf
# The window with the plan open is left alone for two minutes, then ended: 124 says it was there.
said_as="window, two minutes" allowed=124 limited \
  timeout 120 xvfb-run -a -s "-screen 0 1600x1000x24" "$@" view own.plan
