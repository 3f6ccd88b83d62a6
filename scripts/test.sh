#!/bin/sh
# test.sh        lint, unit tests, store conformance, the e2e set on the embedded store, its kill-and-heal part on etcd
# test.sh e2e    the whole e2e set on both stores
# test.sh soak   the long rounds
# Ends with `N passed, N failed`. As root on Debian 12 with kubectl 1.31 or newer nothing is skipped: a skip fails the run.
set -u
cd "$(dirname "$0")/.." || exit 1
what=${1:-test}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT INT TERM

passed=0 failed=0 skipped=0

# tap NAME FILE: adds the counts of a TAP report
tap() {
  ok=$(grep -c '^ok ' "$2")
  skip=$(grep -cE '^ok .*# SKIP' "$2")
  bad=$(grep -c '^not ok ' "$2")
  passed=$((passed + ok - skip)) failed=$((failed + bad)) skipped=$((skipped + skip))
  printf '%s: %s passed, %s failed, %s skipped\n' "$1" "$((ok - skip))" "$bad" "$skip"
}

# run_ava NAME ARGS…: runs AVA with a readable report; counts from TAP
run_ava() {
  name=$1
  shift
  echo "== $name"
  ava --tap "$@" >"$results/$name.tap" 2>"$results/$name.err"
  code=$?
  grep -E -A 40 '^not ok ' "$results/$name.tap" | head -n 400
  if [ "$code" -ne 0 ] && ! grep -q '^not ok ' "$results/$name.tap"; then
    tail -n 40 "$results/$name.tap" "$results/$name.err"
    failed=$((failed + 1))
  fi
  tap "$name" "$results/$name.tap"
}

case $what in
  test)
    if scripts/lint.sh; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    run_ava unit
    run_ava e2e --config e2e/ava.config.js
    ;;
  e2e) BERTH_E2E_STORES=embedded,etcd run_ava e2e --config e2e/ava.config.js ;;
  soak) BERTH_E2E_STORES=embedded,etcd run_ava soak --config e2e/ava.soak.config.js ;;
  *) echo "usage: test.sh [e2e|soak]" >&2; exit 2 ;;
esac

if [ "$skipped" -gt 0 ] && [ "$(id -u)" = 0 ] && grep -q '^12' /etc/debian_version 2>/dev/null; then
  echo 'tests were skipped on a machine where none may be:'
  grep -hE '^ok .*# SKIP' "$results"/*.tap
  failed=$((failed + skipped)) skipped=0
fi
if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
