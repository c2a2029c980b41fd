#!/usr/bin/env bash
# A Docker engine for Gavel: the one that answers already, or else a private one with everything under .run/engine/.
#
#   engine.sh up [--transient]   prints the engine's address (unix:///...) once it answers
#   engine.sh down [--if-idle]   stops the private engine, if there is one; touches no other
#   engine.sh status             prints the address and whose it is; exit status 3 when none answers
#
# The private engine has its own containerd, bridge and address range, and none of dockerd's own iptables rules (a second
# dockerd flushes the DOCKER chains of the first): this script adds three rules for its range and takes them away again.
# `--transient` says that nobody asked for the engine to stay: `down --if-idle` stops it once no with-engine.sh holds it.
# GAVEL_ENGINE_ARGS is added to dockerd's arguments.
set -euo pipefail
# shellcheck source=.make/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

dir="$ROOT/.run/engine"
data="$dir/data"
log="$dir/dockerd.log"
# A Unix socket's path ends at 108 bytes; the longest below is exec/containerd/containerd.sock.ttrpc.
run="$dir"
if [ ${#dir} -gt 65 ]; then
  run="/run/gavel-$(printf '%s' "$ROOT" | cksum | cut -d' ' -f1)"
  [ -d /run ] || run="/tmp${run#/run}"
fi
sock="$run/docker.sock"
exec_root="$run/exec"
ctr_sock="$run/ctr/c.sock"
private="unix://$sock"

# answers ADDRESS: an engine's server speaks there.
answers() {
  have docker || return 1
  DOCKER_HOST="$1" timeout_run 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}
timeout_run() { if have timeout; then timeout "$@"; else shift; "$@"; fi; }

# The address that a plain `docker` command would use: the current context's, so that Docker Desktop and the like are found.
default_address() {
  local a
  a="$(env -u DOCKER_HOST docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null)" || a=""
  printf '%s' "${a:-unix:///var/run/docker.sock}"
}

# found_engine: prints the address of an engine that answers.
found_engine() {
  if [ -n "${DOCKER_HOST:-}" ] && [ "$DOCKER_HOST" != "$private" ]; then
    answers "$DOCKER_HOST" && printf '%s\n' "$DOCKER_HOST"
    return
  fi
  if [ -S "$sock" ] && answers "$private"; then printf '%s\n' "$private"; return; fi
  local a
  a="$(default_address)"
  answers "$a" && printf '%s\n' "$a"
}

# pid_of NAME: the pid in NAME.pid, only if that process is ours (a pid file may be stale and its pid taken by another).
pid_of() {
  local pid
  pid="$(cat "$run/$1.pid" 2>/dev/null)" || return 1
  [[ "$pid" =~ ^[0-9]+$ ]] || return 1
  grep -qzF -- "$run/" "/proc/$pid/cmdline" 2>/dev/null || return 1
  printf '%s' "$pid"
}

alive() { [ -d "/proc/$1" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null; }

# gone_within SECONDS PID
gone_within() {
  local i
  for ((i = 0; i < $1 * 10; i++)); do
    alive "$2" || return 0
    sleep 0.1
  done
  return 1
}

ip_number() { local IFS=. a; read -r -a a <<<"$1"; echo $(((a[0] << 24) | (a[1] << 16) | (a[2] << 8) | a[3])); }

# range_taken A.B: some route or address of this machine lies in A.B.0.0/16, or contains it.
range_taken() {
  local want net len mask
  want="$(ip_number "$1.0.0")"
  while read -r net; do
    len=32
    case "$net" in */*) len="${net#*/}" net="${net%/*}" ;; esac
    [[ "$net" =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]] || continue
    [ "$len" -gt 0 ] || continue
    [ "$len" -le 16 ] || len=16
    mask=$(((0xffffffff << (32 - len)) & 0xffffffff))
    [ $(($(ip_number "$net") & mask)) != $((want & mask)) ] || return 0
  done < <(ip -4 route show table all | awk '{ for (i = 1; i <= 2; i++) if ($i ~ /^[0-9]+\./) print $i }'; ip -4 -o addr | awk '{ print $4 }')
  return 1
}

pick_range() {
  local r
  for r in 10.2{31..39} 172.2{4..9} 198.18 198.19; do
    range_taken "$r" || { printf '%s' "$r"; return; }
  done
  die "no free address range for the engine's bridge (10.231-239, 172.24-29 and 198.18-19 are all taken)"
}

# rule N -A|-I|-D RANGE: three rules, by source and destination, so that networks which tests create are covered too.
# Those of FORWARD go first in the chain: another Docker may have set its policy to drop.
rule() {
  local net="$3.0.0/16" tag=(-m comment --comment "gavel $run")
  case "$1" in
    1) iptables -w -t nat "$2" POSTROUTING -s "$net" ! -d "$net" "${tag[@]}" -j MASQUERADE ;;
    2) iptables -w "$2" FORWARD -s "$net" "${tag[@]}" -j ACCEPT ;;
    3) iptables -w "$2" FORWARD -d "$net" "${tag[@]}" -j ACCEPT ;;
  esac
}

rules_down() { # each as often as it occurs, so that a run which died half way leaves none
  local n
  have iptables || return 0
  for n in 1 2 3; do
    while rule "$n" -D "$1" >/dev/null 2>&1; do :; done
  done
}

network_up() {
  local n=0 range
  while ip link show "gavel$n" >/dev/null 2>&1; do n=$((n + 1)); done
  range="$(pick_range)"
  printf '%s\n' "$range" >"$dir/range"
  printf '%s\n' "gavel$n" >"$dir/bridge"
  cat /proc/sys/net/ipv4/ip_forward >"$dir/ip_forward" 2>/dev/null || true
  ip link add "gavel$n" type bridge
  ip addr add "$range.0.1/24" dev "gavel$n"
  ip link set "gavel$n" up
  if ! { rule 1 -A "$range" && rule 2 -I "$range" && rule 3 -I "$range"; } >>"$log" 2>&1; then
    rules_down "$range"
    say "iptables is not usable here: containers of the private engine reach each other and this machine, not the network beyond"
  fi
}

network_down() {
  local range bridge dev
  range="$(cat "$dir/range" 2>/dev/null)" || range=""
  bridge="$(cat "$dir/bridge" 2>/dev/null)" || bridge=""
  if [ -n "$range" ]; then
    rules_down "$range"
    # The bridges of networks made in the private engine lie in its range; dockerd leaves them behind when it stops.
    for dev in $(ip -4 -o addr | awk -v p="$range." 'index($4, p) == 1 { print $2 }'); do
      ip link del "$dev" 2>/dev/null || true
    done
  fi
  [ -z "$bridge" ] || ! ip link show "$bridge" >/dev/null 2>&1 || ip link del "$bridge" 2>/dev/null || true
  if [ "$(cat "$dir/ip_forward" 2>/dev/null)" = 0 ] && ! grep -qsx dockerd /proc/[0-9]*/comm; then
    echo 0 >/proc/sys/net/ipv4/ip_forward 2>/dev/null || true
  fi
  rm -f "$dir/range" "$dir/bridge" "$dir/ip_forward"
}

unmount_all() {
  local m pass
  for pass in 1 2; do
    awk '{ print $5 }' /proc/self/mountinfo | sed 's/\\040/ /g' | sort -r | while read -r m; do
      case "$m" in "$data"/* | "$data" | "$exec_root"/* | "$run/ctr"/*)
        if [ "$pass" = 1 ]; then umount "$m" 2>/dev/null || true; else umount -l "$m" 2>/dev/null || true; fi ;;
      esac
    done
  done
}

# Containers whose dockerd or containerd died: the shims name our containerd's socket; their children are the containers.
kill_shims() {
  local p pid kids
  for p in /proc/[0-9]*; do
    pid="${p#/proc/}"
    { tr '\0' ' ' <"$p/cmdline"; } 2>/dev/null | grep -qF -- "containerd-shim" || continue
    { tr '\0' ' ' <"$p/cmdline"; } 2>/dev/null | grep -qF -- "-address $ctr_sock" || continue
    kids="$(cat "$p"/task/*/children 2>/dev/null)" || kids=""
    # shellcheck disable=SC2086
    [ -z "${kids// /}" ] || kill -KILL $kids 2>/dev/null || true
    kill -KILL "$pid" 2>/dev/null || true
  done
}

stop_private() {
  local pid
  if pid="$(pid_of docker)"; then
    kill -TERM "$pid" 2>/dev/null || true
    if ! gone_within 20 "$pid"; then
      say "dockerd did not stop in 20 s; killing it"
      kill -KILL "$pid" 2>/dev/null || true
      gone_within 5 "$pid" || die "dockerd (pid $pid) does not die"
    fi
  fi
  kill_shims
  if pid="$(pid_of containerd)"; then
    kill -TERM "$pid" 2>/dev/null || true
    gone_within 10 "$pid" || kill -KILL "$pid" 2>/dev/null || true
    gone_within 5 "$pid" || die "containerd (pid $pid) does not die"
  fi
  kill_shims
  unmount_all
  network_down
  rm -rf "$exec_root" "$run/ctr"
  rm -f "$sock" "$run/docker.pid" "$run/containerd.pid" "$dir/keep"
  [ "$run" = "$dir" ] || rmdir "$run" 2>/dev/null || true
}

start_failed() {
  say "the private Docker engine did not start: $1. The end of $log:"
  tail -n 25 "$log" >&2 2>/dev/null || true
  stop_private
  exit 1
}

start_private() {
  local pid i started=$SECONDS
  mkdir -p "$dir" "$data" "$run/ctr"
  chmod 711 "$dir"
  : >"$log"
  [ -n "$(ls -A /sys/fs/cgroup 2>/dev/null)" ] ||
    die "no cgroups are mounted at /sys/fs/cgroup, so no container can run here. On Debian: apt-get install cgroupfs-mount && cgroupfs-mount"
  network_up
  # dockerd would share the system's containerd if one runs; a private one keeps the two apart.
  cat >"$run/ctr/config.toml" <<TOML
version = 2
root = "$dir/containerd"
state = "$run/ctr/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "$ctr_sock"
TOML
  setsid containerd --config "$run/ctr/config.toml" --log-level warn </dev/null >>"$log" 2>&1 9>&- 8>&- &
  pid=$!
  echo "$pid" >"$run/containerd.pid"
  for ((i = 0; i < 200; i++)); do
    [ ! -S "$ctr_sock" ] || break
    alive "$pid" || start_failed "containerd ended"
    sleep 0.1
  done
  [ -S "$ctr_sock" ] || start_failed "containerd did not open its socket in 20 s"
  # Its own settings file: /etc/docker/daemon.json is the system engine's.
  echo '{}' >"$run/ctr/daemon.json"
  local range bridge mtu
  range="$(cat "$dir/range")" bridge="$(cat "$dir/bridge")"
  # Packets larger than the way out takes would vanish inside tunnels.
  mtu="$(cat "/sys/class/net/$(ip -4 route show default | awk '{ print $5; exit }')/mtu" 2>/dev/null)" || mtu=1500
  # shellcheck disable=SC2086
  setsid dockerd --config-file "$run/ctr/daemon.json" --host "$private" --pidfile "$run/docker.pid" --containerd "$ctr_sock" \
    --data-root "$data" --exec-root "$exec_root" --bridge "$bridge" --mtu "$mtu" --iptables=false --ip6tables=false \
    --default-address-pool "base=$range.128.0/17,size=24" --shutdown-timeout 5 --log-level warn ${GAVEL_ENGINE_ARGS:-} \
    </dev/null >>"$log" 2>&1 9>&- 8>&- &
  pid=$!
  while ! answers "$private"; do
    alive "$pid" || start_failed "dockerd ended"
    [ $((SECONDS - started)) -lt 60 ] || start_failed "it does not answer after 60 s"
    sleep 0.2
  done
}

why_no_start() {
  local a
  if [ -n "${DOCKER_HOST:-}" ] && [ "$DOCKER_HOST" != "$private" ]; then
    die "DOCKER_HOST is $DOCKER_HOST, but no Docker engine answers there. Start it, or unset DOCKER_HOST."
  fi
  if ! is_root; then
    a="$(default_address)"
    if [ -S "${a#unix://}" ] && [ ! -w "${a#unix://}" ]; then
      die "you may not use the Docker engine at $a. Join its group (sudo usermod -aG docker \$USER, then log in anew), or run as root."
    fi
    have docker || die "the docker command is missing, and only root may start a private engine. Install Docker, or run as root on Debian."
    die "no Docker engine answers at $a, and only root may start a private one. Start Docker, or run as root."
  fi
}

up() {
  local found
  if found="$(found_engine)"; then
    [ "$found" != "$private" ] || [ "$1" = transient ] || : >"$dir/keep"
    printf '%s\n' "$found"
    return
  fi
  why_no_start
  if ! have dockerd || ! have containerd || ! have docker || ! have ip; then
    is_debian || die "dockerd is missing. Install Docker Engine (https://docs.docker.com/engine/install/), then repeat."
    have dockerd || apt_install docker.io
    have ip || apt_install iproute2
    # Debian 13 has the command in a package of its own.
    have docker || apt_install docker-cli
    { have dockerd && have docker; } || die "docker.io is installed, but dockerd or docker is not on the PATH ($PATH)"
    if found="$(found_engine)"; then printf '%s\n' "$found"; return; fi
  fi
  mkdir -p "$dir"
  exec 9>"$ROOT/.run/engine.lock"
  flock -w 120 9 || die "another engine.sh holds $ROOT/.run/engine.lock for over 2 minutes"
  # Alive but silent: busy, or only just started by someone else.
  local i
  for ((i = 0; i < 30; i++)); do
    ! answers "$private" || break
    pid_of docker >/dev/null || break
    sleep 1
  done
  if ! answers "$private"; then
    stop_private # what a crash or a reboot left
    start_private
  fi
  exec 9>&-
  [ "$1" = transient ] || : >"$dir/keep"
  printf '%s\n' "$private"
}

down() {
  if [ ! -d "$dir" ] || ! have flock; then return 0; fi
  is_root || { [ ! -S "$sock" ] || die "the private engine was started by root: sudo make engine-stop"; return 0; }
  if [ "$1" = if-idle ]; then
    [ ! -e "$dir/keep" ] || return 0
    exec 8>"$ROOT/.run/engine.users"
    flock -n -x 8 || return 0
  fi
  exec 9>"$ROOT/.run/engine.lock"
  flock -w 120 9 || die "another engine.sh holds $ROOT/.run/engine.lock for over 2 minutes"
  stop_private
}

status() {
  local found
  if ! found="$(found_engine)"; then say "no Docker engine answers"; exit 3; fi
  if [ "$found" = "$private" ]; then printf '%s private (dockerd %s, log %s)\n' "$found" "$(pid_of docker || echo '?')" "$log"
  else printf '%s not ours\n' "$found"; fi
}

case "${1:-}${2:+ $2}" in
  up) up keep ;;
  "up --transient") up transient ;;
  down) down now ;;
  "down --if-idle") down if-idle ;;
  status) status ;;
  *) die "usage: engine.sh up [--transient] | down [--if-idle] | status" ;;
esac
