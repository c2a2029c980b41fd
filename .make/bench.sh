#!/usr/bin/env bash
# bench.sh [NAME...]: compiles bench/ and runs its programs and writes bench/report.md, or runs only those named. A program is a file that says in its head
# how to run it (node dist/bench-run/bench/NAME.js); the others are its parts. DOCKER_HOST names an engine while they run.
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
programs=()
for f in bench/*.ts; do
  name="$(basename "$f" .ts)"
  if grep -q "node .*dist/bench-run/bench/$name\.js" "$f"; then programs+=("$name"); fi
done
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(${programs[@]+"${programs[@]}"})
[ ${#names[@]} -gt 0 ] || die "there is no benchmark in bench/"
for name in "${names[@]}"; do
  [[ " ${programs[*]} " == *" $name "* ]] || die "there is no benchmark $name; there are: ${programs[*]}"
done
node_modules/.bin/tsc -p bench/tsconfig.json >&2 || die "the benchmarks do not compile"
rm -rf dist/bench-run/proto
cp -R proto dist/bench-run/proto
results=.run/bench
mkdir -p "$results"
for name in "${names[@]}"; do
  printf '== bench/%s.ts\n' "$name"
  rm -f "$results/$name.json"
  # shellcheck disable=SC2016 # for the inner shell
  .make/with-engine.sh bash -c '.make/sample-image.sh >&2 && exec node --expose-gc "$1"' _ "dist/bench-run/bench/$name.js" | tee "$results/$name.out"
  # The last line of each is its result for programs.
  tail -n 1 "$results/$name.out" >"$results/$name.json"
done
[ $# -gt 0 ] || node .make/bench-report.mjs "$results" "${names[@]}" >bench/report.md
