#!/bin/bash
# Measures Ostler beside kube-rs and controller-runtime, in one run on one API server, driver after driver within each repetition.
#   KUBEBUILDER_ASSETS=DIR test/bench/peers/run.sh PEERS_DIR [REPS]
# PEERS_DIR is a scratch copy of the peers harness: it is built in place where it is not yet, and gets Ostler as drivers/ostler.
# DRIVERS names others; BENCH_PORT (default 24443; the next two are etcd's) and OSTLER_PORT move the ports.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) repo=$(cd "$(dirname "$0")/../../.." && pwd)
peers=$(cd "${1:?PEERS_DIR, a scratch copy of the peers harness}" && pwd) reps=${2:-5}
[ -x "$peers/bench.sh" ] && [ -w "$peers/drivers" ] || { echo "$peers is no writable copy of the peers harness" >&2; exit 1; }
read -ra drivers <<<"${DRIVERS:-kube-rs controller-runtime ostler}"

export KUBE_BIN=${KUBEBUILDER_ASSETS:?folder with etcd, kube-apiserver and kubectl}
export BENCH_PORT=${BENCH_PORT:-24443} BENCH_STATE=${BENCH_STATE:-$peers/.state} BENCH_OUT=${BENCH_OUT:-$peers/ostler-results.jsonl}
export NODE=${NODE:-$repo/node_modules/node/bin/node} OSTLER=${OSTLER:-$repo/dist/ostler.js}

build() {
  [ -x "$peers/.build/bench" ] || (cd "$peers/harness" && go build -o ../.build/bench .)
  [ -x "$peers/drivers/controller-runtime/bin/widget-controller-runtime" ] ||
    (cd "$peers/drivers/controller-runtime" && go build -o bin/widget-controller-runtime .)
  [ -x "$peers/drivers/kube-rs/target/release/widget-kube-rs" ] || (cd "$peers/drivers/kube-rs" && cargo build --release --locked)
  [ -f "$OSTLER" ] || (cd "$repo" && npm run -s build)
  rm -rf "$peers/drivers/ostler" && cp -r "$here/driver" "$peers/drivers/ostler"
}

measure() { # measure MEASURE SUFFIX [flags]: each driver once, as often as there are repetitions
  local name=$1 suffix=$2 driver
  shift 2
  for _ in $(seq "$reps"); do
    for driver in "${drivers[@]}"; do
      "$peers/bench.sh" "$name" "$driver$suffix" -payload 1024 -reps 1 "$@" >/dev/null || echo "failed: $name $driver" >&2
    done
  done
}

build
rm -f "$BENCH_OUT"
trap '"$peers/env/down.sh"' EXIT
"$peers/env/up.sh" >/dev/null
measure sync '' -n 1000   # with the next one: what an object costs
measure sync '' -n 10000
measure burst @16 -n 2000 # CPU per status that is written
"$peers/.build/bench" report "$BENCH_OUT"
"$NODE" "$here/summary.ts" "$BENCH_OUT"
