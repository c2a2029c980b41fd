#!/usr/bin/env bash
# dist/: the compiled program and the contract beside it. Built aside and swapped in, so that a failed build leaves the last
# good one, and skipped when no source changed (also when one was only removed).
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
[ -x node_modules/.bin/tsc ] || die "the compiler is missing. Run: make setup"
mkdir -p .run
if have flock; then exec 9>.run/build.lock && flock 9; fi
state="$(find src bbs cells proto package.json package-lock.json tsconfig.json tsconfig.build.json .make/build.sh -type f -print0 |
  LC_ALL=C sort -z | xargs -0 cksum | cksum)"
if [ -f dist/src/main.js ] && [ "$(cat dist/.built-from 2>/dev/null)" = "$state" ]; then exit 0; fi
rm -rf dist.new
trap 'rm -rf dist.new' EXIT
# Beside dist, so that the paths inside the source maps hold.
node_modules/.bin/tsc -p tsconfig.build.json --outDir dist.new >&2 || die "the build failed; dist/ is as it was"
[ -f dist.new/src/main.js ] || die "src/main.ts is missing, so there is no program to build"
cp -R proto dist.new/proto
chmod 755 dist.new/src/main.js
printf '%s\n' "$state" >dist.new/.built-from
rm -rf dist
mv dist.new dist
