#!/usr/bin/env bash
# The one-machine system on this machine's engine, or a private one: one real task from its submission to its callback.
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
exec .make/with-engine.sh bash -c '.make/sample-image.sh && exec node examples/quickstart.mjs'
