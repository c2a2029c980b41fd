#!/usr/bin/env bash
# Makes the sample rootfs gavel/busybox:latest in the engine that answers when it is not there: a static busybox, its applet
# links, and the users root, nobody and vcap. The busybox is Debian's busybox-static; where that cannot be had, the one in the
# public busybox image. sample-image.sh [--force]
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

image=gavel/busybox:latest
have docker || die "the docker command is missing"
DOCKER_HOST="$("$ROOT/.make/engine.sh" status | cut -d' ' -f1)" || die "start an engine first: make engine"
export DOCKER_HOST
if [ "${1:-}" != --force ] && docker image inspect "$image" >/dev/null 2>&1; then exit 0; fi

[ -d "$ROOT/node_modules/tar-stream" ] || die "node_modules is not complete. Run: make setup"
mkdir -p "$ROOT/.run"
tmp="$(mktemp -d "$ROOT/.run/sample-image.XXXXXX")"
cid="" pulled=no
cleanup() {
  [ -z "$cid" ] || docker rm -f "$cid" >/dev/null 2>&1 || true
  [ "$pulled" = no ] || docker image rm busybox:latest >/dev/null 2>&1 || true
  rm -rf "$tmp"
}
trap cleanup EXIT

# static_here: the machine's own busybox will do: it is static, and the engine runs this machine's kind of program.
static_here() {
  have busybox && [ "$(uname -s)" = Linux ] || return 1
  case "$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}') $(uname -m)" in
    "linux/amd64 x86_64" | "linux/arm64 aarch64") ;;
    *) return 1 ;;
  esac
  have ldd && ! ldd "$(command -v busybox)" >/dev/null 2>&1
}

if ! have busybox && is_root && is_debian; then apt_install busybox-static; fi
if static_here; then
  cp "$(command -v busybox)" "$tmp/busybox"
  "$tmp/busybox" --list-full >"$tmp/applets"
else
  if ! docker image inspect busybox:latest >/dev/null 2>&1; then
    docker pull -q busybox:latest >/dev/null ||
      die "the sample rootfs needs a static busybox: install Debian's busybox-static, or let the engine pull busybox:latest"
    pulled=yes
  fi
  cid="$(docker create busybox:latest)"
  docker cp -q "$cid:/bin/busybox" "$tmp/busybox" 2>/dev/null || docker cp "$cid:/bin/busybox" "$tmp/busybox" >/dev/null
  docker run --rm --network none busybox:latest busybox --list-full >"$tmp/applets"
fi

node "$ROOT/.make/sample-rootfs.mjs" "$tmp/busybox" "$tmp/applets" >"$tmp/rootfs.tar"
docker import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' --change 'CMD ["sh"]' \
  --message 'gavel sample rootfs' "$tmp/rootfs.tar" "$image" >/dev/null
