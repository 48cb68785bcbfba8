#!/usr/bin/env bash
# Installs what is missing, builds, runs the tests. The last line says how many passed and failed.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'TEXT'
./test.sh [--all] [--coverage] [-R REGEX]
  --all      also: a real Kubernetes API server, built from Go's modules; a real Prometheus; the Debian
             package, in a minimal Debian with a real systemd; AddressSanitizer and UBSan,
             ThreadSanitizer, a short run of every fuzz target, the page in a real browser,
             the format of the sources, clang-tidy, and ./run.sh as a person uses it
  --coverage also: the share of lines that tests run, by folder, of a build of its own
  -R REGEX   only tests whose names match
Environment: FUZZ_SECONDS, of each fuzz target (20).
TEXT
}

all=false
coverage=false
only=()
while (($# > 0)); do
  case $1 in
    --all) all=true ;;
    --coverage) coverage=true ;;
    -R)
      (($# > 1)) || { usage >&2; exit 2; }
      only=(-R "$2")
      shift
      ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

source packaging/setup.sh
passed=0
failed=0

heading() { printf '== %s (%d s)\n' "$1" "$SECONDS"; }
# A step that is one test.
step() {
  local name=$1
  shift
  if logged "$name" "$@"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
  fi
}

# Counts what ctest says it ran; a failure's output is in the log, and here.
run_tests() {
  local preset=$1 junit=build/logs/$1.xml counts without=()
  # What follows a cluster is on one thread, in which ThreadSanitizer has nothing to find. What is slow
  # is so because of other programs than ours.
  case $all-$preset in
    true-dev) ;;
    true-asan) without=(-LE slow) ;;
    # The manual and what is installed run few lines that nothing else runs.
    *-coverage) without=(-LE 'cluster|slow' -E '^(arrows|docs|packaging|prometheus|e2e\.schemas)') ;;
    *) without=(-LE 'cluster|slow') ;;
  esac
  rm -f "$junit"
  # What Python's tests say at their end, how many there were, is counted.
  ctest --test-dir "build/$preset" --output-on-failure --test-output-size-passed 1000000 \
    --output-junit "$PWD/$junit" \
    --parallel "$(nproc)" "${only[@]}" "${without[@]}" >"build/logs/test-$preset.log" 2>&1 </dev/null || true
  counts=$(python3 packaging/count_tests.py "$junit")
  local ok=${counts% *} bad=${counts#* }
  passed=$((passed + ok))
  failed=$((failed + bad))
  if ((bad > 0 || ok == 0)); then
    echo "FAILED: $bad of $((ok + bad)) tests of preset $preset"
    grep -vE '^ *(Start|[0-9]+/[0-9]+ Test) .*( Passed |[0-9]: )' "build/logs/test-$preset.log" |
      tail -n 200 || true
  fi
}

test_preset() {
  heading "build $1"
  if ! build "$1"; then
    failed=$((failed + 1))
    return
  fi
  heading "test $1"
  run_tests "$1"
}

fuzz() {
  heading "build fuzz"
  if ! build fuzz fuzzers; then
    failed=$((failed + 1))
    return
  fi
  local target name
  for target in build/fuzz/tests/fuzz_* build/fuzz/tests/*/fuzz_*; do
    [[ -x $target && -f $target ]] || continue
    name=${target##*/}
    heading "$name"
    mkdir -p "build/fuzz/corpus/$name" build/fuzz/found
    step "$name" "$target" -max_total_time="${FUZZ_SECONDS:-20}" -rss_limit_mb=2048 -timeout=10 \
      -max_len=8192 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name-" \
      "build/fuzz/corpus/$name" "tests/fuzz/corpus/${name#fuzz_}"
  done
}

# Per folder, also where every folder has enough.
measure_coverage() {
  mkdir -p build/coverage
  find build/coverage -name '*.gcda' -delete
  test_preset coverage
  heading "coverage"
  step coverage packaging/coverage.py
  cat build/logs/coverage.log
}

check_format() {
  git ls-files '*.cc' '*.h' | xargs clang-format-14 --dry-run --Werror
}

sections=(build test)
{ $all || $coverage; } && sections+=(all)
install_packages "${sections[@]}"
if $all; then
  heading "build the Debian package"
  step deb packaging/deb.sh
  heading "build the API server, etcd and CoreDNS"
  step cluster tests/cluster/build.sh build/cluster
fi
test_preset dev
if $all; then
  heading "format"
  step format check_format
  heading "clang-tidy"
  step tidy packaging/tidy.py
  heading "run.sh"
  step run python3 tests/e2e/test_run.py
  test_preset asan
  test_preset tsan
  fuzz
fi
$coverage && measure_coverage
heading "end"
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
