#!/usr/bin/env bash
# with-engine.sh COMMAND...: runs COMMAND with DOCKER_HOST set to an engine that answers, starting a private one when none does.
# An engine started for this is stopped after, whichever way COMMAND ends, unless another with-engine.sh still uses it or
# `make engine` asked for it to stay. COMMAND gets a process group of its own, and nothing of that group outlives it.
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
engine="$ROOT/.make/engine.sh"
child="" interrupted=""

# shellcheck disable=SC2317 # called by the trap
cleanup() {
  local rc=$?
  trap '' INT TERM HUP
  trap - EXIT
  if [ -n "$child" ]; then
    kill -TERM -- "-$child" 2>/dev/null || true
    for _ in $(seq 100); do
      kill -0 -- "-$child" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL -- "-$child" 2>/dev/null || true
  fi
  exec 7>&- || true
  "$engine" down --if-idle || true
  exit "${interrupted:-$rc}"
}
trap cleanup EXIT
trap 'interrupted=130; exit 130' INT
trap 'interrupted=143; exit 143' TERM HUP

mkdir -p "$ROOT/.run"
# Held, shared, while the engine is in use; `down --if-idle` asks for it exclusively. The kernel lets go of it if we die.
if have flock; then exec 7>"$ROOT/.run/engine.users" && flock -s 7; fi
DOCKER_HOST="$("$engine" up --transient 7>&-)"
export DOCKER_HOST

set -m
"$@" </dev/null 7>&- &
child=$!
set +m
rc=0
wait "$child" || rc=$?
exit "$rc"
