#!/usr/bin/env bash
# Makes ../helper-binaries.ts of helper.c. Needs gcc for both machines (Debian: gcc, gcc-aarch64-linux-gnu); whoever only runs
# Gavel never needs it. Last made with gcc 12.2.0, binutils 2.40.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
tmp="$(mktemp -d)"
trap 'rm -rf "$tmp"' EXIT
flags=(-Os -static -nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-pic
  -no-pie -fno-tree-loop-distribute-patterns -Wall -Wextra -Werror -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro
  -Wl,-z,noexecstack)
build() { # NAME PREFIX FLAG...
  local name="$1" prefix="$2"
  shift 2
  "${prefix}gcc" "${flags[@]}" "$@" -o "$tmp/$name" helper.c
  "${prefix}strip" -s -R .comment -R .note.gnu.property "$tmp/$name"
}
build x64 "${X64_PREFIX-x86_64-linux-gnu-}" -fcf-protection=none -Wl,-z,max-page-size=4096
build arm64 "${ARM64_PREFIX-aarch64-linux-gnu-}" -mno-outline-atomics -Wl,-z,max-page-size=65536
{
  echo '// Made by helper/build.sh of helper/helper.c; not written by hand.'
  echo
  for name in x64 arm64; do
    echo "export const HELPER_${name^^} ="
    base64 -w 118 "$tmp/$name" | sed "s/.*/  '&' +/; \$s/ +\$/;/"
    echo
  done
} >../helper-binaries.ts
sed -i '$d' ../helper-binaries.ts
