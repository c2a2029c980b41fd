#!/usr/bin/env bash
# Writes the types of the wire contract to src/rpc/gen; with --check, fails if they are not what the contract says.
# The options must equal LOAD_OPTIONS of src/rpc/descriptors.ts.
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
gen=node_modules/.bin/proto-loader-gen-types
[ -x "$gen" ] || die "$gen is missing. Run: make setup"
mkdir -p .run
out="$(mktemp -d .run/gen.XXXXXX)"
trap 'rm -rf "$out"' EXIT
services=(gavel/v1/{task,history,callback,cell,placement,cluster,alert,auction}_service.proto)
if ! "$gen" --keepCase --longs=String --enums=String --defaults --oneofs --grpcLib=@grpc/grpc-js --includeComments \
  --importFileExtension=.ts --includeDirs=proto --outDir="$out/gen" google/rpc/status.proto "${services[@]}" >"$out/log" 2>&1; then
  cat "$out/log" >&2
  die "the contract in proto/ could not be read"
fi
rm "$out/gen/status.ts" # the tree of a file without services: nobody loads it by itself
if [ "${1:-}" = --check ]; then
  diff -r -q src/rpc/gen "$out/gen" >&2 || die "src/rpc/gen is not what proto/ says. Run: make gen"
  exit 0
fi
rm -rf src/rpc/gen
mv "$out/gen" src/rpc/gen
