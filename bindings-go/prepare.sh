#!/usr/bin/env bash
# Puts the C library and its header into the Go packages:  bindings-go/prepare.sh LIBRARY
#
# LIBRARY is the static libwasmedge.a that cargo built. Its objects become one, of which only the C functions
# can be seen from outside: two Rust libraries in one Go program would else clash. The header is one file
# because vendoring copies a package's own folder only.
set -euo pipefail
library=$(realpath "$1")
cd "$(dirname "$0")"

platform=linux_amd64
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One header out of several: each #include of ours becomes the file, once.
include=../bindings-c/include
flatten() {
  awk -v dir="$include" '
    function take(file,   line, name) {
      if (seen[file]++) return
      while ((getline line < file) > 0) {
        if (match(line, /^#include [<"](wasmedge|wasmspan)\//)) {
          name = line; sub(/^#include [<"]/, "", name); sub(/[>"].*/, "", name)
          take(dir "/" name)
        } else print line
      }
    }
    BEGIN { for (i = 1; i < ARGC; i++) take(dir "/" ARGV[i]) }' "$@"
}
flatten wasmedge/wasmedge.h wasmspan/wasmspan.h >"$work/wasmspan_c.h"

# Only sections that the C functions reach, in one object, without names of its own.
grep -oE '\b(WasmEdge|wasmspan)_[A-Za-z0-9_]+\(' "$work/wasmspan_c.h" | tr -d '(' | sort -u >"$work/declared"
nm -g --defined-only "$library" 2>/dev/null | awk '{ print $3 }' | sort -u | comm -12 - "$work/declared" >"$work/names"
sed 's/^/-u /' "$work/names" >"$work/roots"
ld -r --gc-sections @"$work/roots" -o "$work/all.o" "$library"
objcopy --keep-global-symbols="$work/names" --strip-unneeded \
  --remove-section=.llvmbc --remove-section=.llvmcmd "$work/all.o" "$work/wasmspan.o"
rm -f "$work/lib.a"
ar rcsD "$work/lib.a" "$work/wasmspan.o"

# The go command looks at objects, not at archives, to see what must be linked again: shim.c has this text in it.
sha256sum <"$work/lib.a" | sed 's|\([0-9a-f]*\).*|#define WASMSPAN_GO_LIBRARY "\1"|' >>"$work/wasmspan_c.h"
install -m 644 "$work/wasmspan_c.h" compat/wasmedge/wasmspan_c.h
install -m 644 "$work/lib.a" compat/wasmedge/libwasmedge_$platform.a

# The other package calls them by names of its own, so that one program can use both.
sed 's/.*/& go_&/' "$work/names" >"$work/renamed"
objcopy --redefine-syms="$work/renamed" "$work/wasmspan.o"
rm -f "$work/lib.a"
ar rcsD "$work/lib.a" "$work/wasmspan.o"
{
  echo '#ifndef WASMSPAN_GO_SYSTEM'
  sed 's/.*/#define & go_&/' "$work/names"
  echo '#endif'
  cat "$work/wasmspan_c.h"
} >"$work/renamed.h"
install -m 644 "$work/renamed.h" wasmspan_c.h
install -m 644 "$work/lib.a" lib/linux-amd64/libwasmspan.a
ls -l lib/linux-amd64/libwasmspan.a | awk '{ printf "%s: %.1f MB\n", $9, $5 / 1e6 }'
