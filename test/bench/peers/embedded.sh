#!/bin/bash
# Other frameworks' programs, unchanged, on the embedded API server: each makes N Widgets' statuses match, at start and while all
# of them change. Ends with 1 where one does not; the numbers are what the same machine measures, and not compared.
#   KUBEBUILDER_ASSETS=DIR test/bench/peers/embedded.sh PEERS_DIR [N]
# PEERS_DIR is a writable copy of the peers harness: it is built in place where it is not yet. DRIVERS names others.
set -euo pipefail
repo=$(cd "$(dirname "$0")/../../.." && pwd)
peers=$(cd "${1:?PEERS_DIR, a scratch copy of the peers harness}" && pwd) n=${2:-200}
kubectl=${KUBEBUILDER_ASSETS:?folder with kubectl}/kubectl
read -ra drivers <<<"${DRIVERS:-controller-runtime@4 controller-runtime-typed kube-rs kopf kopf-event client-node@4 fluent-client}"
export NODE=${NODE:-$repo/node_modules/node/bin/node} BENCH_OUT=/dev/null
BENCH_STATE=$(mktemp -d)
export BENCH_STATE

build() {
  [ -x "$peers/.build/bench" ] || (cd "$peers/harness" && go build -o ../.build/bench .)
  cd "$peers/drivers"
  [ -x controller-runtime/bin/widget-controller-runtime ] || (cd controller-runtime && go build -o bin/widget-controller-runtime .)
  [ -x kube-rs/target/release/widget-kube-rs ] || (cd kube-rs && cargo build --release --locked)
  [ -d kopf/.venv ] || (cd kopf && python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt)
  for each in client-node fluent-client; do [ -d $each/node_modules ] || (cd $each && npm ci --ignore-scripts); done
}

start_server() {
  (cd "$repo" && exec "$NODE" --disable-sigusr1 runtime/cli/main.ts apiserver --kubeconfig-out "$BENCH_STATE/kubeconfig.yaml") >"$BENCH_STATE/log" 2>&1 &
  server=$!
  for _ in $(seq 300); do
    [ ! -s "$BENCH_STATE/kubeconfig.yaml" ] || break
    kill -0 $server || { cat "$BENCH_STATE/log" >&2; exit 1; }
    sleep 0.1
  done
  "$kubectl" config view --raw -o json --kubeconfig "$BENCH_STATE/kubeconfig.yaml" >"$BENCH_STATE/kubeconfig"
  export KUBECONFIG=$BENCH_STATE/kubeconfig
  "$kubectl" apply -f "$peers/env/widget-crd.yaml"
  "$kubectl" wait --for=condition=Established crd/widgets.bench.example.com --timeout=30s
  "$kubectl" create namespace bench
}

# How many Widgets' statuses are behind their specs.
stale() {
  "$kubectl" get widgets -A -o jsonpath='{range .items[*]}{.metadata.generation}={.status.observedGeneration} {.spec.size}={.status.size}{"\n"}{end}' |
    awk -F'[= ]' '$1 != $2 || $3 != $4 { behind++ } END { print behind + 0 }'
}

build
start_server
trap 'kill $server; rm -rf "$BENCH_STATE"' EXIT
failed=0
for driver in "${drivers[@]}"; do
  if measured=$(cd "$peers" && timeout 180 ./bench.sh burst "$driver" -n "$n" -reps 1 2>"$BENCH_STATE/err") && [ "$(stale)" = 0 ]; then
    echo "$driver: $n of $n, $(grep -o '"converged_s":[0-9.]*' <<<"$measured")"
  else
    failed=1
    echo "$driver: $(stale) of $n are behind; $(tail -3 "$BENCH_STATE/err")"
  fi
done
exit $failed
