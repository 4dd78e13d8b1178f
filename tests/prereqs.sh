#!/usr/bin/env bash
# Checks that the named tools are here and new enough:  tests/prereqs.sh rust gcc make [go] [node] [python]
# Names everything that is missing in one message, each with the command that installs it, and then fails.
set -uo pipefail

missing=()

# Is version $1 (like 1.95.0) at least $2 (like 1.95)?
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1) == "$2" ]]; }

# need NAME WANTED FOUND INSTALL: FOUND is empty if there is none.
need() {
  local name=$1 wanted=$2 found=$3 install=$4
  if [[ -z $found ]]; then
    missing+=("$name${wanted:+ $wanted or newer}: not found
      install with: $install")
  elif [[ -n $wanted ]] && ! at_least "$found" "$wanted"; then
    missing+=("$name $wanted or newer: this is $found
      install with: $install")
  fi
}

# The first thing that looks like a version number in the output of a command; empty if it cannot be run.
version() {
  command -v "$1" >/dev/null 2>&1 || return 0
  "$@" 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n1
}

python() {
  local best='' v p
  for p in python3 python3.14 python3.13 python3.12 python3.11; do
    v=$(version "$p" --version)
    [[ -n $v ]] && { [[ -z $best ]] || at_least "$v" "$best"; } && best=$v
  done
  echo "$best"
}

rust_wanted=$(sed -n 's/^rust-version *= *"\(.*\)"/\1/p' "$(dirname "$0")/../Cargo.toml" | head -n1)

for tool in "$@"; do
  case $tool in
    rust)
      if command -v rustup >/dev/null 2>&1; then
        install='rustup update stable && rustup default stable'
      else
        install='the installer of https://rustup.rs (the distribution may have an older one)'
      fi
      found=$(version rustc --version)
      [[ -n $(version cargo --version) ]] || found=
      need 'Rust (rustc and cargo)' "${rust_wanted:-1.95}" "$found" "$install"
      ;;
    gcc) need gcc '' "$(version gcc --version)" 'apt-get install gcc libc6-dev' ;;
    g++) need g++ '' "$(version g++ --version)" 'apt-get install g++' ;;
    make) need make '' "$(version make --version)" 'apt-get install make' ;;
    go) need Go 1.21 "$(version go version)" 'apt-get install golang-go (if that is older: https://go.dev/dl)' ;;
    node) need Node 20.16 "$(version node --version)" 'apt-get install nodejs npm (if that is older: https://nodejs.org)' ;;
    python) need Python 3.11 "$(python)" 'apt-get install python3 python3-venv' ;;
    *)
      echo "prereqs.sh: unknown tool '$tool'" >&2
      exit 2
      ;;
  esac
done

if ((${#missing[@]})); then
  {
    echo "This needs software that is missing here:"
    printf '  - %s\n' "${missing[@]}"
    echo "Then run the same command again."
  } >&2
  exit 1
fi
