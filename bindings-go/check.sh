#!/usr/bin/env bash
# Formatting, vet, staticcheck and the tests of the Go modules. prepare.sh ran before.
set -euo pipefail
cd "$(dirname "$0")"
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin

unformatted=$(gofmt -l . ../tests/generated/go)
if [[ -n $unformatted ]]; then
  printf 'not formatted (gofmt -w):\n%s\n' "$unformatted" >&2
  exit 1
fi

# A panic in the library ends the test in which it happens.
export WASMSPAN_FAULTS=abort

staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.7.0
for module in . compat bindgen ../examples/go ../tests/generated/go; do
  echo "== go module $module"
  (
    cd "$module"
    go vet ./...
    go run "$staticcheck" ./...
    go test -v ./...
    # Go's own checks of what crosses into C, with fewer rounds.
    GODEBUG=cgocheck=1 GOEXPERIMENT=cgocheck2 go test -short ./...
    go test -short -race ./...
  )
done
