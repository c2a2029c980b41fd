#!/usr/bin/env bash
# test.sh PROJECT...: the named vitest projects, on real services. Everything runs; nothing is skipped for want of a service.
# The last line of the output is `N passed, N failed`.
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
mkdir -p .run
report=".run/test-report.json"
rm -f "$report"
args=()
for p in "$@"; do args+=(--project "$p"); done
# FILES narrows a run by hand: make test-unit FILES=auction
# shellcheck disable=SC2206
filter=(${FILES:-})

vitest=(node_modules/.bin/vitest run --config test/vitest.config.ts "${args[@]}" --reporter=default --reporter=json
  --outputFile.json="$report" ${filter[@]+"${filter[@]}"})
rc=0
if [ "$*" = unit ] || [ "$*" = model ]; then
  attend "${vitest[@]}" </dev/null || rc=$?
else
  # shellcheck disable=SC2016 # for the inner shell
  attend .make/with-engine.sh bash -c '.make/sample-image.sh && GAVEL_TEST_DOCKER_HOST="$DOCKER_HOST" exec "$@"' _ "${vitest[@]}" || rc=$?
fi
case "$rc" in 130 | 143) exit "$rc" ;; esac
node .make/test-summary.mjs "$report" "$rc"
