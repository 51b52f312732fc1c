#!/usr/bin/env bash
# Lets the fuzzer look for text that breaks a promise, for FUZZ_SECONDS (60) on each target; `fuzz/run.sh TARGET…` for some.
# A crash stays in fuzz/artifacts/, and the line under the table says how to see it again.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${SLUICE_TOOLS:-$repo/.tools}
seconds=${FUZZ_SECONDS:-60}
cd "$repo"

if ! command -v cargo-fuzz >/dev/null && [ ! -x "$tools/bin/cargo-fuzz" ]; then
  echo "fuzz: installing cargo-fuzz" >&2
  cargo install --quiet --locked --root "$tools" cargo-fuzz
fi
export PATH="$tools/bin:$PATH"

cargo run --quiet --locked -p sluice-promises --bin fuzz_seeds -- fuzz/corpus
# The fuzzer's instrumentation is a flag that only unstable compilers take, or stable ones that are told to.
export RUSTC_BOOTSTRAP=1
cargo fuzz build --sanitizer none

if [ $# = 0 ]; then mapfile -t targets < <(cargo fuzz list); else targets=("$@"); fi
table= again=
for target in "${targets[@]}"; do
  log=fuzz/artifacts/$target.log
  mkdir -p "fuzz/artifacts/$target" "fuzz/corpus/$target"
  before=$(ls "fuzz/artifacts/$target")
  status=ok
  # Memory and time of one input are limited, too: what hangs or swells is a crash.
  cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -max_len=2048 -timeout=10 -rss_limit_mb=2048 \
    -dict=fuzz/corpus/sql.dict -verbosity=1 -print_final_stats=1 >"$log" 2>&1 || status=CRASH
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  table+=$(printf '%-14s %9s runs %7s edges  %s' "$target" "${runs:-?}" "${edges:-?}" "$status")$'\n'
  if [ $status != ok ]; then
    crash=$(comm -13 <(echo "$before") <(ls "fuzz/artifacts/$target") | head -1)
    [ -n "$crash" ] || { tail -n 20 "$log" >&2; }
    again+="RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $target fuzz/artifacts/$target/$crash"$'\n'
  fi
  printf '%s\n' "$(tail -n 1 <<<"${table%$'\n'}")" >&2
done
printf '\n%s' "$table"
if [ -n "$again" ]; then
  printf '\nTo see a crash again:\n%s' "$again"
  exit 1
fi
