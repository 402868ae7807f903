#!/usr/bin/env bash
# Tries what build.py --packages made on a minimal Debian made for the purpose: the .deb is
# installed, mounted read-only, and run by a user who is nobody, with no network. Needs root,
# debootstrap and unshare; the mirror is whatever this machine is set up for.
#
#   packaging/try-built-folder.sh FOLDER [DIST]
set -euo pipefail
root=$(realpath -m "$1")
dist=$(realpath "${2:-$(dirname "$0")/../dist}")
deb=$(echo "$dist"/planner_*.deb)
if [ ! -d "$root/usr" ]; then
  debootstrap --variant=minbase bookworm "$root"
fi
if [ ! -x "$root/usr/bin/planner" ]; then
  # The libraries of the display come from the distribution; then the network is gone.
  cp /etc/resolv.conf "$root/etc/"
  cp "$deb" "$root/tmp/"
  chroot "$root" sh -c "apt-get update -q && apt-get install -y -q --no-install-recommends \
    xvfb xauth '/tmp/$(basename "$deb")'"
fi
chroot "$root" id visitor >/dev/null 2>&1 || chroot "$root" useradd --create-home visitor
mkdir -p "$root/proc" "$root/dev"
unshare --net --mount bash -eu -c '
  root=$1
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  mount --bind "$root/usr/lib/planner" "$root/usr/lib/planner"
  mount -o remount,ro,bind "$root/usr/lib/planner"
  run() {
    echo "== $*"
    time chroot --userspec=visitor "$root" /usr/bin/env -i HOME=/home/visitor LANG=C.UTF-8 \
      PATH=/usr/bin:/bin sh -c "cd && $1"
  }
  run "test ! -e /usr/bin/python3 && echo there is no Python here"
  run "ls /sys/class/net 2>/dev/null | tr \"\\n\" \" \"; ! touch /usr/lib/planner/x 2>/dev/null"
  run "planner doctor --bundle doctor.zip"
  run "planner demo --headless --out demo"
  run "planner plan demo/ct --level L3 --side left --device eco-mwa --power-w 40 --time-s 180 --out own.plan"
  run "planner assess own.plan --ct demo/ct | tail -3"
  run "planner report own.plan --ct demo/ct --out own.pdf && head -c 8 own.pdf && ls -l own.pdf"
  run "for n in 1 2 3; do xvfb-run -a planner -m planner.app.window_benchmark \$(date +%s.%N); done"
' _ "$root"
chroot "$root" dpkg --remove planner
test ! -e "$root/usr/lib/planner"
test -s "$root/home/visitor/own.plan"
echo "the program is gone, and the plan of the visitor is where it was"
