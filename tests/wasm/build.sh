#!/usr/bin/env bash
# Builds every .wasm file of this folder from its source:  tests/wasm/build.sh [name...]
# With names, only those (for example: tests/wasm/build.sh sha256 sqlite-cli).
#
# Needs clang-19, lld-19, wasi-libc and libclang-rt-19-dev-wasm32; for hello-rust, net-rust and toolchain-rust also Debian's
# rustc and cargo with libstd-rust-dev-wasm32; for the other toolchain-* libc++-19-dev-wasm32, rustup, Go and npm; for
# fibonacci.wasm and the third-party sources (pinned below, taken from crates) cargo.
# As root on Debian, missing packages are installed. Nothing third-party is stored in the repository.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
work=${WASM_BUILD_DIR:-${TMPDIR:-/tmp}/wasmspan-guests}
mkdir -p "$work"

packages=(clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 rustc cargo libstd-rust-dev-wasm32
  libc++-19-dev-wasm32 libc++abi-19-dev-wasm32)
missing=()
for p in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
if ((${#missing[@]})); then
  if [[ $(id -u) == 0 ]]; then
    apt-get update -qq && apt-get install -y --no-install-recommends "${missing[@]}"
  else
    echo "missing packages; install them with: sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
fi

wanted=("$@")
want() { # is this one to be built?
  ((${#wanted[@]} == 0)) && return 0
  local w
  for w in "${wanted[@]}"; do [[ $w == "$1" ]] && return 0; done
  return 1
}

# The same bytes wherever the repository lies: no paths, no version notes.
flags=(--target=wasm32-wasi -O2 -DNDEBUG -fno-ident "-ffile-prefix-map=$here=." "-ffile-prefix-map=$work=third-party" -Isrc)
quiet=(-w) # third-party code warns on its own account
reactor=(-mexec-model=reactor)
strip=(-Wl,--strip-all)
keep_names=(-Wl,--strip-debug)
stack=(-Wl,-z,stack-size=1048576)
cc() { # cc OUTPUT ARG...
  local out=$1
  shift
  want "$out" || return 0
  echo "  $out.wasm"
  clang-19 "${flags[@]}" "$@" -o "$out.wasm"
}

# --- third-party sources, by crate -------------------------------------------------------------------------------
third_party() { # fetches the crates once; sets sqlite, zstd, bzip2, lua, quickjs
  local dir=$work/crates
  mkdir -p "$dir"
  cat >"$dir/Cargo.toml" <<'TOML'
[package]
name = "guest-sources"
version = "0.0.0"
edition = "2021"
[lib]
path = "lib.rs"
[dependencies]
libsqlite3-sys = "=0.39.1"
zstd-sys = "=2.1.2"
bzip2-sys = "=0.1.13"
lua-src = "=551.1.0"
rquickjs-sys = "=0.14.0"
[workspace]
TOML
  : >"$dir/lib.rs"
  [[ -d $dir/vendor ]] || (cd "$dir" && cargo vendor --quiet vendor >/dev/null)
  sqlite=$dir/vendor/libsqlite3-sys/sqlite3
  zstd=$dir/vendor/zstd-sys/zstd/lib
  bzip2=$(echo "$dir"/vendor/bzip2-sys/bzip2-*)
  lua=$dir/vendor/lua-src/lua-5.4.9
  quickjs=$dir/vendor/rquickjs-sys/quickjs
}
need_third_party=0
for n in sqlite-bench sqlite-cli zstd-bench bzip2-bench lua-bench lua-cli quickjs-bench; do want $n && need_third_party=1; done
((need_third_party)) && third_party

# --- our own programs --------------------------------------------------------------------------------------------
own=(-Wall -Wextra -Werror)
cc hello-c "${own[@]}" "${keep_names[@]}" src/hello-c.c
cc files "${own[@]}" "${strip[@]}" src/files.c
cc http-echo "${own[@]}" "${strip[@]}" src/http-echo.c
cc invert "${own[@]}" "${strip[@]}" src/invert.c
cc strings-c "${own[@]}" "${reactor[@]}" "${strip[@]}" src/strings-c.c
cc libc-cases "${own[@]}" "${strip[@]}" -D_GNU_SOURCE -Wno-format -Wno-implicit-float-conversion -lm src/libc-cases.c
cc io-bench "${own[@]}" "${reactor[@]}" "${strip[@]}" src/io-bench.c
cc trap-debug "${own[@]}" -g -fdebug-compilation-dir=. -nostdlib -Wl,--no-entry src/trap-debug.c
cc nbody "${own[@]}" "${reactor[@]}" "${keep_names[@]}" src/nbody.c
for name in fannkuch matmul sha256 crc32 bignum quicksort hashtable json regex; do
  cc "$name" "${own[@]}" "${reactor[@]}" "${strip[@]}" "src/$name.c"
done
for name in mandelbrot-simd chacha-simd; do
  cc "$name" "${own[@]}" "${reactor[@]}" "${strip[@]}" -msimd128 "src/$name.c"
done

# --- programs around third-party code ----------------------------------------------------------------------------
if ((need_third_party)); then
  sqlite_flags=("-I$sqlite" "${quiet[@]}" -DSQLITE_THREADSAFE=0 -DSQLITE_TEMP_STORE=3 -DSQLITE_OMIT_LOAD_EXTENSION
    -DSQLITE_OMIT_WAL -DSQLITE_OMIT_DEPRECATED -DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_OMIT_LOCALTIME)
  cc sqlite-bench "${reactor[@]}" "${strip[@]}" "${stack[@]}" "${sqlite_flags[@]}" -DSQLITE_OS_OTHER=1 \
    src/sqlite-memory-vfs.c "$sqlite/sqlite3.c" src/sqlite-bench.c
  cc sqlite-cli "${strip[@]}" "${stack[@]}" "${sqlite_flags[@]}" "$sqlite/sqlite3.c" src/sqlite-cli.c

  cc zstd-bench "${reactor[@]}" "${strip[@]}" "${stack[@]}" "${quiet[@]}" "-I$zstd" -DZSTD_DISABLE_ASM -DZSTD_NO_TRACE \
    "$zstd"/common/*.c "$zstd"/compress/*.c "$zstd"/decompress/*.c src/zstd-bench.c

  cc bzip2-bench "${reactor[@]}" "${strip[@]}" "${quiet[@]}" "-I$bzip2" -DBZ_NO_STDIO \
    "$bzip2"/{blocksort,huffman,crctable,randtable,compress,decompress,bzlib}.c src/bzip2-bench.c

  lua_flags=("${quiet[@]}" -Isrc/lua-port "-I$lua" -include src/lua-port/port.h
    "$lua"/{lapi,lcode,lctype,ldebug,ldo,ldump,lfunc,lgc,llex,lmem,lobject,lopcodes,lparser,lstate,lstring,ltable,ltm,lundump,lvm,lzio}.c
    "$lua"/{lauxlib,lbaselib,lstrlib,ltablib,lmathlib,lutf8lib}.c src/lua-port/no-files.c)
  cc lua-bench "${reactor[@]}" "${strip[@]}" "${stack[@]}" "${lua_flags[@]}" src/lua-bench.c
  cc lua-cli "${keep_names[@]}" "${stack[@]}" "${lua_flags[@]}" src/lua-cli.c

  cc quickjs-bench "${reactor[@]}" "${strip[@]}" "${stack[@]}" "${quiet[@]}" "-I$quickjs" -D_GNU_SOURCE -DEMSCRIPTEN=1 \
    -DFE_DOWNWARD=0 -DFE_UPWARD=0 "$quickjs"/{quickjs,libregexp,libunicode,dtoa}.c src/quickjs-bench.c
fi

# --- Rust and text -----------------------------------------------------------------------------------------------
if want hello-rust; then
  echo "  hello-rust.wasm"
  # lld-19 warns of the metadata member in this older standard library's archives; rustc would make that fatal.
  /usr/bin/rustc --target wasm32-wasi -C opt-level=2 -C panic=abort -C strip=debuginfo -C linker=wasm-ld-19 \
    -C link-arg=--no-fatal-warnings --remap-path-prefix="$here=." -o hello-rust.wasm src/hello-rust.rs
fi
cc toolchain-c "${own[@]}" "${strip[@]}" src/toolchain.c
if want toolchain-cpp; then
  echo "  toolchain-cpp.wasm"
  clang++-19 "${flags[@]}" "${own[@]}" -fno-exceptions "${strip[@]}" -o toolchain-cpp.wasm src/toolchain.cpp
fi
rust=(-C opt-level=s -C panic=abort -C lto -C strip=symbols --edition 2021 "--remap-path-prefix=$here=.")
if want toolchain-rust; then
  echo "  toolchain-rust.wasm"
  /usr/bin/rustc --target wasm32-wasi "${rust[@]}" -C linker=wasm-ld-19 -C link-arg=--no-fatal-warnings \
    -o toolchain-rust.wasm src/toolchain.rs
fi
if want toolchain-rust-wasip1; then
  echo "  toolchain-rust-wasip1.wasm"
  rustup target add --toolchain 1.95.0 wasm32-wasip1 >/dev/null 2>&1
  rustc +1.95.0 --target wasm32-wasip1 "${rust[@]}" -o toolchain-rust-wasip1.wasm src/toolchain.rs
fi
if want toolchain-go; then
  echo "  toolchain-go.wasm"
  GOOS=wasip1 GOARCH=wasm go build -trimpath -ldflags='-s -w -buildid=' -o toolchain-go.wasm src/toolchain.go
fi
if want toolchain-assemblyscript; then
  echo "  toolchain-assemblyscript.wasm"
  dir=$work/assemblyscript
  mkdir -p "$dir"
  cp src/toolchain.ts "$dir"
  (cd "$dir" && npm install --silent --no-save assemblyscript@0.28.20 @assemblyscript/wasi-shim@0.1.0 >/dev/null 2>&1 &&
    npx --no-install asc toolchain.ts --config node_modules/@assemblyscript/wasi-shim/asconfig.json -O --noAssert -o out.wasm)
  cp "$dir/out.wasm" toolchain-assemblyscript.wasm
fi
if want strings-assemblyscript; then
  echo "  strings-assemblyscript.wasm"
  dir=$work/assemblyscript
  mkdir -p "$dir"
  cp src/strings-assemblyscript.ts "$dir"
  (cd "$dir" && npm install --silent --no-save assemblyscript@0.28.20 @assemblyscript/wasi-shim@0.1.0 >/dev/null 2>&1 &&
    npx --no-install asc strings-assemblyscript.ts --exportRuntime --use abort= --runtime incremental -O --noAssert \
      -o strings.wasm)
  cp "$dir/strings.wasm" strings-assemblyscript.wasm
fi
if want bindgen-rust; then
  echo "  bindgen-rust.wasm"
  rustup target add --toolchain 1.95.0 wasm32-wasip1 >/dev/null 2>&1
  RUSTFLAGS="--remap-path-prefix=$here=. --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo" \
    CARGO_TARGET_DIR=$work/bindgen-rust cargo +1.95.0 build --quiet --locked --release --target wasm32-wasip1 \
    --manifest-path src/bindgen-rust/Cargo.toml
  cp "$work/bindgen-rust/wasm32-wasip1/release/bindgen_rust.wasm" bindgen-rust.wasm
fi
if want net-rust; then
  echo "  net-rust.wasm"
  dir=$work/net-rust
  rm -rf "$dir" && cp -r src/net-rust "$dir" && mkdir "$dir/.cargo"
  # Fetched with the newer cargo, since the old one can't read the registry; built offline with the old one.
  (cd "$dir" && cargo vendor --quiet --locked vendor >/dev/null)
  printf '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor"\n' >"$dir/.cargo/config.toml"
  (cd "$dir" && RUSTC=/usr/bin/rustc CARGO_TARGET_DIR="$dir/target" RUSTFLAGS="-C linker=wasm-ld-19
    -C link-arg=--no-fatal-warnings --remap-path-prefix=$dir=." \
    /usr/bin/cargo build --quiet --offline --locked --release --target wasm32-wasi)
  cp "$dir/target/wasm32-wasi/release/net-rust.wasm" .
fi
if want fibonacci; then
  echo "  fibonacci.wasm"
  dir=$work/wat
  mkdir -p "$dir/src"
  cat >"$dir/Cargo.toml" <<'TOML'
[package]
name = "wat-to-wasm"
version = "0.0.0"
edition = "2021"
[dependencies]
wat = "1"
[workspace]
TOML
  cat >"$dir/src/main.rs" <<'RS'
fn main() {
    let args: Vec<String> = std::env::args().collect();
    std::fs::write(&args[2], wat::parse_file(&args[1]).unwrap()).unwrap();
}
RS
  CARGO_TARGET_DIR="$dir/target" cargo run --quiet --manifest-path "$dir/Cargo.toml" -- fibonacci.wat fibonacci.wasm
fi
chmod 644 ./*.wasm
echo "built in $here"
