#!/usr/bin/env bash
# Runs the unit tests of WasmEdge's own Rust crates against our C libraries:  run.sh FOLDER-OF-BUILT-LIBRARIES SCRATCH-FOLDER
# The crates come from the registry, with the versions of what they need that they were published with. A test
# that fails and is not in known-failures.txt is a failure, and so is one that is there and succeeds.
set -euo pipefail
built=$(realpath "$1") scratch=$(mkdir -p "$2" && realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
root=$(realpath "$here/../..")
guests=$root/tests/wasm

# They make their bindings from our headers, with libclang, whose own headers may not be there.
if [[ -z ${LIBCLANG_PATH:-} ]]; then
  LIBCLANG_PATH=$(dirname "$(find /usr/lib/llvm-*/lib -name 'libclang.so*' 2>/dev/null | sort | head -n1)")
  if [[ $LIBCLANG_PATH == . ]]; then
    echo 'the tests of clients need libclang: apt-get install libclang1-14' >&2
    exit 1
  fi
fi
export LIBCLANG_PATH BINDGEN_EXTRA_CLANG_ARGS="-I$(gcc -print-file-name=include)"

"$root/bindings-c/pkg/install.sh" "$built" "$scratch/dist"
export WASMEDGE_LIB_DIR=$scratch/dist/lib LD_LIBRARY_PATH=$scratch/dist/lib CARGO_TARGET_DIR=$scratch/target

# The modules that their tests look for, in the layout of WasmEdge's repository.
export WASMEDGE_DIR=$scratch/repository
put() { mkdir -p "$(dirname "$WASMEDGE_DIR/$2")" && cp "$1" "$WASMEDGE_DIR/$2"; }
for folder in bindings/rust/wasmedge-{sys,sdk}/{examples,tests}/data examples/wasm; do
  for name in fibonacci test; do
    put "$guests/fibonacci.wat" "$folder/$name.wat"
    put "$guests/fibonacci.wasm" "$folder/$name.wasm"
  done
  put "$here/import.wat" "$folder/import.wat"
  put "$here/import.wasm" "$folder/import.wasm"
done
put "$guests/fibonacci.wasm" test/api/apiTestData/test.wasm

# The source of a crate, in a folder of its own; cargo runs no unit tests of what it has downloaded.
source_of() {
  local name=$1 version=$2 folder=$scratch/$1-$2 asking=$scratch/ask-$1-$2 manifest
  [[ -d $folder ]] && return
  mkdir -p "$asking/src" && touch "$asking/src/lib.rs"
  printf '[package]\nname = "ask"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n%s = "=%s"\n[workspace]\n' \
    "$name" "$version" >"$asking/Cargo.toml"
  manifest=$(cargo metadata --quiet --format-version 1 --manifest-path "$asking/Cargo.toml" |
    grep -oE "\"manifest_path\":\"[^\"]*/$name-$version/Cargo.toml\"" | head -n1 | cut -d'"' -f4)
  cp -R "$(dirname "$manifest")" "$folder.new"
  chmod -R u+w "$folder.new"
  # What their bindings do to find offsets is an error for compilers of today.
  printf '\n[workspace]\n[lints.rust]\nderef_nullptr = "allow"\n' >>"$folder.new/Cargo.toml"
  mv "$folder.new" "$folder"
}

failed=0
# tests NAME VERSION HEADERS LEAST FEATURES: at least so many tests must succeed.
tests() {
  local name=$1 version=$2 headers=$3 least=$4 features=$5 log=$scratch/$1-$2.log good known bad
  source_of "$name" "$version"
  rm -f "$scratch/$name-$version"/test_aot*
  (
    cd "$scratch/$name-$version"
    WASMEDGE_INCLUDE_DIR=$headers cargo test --quiet --locked --lib --features "$features" --no-run
    WASMEDGE_INCLUDE_DIR=$headers RUST_BACKTRACE=0 \
      timeout 300 cargo test --quiet --locked --lib --features "$features" -- --format pretty --skip bindgen_test_layout
  ) >"$log" 2>&1 || true
  good=$(grep -cE '^test .* \.\.\. ok$' "$log" || true)
  bad=$(sed -nE 's/^test (.*) \.\.\. FAILED$/\1/p' "$log" | sort)
  known=$(sed -nE "s/^$name $version ([^ ]+) .*/\1/p" "$here/known-failures.txt" | sort)
  echo "$name $version: $good tests succeed, $(wc -w <<<"$bad") fail"
  if ! grep -q '^test result:' "$log"; then
    echo "$name $version did not come to an end:" && tail -n 20 "$log"
    failed=1
  elif [[ $bad != "$known" || $good -lt $least ]]; then
    echo "at least $least must succeed, and exactly these fail (-), not those (+):"
    diff <(echo "$known") <(echo "$bad") | sed -n 's/^</-/p;s/^>/+/p' || true
    failed=1
  fi
}

tests wasmedge-sys 0.12.2 "$scratch/dist/include" 83 aot,async
tests wasmedge-sdk 0.7.1 "$scratch/dist/include" 51 aot,async
tests wasmedge-sys 0.8.0 "$scratch/dist/include/wasmedge-0.10" 78 aot
tests wasmedge-sdk 0.3.0 "$scratch/dist/include/wasmedge-0.10" 45 aot
exit $failed
