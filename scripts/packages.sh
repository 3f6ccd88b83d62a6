#!/bin/sh
# packages.sh install run|test   installs the missing Debian packages (run: to run a cluster; test: also to test) and names them
# packages.sh remove             removes those that this script installed, and nothing else
set -eu
root=$(CDPATH='' cd -P "$(dirname "$0")/.." && pwd)
record=$root/build/installed-packages

run_packages='crun runc conmon containernetworking-plugins iptables busybox-static iproute2 ca-certificates libatomic1 libstdc++6'
test_packages='wrk etcd-server etcd-client openssl procps'

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install() {
  missing=
  for package in $1; do
    is_installed "$package" || missing="$missing $package"
  done
  [ -z "$missing" ] && return 0
  command -v apt-get >/dev/null || { echo "berth: these packages are missing and there is no apt-get here:$missing" >&2; exit 1; }
  [ "$(id -u)" = 0 ] || { echo "berth: these packages are missing:$missing. Run this as root, or: sudo apt-get install$missing" >&2; exit 1; }
  echo "berth: installing Debian packages:$missing"
  mkdir -p "$root/build"
  # A policy that forbids starting services: etcd's own must not run beside ours.
  policy=/usr/sbin/policy-rc.d
  made_policy=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made_policy=$policy
  fi
  trap '[ -z "$made_policy" ] || rm -f "$made_policy"' EXIT INT TERM
  before=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p')
  log=$root/build/apt.log
  # shellcheck disable=SC2086 # a list of names
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >"$log" 2>&1; then
    if ! { apt-get update >>"$log" 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >>"$log" 2>&1; }; then
      tail -n 20 "$log" >&2
      echo "berth: apt-get could not install:$missing (whole log: $log)" >&2
      exit 1
    fi
  fi
  dpkg-query -W -f='${Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p' | while read -r package; do
    printf '%s\n' "$before" | grep -qxF "$package" || printf '%s\n' "$package"
  done >>"$record"
  [ -z "$made_policy" ] || rm -f "$made_policy"
  made_policy=
}

remove() {
  [ -s "$record" ] || return 0
  packages=$(sort -u "$record" | tr '\n' ' ')
  echo "berth: removing the Debian packages that it installed: $packages"
  # shellcheck disable=SC2086 # a list of names
  DEBIAN_FRONTEND=noninteractive apt-get purge -y $packages >"$root/build/apt.log" 2>&1 || { tail -n 20 "$root/build/apt.log" >&2; exit 1; }
  rm -f "$record"
}

case ${1-} in
  install)
    case ${2-} in
      run) install "$run_packages" ;;
      test) install "$run_packages $test_packages" ;;
      *) echo "usage: packages.sh install run|test" >&2; exit 2 ;;
    esac
    ;;
  remove) remove ;;
  *) echo "usage: packages.sh install run|test | remove" >&2; exit 2 ;;
esac
