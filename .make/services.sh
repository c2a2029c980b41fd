#!/usr/bin/env bash
# What the tests need beside Node: an engine, etcd, a registry, a static busybox, and tools for disk quotas.
# As root on a Debian family system the missing ones are installed; elsewhere they are named.
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

missing=()
# By command, not by package: whoever has Docker's own packages keeps them.
need() { have "$1" || missing+=("$2"); }
need docker docker.io
need etcd etcd-server
need docker-registry docker-registry
need openssl openssl
need strace strace
need prlimit util-linux
if is_root; then # what starts a private engine, or a quota in one
  need dockerd docker.io
  need ip iproute2
  need iptables iptables
  need busybox busybox-static
  need mkfs.btrfs btrfs-progs
fi
[ ${#missing[@]} -gt 0 ] || exit 0
if is_root && is_debian; then
  apt_install "${missing[@]}"
  # Debian 13 keeps the docker command in a package of its own.
  have docker || apt_install docker-cli
  exit 0
fi
list="$(printf '%s\n' "${missing[@]}" | sort -u | tr '\n' ' ')"
if is_debian; then die "the tests need packages that only root may install: sudo apt-get install --no-install-recommends $list"
else die "the tests need these (by their Debian names) on the PATH; install them your system's way: $list"; fi
