#!/bin/sh
# Types, style, layers, banned globals, dead code; each step says what it checks. Ends non-zero when any fails.
set -u
cd "$(dirname "$0")/.." || exit 1
failed=0
step() {
  name=$1
  shift
  printf 'lint: %s\n' "$name"
  "$@" || { failed=1; printf 'lint: %s FAILED\n' "$name" >&2; }
}
step 'types (tsc)' node node_modules/typescript/bin/tsc
step 'style (biome)' biome lint --error-on-warnings --max-diagnostics=50 .
step 'layers and npm packages per folder (dependency-cruiser)' node node_modules/.bin/depcruise --config .dependency-cruiser.json --output-type err lib cri api store client apiserver scheduler controllers agent runtime-shim cli sim bench e2e scripts
step 'banned globals' node scripts/lint-globals.ts
step 'dead code (knip)' node node_modules/.bin/knip --no-progress
exit $failed
