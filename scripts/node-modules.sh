#!/bin/sh
# Installs the npm packages of package-lock.json when node_modules is missing or of another lock, and generates the OpenAPI documents when
# they are missing or old, and the compiled code.
set -eu
root=$(CDPATH='' cd -P "$(dirname "$0")/.." && pwd)
cd "$root"
stamp=node_modules/.berth-installed
if [ ! -e "$stamp" ] || ! cmp -s package-lock.json "$stamp"; then
  command -v npm >/dev/null || { echo "berth: npm is missing. Install Node.js 20 or newer with npm (Debian: apt-get install nodejs npm)." >&2; exit 1; }
  echo "berth: installing npm packages (about a minute)"
  # It must not run on the Node inside node_modules, which it may replace. `npm ci` would refuse a registry that lacks packages of other platforms.
  PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v "^$root/node_modules/" | paste -sd: -) npm install --no-save --ignore-scripts --no-progress --loglevel=error
  cp package-lock.json "$stamp"
fi
case $(uname -m) in aarch64 | arm64) arch=arm64 ;; *) arch=x64 ;; esac
node=node_modules/node-linux-$arch/bin/node
[ -x "$node" ] || node=node
# The OpenAPI documents are made from the kinds and the client package's descriptions.
if [ ! -e build/openapi ] || [ -n "$(find api scripts/generate-openapi.ts package-lock.json -newer build/openapi -name '*.t*' ! -name '*.test.ts' -print -quit)" ]; then
  "$node" --disable-warning=ExperimentalWarning scripts/generate-openapi.ts
fi
# What processes compile themselves they keep their compiler for: 30 MiB in each. So JavaScript is made for them beforehand; the CLI starts with compiled code.
warmed=node_modules/.cache/compile/.warmed
if [ ! -e "$warmed" ] || [ ! -e node_modules/.cache/stripped/loader.mjs ] || [ -n "$(find agent api apiserver cli client controllers cri lib runtime-shim scheduler store -newer "$warmed" -name '*.ts' ! -name '*.test.ts' -print -quit)" ]; then
  mkdir -p node_modules/.cache/compile
  # Before the work: a file that is changed meanwhile is newer.
  touch "$warmed.new"
  "$node" --disable-warning=ExperimentalWarning scripts/strip-types.ts || echo "berth: no JavaScript could be made beforehand (see above); processes make it at their start" >&2
  NODE_COMPILE_CACHE=$root/node_modules/.cache/compile "$node" --disable-warning=ExperimentalWarning scripts/warm-compile-cache.ts && mv "$warmed.new" "$warmed" || echo "berth: not all could be compiled beforehand (see above); what is needed is compiled at its start" >&2
fi
