#!/usr/bin/env bash
# Runs the programs of the demonstration and makes one table of their lines:  examples/demo.sh FOLDER PYTHON
#
# FOLDER has the programs of Rust, C and Go: demo, demo-c and demo-go. Fails if a line is wrong or missing.
set -uo pipefail
cd "$(dirname "$0")/.."
folder=$1 python=$2

{
  status=0
  "$folder/demo" || status=1
  "$folder/demo-c" || status=1
  "$python" examples/python/demo.py || status=1
  node examples/node/demo.mjs || status=1
  "$folder/demo-go" || status=1
  exit $status
} | awk -v languages='Rust C Python Node.js Go' '
  # The columns are as wide as the programs print them.
  function column(from, width,   text) { text = substr($0, from, width); gsub(/^ +| +$/, "", text); return text }
  {
    what = column(10, 34)
    if (!(what in lines)) order[++tasks] = what
    lines[what] = lines[what] $0 "\n"
    got[column(1, 8), what] = column(68, 22)
    if ($NF != "ok") wrong++
  }
  END {
    count = split(languages, names, " ")
    printf "%-8s %-34s %22s %22s %11s\n", "language", "what", "expected", "got", "time"
    for (task = 1; task <= tasks; task++) printf "%s", lines[order[task]]
    for (task = 1; task <= tasks; task++)
      for (name = 1; name <= count; name++) {
        what = order[task]
        if (!((names[name], what) in got)) { print "missing: " names[name] ": " what; wrong++ }
        else if (got[names[name], what] != got[names[1], what]) { print "differs: " names[name] ": " what; wrong++ }
      }
    if (!tasks || wrong) { print "Not all languages agree."; exit 1 }
    print "All " count " languages agree on all " tasks " results."
  }'
