#!/usr/bin/env bash
# Compares calls through our C interface with wasmtime's, and bindgen with the same by hand:  run.sh FOLDER-OF-LIBWASMEDGE SCRATCH-FOLDER
# wasmtime's library comes out of its Python wheel; set LIBWASMTIME to use another.
set -euo pipefail
lib=$(realpath "$1") scratch=$2
here=$(cd "$(dirname "$0")" && pwd)
version=50.0.1
mkdir -p "$scratch"
if [[ -z ${LIBWASMTIME:-} ]]; then
  LIBWASMTIME=$(find "$scratch/wasmtime" -name '_libwasmtime.so' 2>/dev/null | head -n1 || true)
  if [[ -z $LIBWASMTIME ]]; then
    python3 -m pip download -q --no-deps -d "$scratch" "wasmtime==$version"
    python3 -m zipfile -e "$scratch"/wasmtime-"$version"-*.whl "$scratch/wasmtime"
    LIBWASMTIME=$(find "$scratch/wasmtime" -name '_libwasmtime.so' | head -n1)
  fi
fi
ln -sf "$lib/libwasmedge.so" "$scratch/libwasmedge.so.0"
for program in calls bindgen; do
  gcc -O2 -std=c11 -Wall -Wextra -Werror -I "$here/../../../bindings-c/include" "$here/$program.c" \
    -o "$scratch/$program" "$scratch/libwasmedge.so.0" -Wl,-rpath,"$(realpath "$scratch")" -ldl
done
"$scratch/calls" "$LIBWASMTIME"
"$scratch/bindgen" "$here/../../wasm/bindgen-rust.wasm"
