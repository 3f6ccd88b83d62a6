#!/bin/sh
# Runs `npm ci` when node_modules is missing or older than package-lock.json, and generates the OpenAPI documents when they are missing.
set -eu
root=$(CDPATH='' cd -P "$(dirname "$0")/.." && pwd)
cd "$root"
stamp=node_modules/.berth-installed
if [ ! -e "$stamp" ] || ! cmp -s package-lock.json "$stamp"; then
  command -v npm >/dev/null || { echo "berth: npm is missing. Install Node.js 20 or newer with npm (Debian: apt-get install nodejs npm)." >&2; exit 1; }
  echo "berth: installing npm packages (about a minute)"
  # npm deletes node_modules first: it must not run on the Node inside it.
  PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v "^$root/node_modules/" | paste -sd: -) npm ci --no-progress --loglevel=error
  cp package-lock.json "$stamp"
fi
