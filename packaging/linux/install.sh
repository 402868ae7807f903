#!/bin/sh
# Installs the program beside this script for this user, without an administrator, and takes it
# away again. The user's plans, tables and settings lie elsewhere and are never touched.
#
#   ./install.sh            install (again)
#   ./install.sh --remove   uninstall
set -eu
data="${XDG_DATA_HOME:-$HOME/.local/share}"
program="$HOME/.local/lib/planner"
link="$HOME/.local/bin/planner"
entry="$data/applications/planner.desktop"
icon="$data/icons/hicolor/scalable/apps/planner.svg"
remove() {
  rm -rf "$program"
  rm -f "$link" "$entry" "$icon"
}
if [ "${1:-}" = --remove ]; then
  remove
  echo "planner was removed. Your plans, tables and settings are where they were."
  exit 0
fi
here=$(cd "$(dirname "$0")" && pwd)
remove
mkdir -p "$HOME/.local/lib" "$HOME/.local/bin" "$(dirname "$entry")" "$(dirname "$icon")"
cp -a "$here/planner" "$program"
ln -s "$program/planner" "$link"
cp "$here/planner.svg" "$icon"
sed "s|^Exec=planner|Exec=\"$program/planner\"|" "$here/planner.desktop" > "$entry"
echo "planner is installed: $link"
echo "Take it away again with: sh $here/install.sh --remove"
