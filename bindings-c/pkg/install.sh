#!/usr/bin/env bash
# Installs the C libraries:  install.sh FOLDER-OF-BUILT-LIBRARIES PREFIX
set -euo pipefail
built=$1 prefix=$2
here=$(cd "$(dirname "$0")" && pwd)
c=$(dirname "$here")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

install -d "$prefix/lib/pkgconfig" "$prefix/lib/cmake/wasmedge" "$prefix/include"
install -m 755 "$built/libwasmedge.so" "$prefix/lib/libwasmedge.so.0.0.1"
ln -sf libwasmedge.so.0.0.1 "$prefix/lib/libwasmedge.so.0"
ln -sf libwasmedge.so.0 "$prefix/lib/libwasmedge.so"
install -m 755 "$built/libwasmedge_c.so" "$prefix/lib/libwasmedge_c.so"

# One object in which only the interface is visible, so that the symbols of Rust's own library meet
# no others in a program that links another Rust library.
nm -D --defined-only "$built/libwasmedge.so" | awk '{ print $3 }' >"$scratch/symbols"
sed 's/^/-u /' "$scratch/symbols" >"$scratch/roots"
ld -r --gc-sections "@$scratch/roots" -o "$scratch/wasmedge.o" "$built/libwasmedge.a"
# What was left out leaves symbols that nothing refers to, and that are no longer weak: they would make
# the other library's required. Rust's own objects carry LLVM bitcode, which plug-ins of other versions
# of LLVM choke on.
objcopy --keep-global-symbols="$scratch/symbols" --strip-unneeded -R .llvmbc -R .llvmcmd "$scratch/wasmedge.o"
rm -f "$prefix/lib/libwasmedge.a"
ar rcs "$prefix/lib/libwasmedge.a" "$scratch/wasmedge.o"

cp -R "$c/include/." "$prefix/include/"
install -m 644 "$here"/*.pc "$prefix/lib/pkgconfig"
install -m 644 "$here"/wasmedge-config*.cmake "$prefix/lib/cmake/wasmedge"
