# shellcheck shell=bash
# Shared by the scripts beside it. Sourced, never run.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
export ROOT

say() { printf '%s\n' "gavel: $*" >&2; }
die() { printf '%s\n' "gavel: error: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }
is_debian() { have apt-get && have dpkg-query; }

# Debian keeps dockerd, iptables and ip in /usr/sbin, which a plain user's PATH may lack.
case ":$PATH:" in *:/usr/sbin:*) ;; *) PATH="$PATH:/usr/sbin:/sbin" ;; esac
export PATH

pkg_installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

# apt_install PKG...: installs what is missing, starting none of the services that the packages bring, now or at boot
# (we run our own copies of them, under .run/). The caller has checked is_root and is_debian.
apt_install() {
  local missing=() p log units=() u
  for p in "$@"; do pkg_installed "$p" || missing+=("$p"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing Debian packages: ${missing[*]}"
  mkdir -p "$ROOT/.run"
  log="$ROOT/.run/apt.log"
  local policy=/usr/sbin/policy-rc.d ours=no rc=0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\n# made by gavel for one apt-get run; safe to remove\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ours=yes
  fi
  apt_run "${missing[@]}" >"$log" 2>&1 || rc=$?
  [ "$ours" = no ] || rm -f "$policy"
  if [ "$rc" != 0 ]; then
    tail -n 15 "$log" >&2
    die "apt-get install ${missing[*]} failed (whole log: $log). Mend the package sources, then repeat."
  fi
  if have systemctl && [ -d /run/systemd/system ]; then
    for p in "${missing[@]}"; do
      case "$p" in
        docker.io) units+=(docker.service docker.socket) ;;
        etcd-server) units+=(etcd.service) ;;
        docker-registry) units+=(docker-registry.service) ;;
      esac
    done
    for u in ${units[@]+"${units[@]}"}; do systemctl disable "$u" >>"$log" 2>&1 || true; done
  fi
}

apt_run() {
  export DEBIAN_FRONTEND=noninteractive
  local opts=(-y -q --no-install-recommends -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3)
  # The lists of a fresh image are empty, and those of an old one name files that are gone: refresh, then install.
  apt-get install "${opts[@]}" "$@" </dev/null || { apt-get update -q -o Acquire::Retries=3 </dev/null && apt-get install "${opts[@]}" "$@" </dev/null; }
}

# attend COMMAND...: runs COMMAND, and passes on to it the signal that ends us; returns only when it has ended. (Bash by
# itself dies of a SIGTERM at once, and leaves its child behind.) The status is 130 or 143 after a signal.
attend() {
  local pid rc=0 signalled=""
  "$@" &
  pid=$!
  trap 'signalled=130; kill -TERM "$pid" 2>/dev/null || true' INT
  trap 'signalled=143; kill -TERM "$pid" 2>/dev/null || true' TERM HUP
  while :; do
    rc=0
    wait "$pid" || rc=$?
    kill -0 "$pid" 2>/dev/null || break
  done
  trap - INT TERM HUP
  return "${signalled:-$rc}"
}
