#!/bin/sh
# supervise.sh PIDFILE LOGFILE COMMAND…   runs COMMAND and starts it again when it ends: after 0.2 s, doubling to 10 s,
# from the start again once it ran for 30 s. TERM ends both. PIDFILE holds the child's pid.
pidfile=$1
log=$2
shift 2
child=
stopping=
trap 'stopping=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
trap '' HUP
delay_ms=200
while [ -z "$stopping" ]; do
  began=$(date +%s)
  "$@" >>"$log" 2>&1 </dev/null &
  child=$!
  printf '%s\n' "$child" >"$pidfile.new" && mv "$pidfile.new" "$pidfile"
  # `wait` returns early when a signal arrives: wait until the child is really gone.
  wait "$child"
  code=$?
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    code=$?
  done
  child=
  rm -f "$pidfile"
  [ -n "$stopping" ] && break
  [ $(($(date +%s) - began)) -ge 30 ] && delay_ms=200
  printf '{"level":50,"name":"supervise","msg":"%s ended with code %s; starting it again in %s ms"}\n' "$3" "$code" "$delay_ms" >>"$log"
  sleep "$((delay_ms / 1000)).$(printf '%03d' $((delay_ms % 1000)))" &
  wait $!
  delay_ms=$((delay_ms * 2))
  [ "$delay_ms" -gt 10000 ] && delay_ms=10000
done
exit 0
