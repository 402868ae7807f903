#!/usr/bin/env bash
# Tries the README's two commands on a minimal Debian made for the purpose. Needs root and
# debootstrap; the mirror and the package index are whatever this machine is set up for.
#
#   packaging/try-bare-machine.sh FOLDER [demo|test ...]
set -euo pipefail
root=$(realpath -m "$1")
shift
here=$(cd "$(dirname "$0")/.." && pwd)
[ -d "$root/usr" ] || debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$root"
cp /etc/resolv.conf "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
rm -rf "$root/root/planner"
git clone --quiet "$here" "$root/root/planner"
for mounted in proc dev; do
  mountpoint -q "$root/$mounted" || mount --bind "/$mounted" "$root/$mounted"
done
trap 'umount "$root/proc" "$root/dev"' EXIT
[ $# -gt 0 ] || set -- demo test
for command in "$@"; do
  chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    ${PIP_CERT:+PIP_CERT="$PIP_CERT"} \
    bash -c "cd /root/planner && python3 packaging/start.py $command"
done
