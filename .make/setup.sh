#!/usr/bin/env bash
# node_modules as package-lock.json says; npm runs only when it is not so already.
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
have node || die "Node.js is missing. Install Node 20.19 or later (https://nodejs.org/en/download)."
have npm || die "npm is missing. It comes with Node.js (https://nodejs.org/en/download)."
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  die "Node $(node --version) is too old; Gavel needs 20.19 or later."
node .make/modules-current.mjs && exit 0
say "installing the npm packages of package-lock.json"
mkdir -p .run
npm ci --no-audit --no-fund --loglevel=error </dev/null >.run/npm.log 2>&1 || {
  tail -n 20 .run/npm.log >&2
  die "npm ci failed (whole log: .run/npm.log). Is the npm registry reachable? Is package-lock.json in step with package.json (make lock)?"
}
