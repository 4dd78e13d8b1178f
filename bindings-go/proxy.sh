#!/usr/bin/env bash
# Writes the Go modules as a file proxy:  bindings-go/proxy.sh FOLDER
# Used with GOPROXY=file://FOLDER GONOSUMDB='*' go get github.com/wasmspan/wasmspan/bindings-go@v0.1.0
set -euo pipefail
folder=$(realpath -m "$1")
cd "$(dirname "$0")"
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
version=v$(sed -n 's/^version *= *"\(.*\)"/\1/p' ../Cargo.toml | head -n1)
go run ./internal/proxy "$folder" "$version"
