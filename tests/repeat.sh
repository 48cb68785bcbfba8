#!/usr/bin/env bash
# Runs tests many times in a row beside busy loops, until one fails: what depends on time shows.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'TEXT'
tests/repeat.sh [-n TIMES] [--busy LOOPS] [--preset PRESET] REGEX
  -n TIMES         how often each test runs (30)
  --busy LOOPS     processes that use a CPU each meanwhile (2)
  --preset PRESET  whose build is tested, which has to be there (dev)
  REGEX            the tests, by name, as of ctest -R
TEXT
}

times=30
busy=2
preset=dev
while (($# > 1)); do
  case $1 in
    -n) times=$2 ;;
    --busy) busy=$2 ;;
    --preset) preset=$2 ;;
    *) break ;;
  esac
  shift 2
done
[[ $# == 1 && $1 != -* ]] || { usage >&2; exit 2; }

loops=()
# The shell's word on the loops that it ends is not wanted.
end() {
  for loop in "${loops[@]}"; do kill "$loop" && wait "$loop" || true; done 2>/dev/null
}
trap end EXIT
for ((i = 0; i < busy; ++i)); do
  while :; do :; done &
  loops+=($!)
done
ctest --test-dir "build/$preset" -R "$1" --repeat "until-fail:$times" --output-on-failure \
  --no-tests=error --stop-on-failure
