# shellcheck shell=bash
# What run.sh and test.sh share: installing packages, building a preset. To be sourced by bash, in the
# top folder.

mkdir -p build/logs

# The packages of the given sections of the list.
packages() {
  awk -v wanted=" $* " '
    /^\[/ { section = substr($0, 2, length($0) - 2); next }
    /^#/ || /^$/ { next }
    index(wanted, " " section " ") { print $1 }
  ' packaging/debian-packages.txt
}

missing_packages() {
  local package
  for package in $(packages "$@"); do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || echo "$package"
  done
}

# Runs a command with its output in build/logs/NAME.log; shows the end of it when the command fails.
logged() {
  local name=$1 status=0
  shift
  "$@" >"build/logs/$name.log" 2>&1 </dev/null || status=$?
  if ((status != 0)); then
    echo "failed ($status): $*" >&2
    tail -n 60 "build/logs/$name.log" >&2
    echo "all of it: build/logs/$name.log" >&2
  fi
  return "$status"
}

# Installs what is missing of the given sections.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) && return 0
  if ! command -v apt-get >/dev/null; then
    echo "this is no Debian; install what corresponds to: ${missing[*]}" >&2
    return 1
  fi
  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "as root, please: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "installing ${missing[*]}"
  logged apt-update "${as_root[@]}" apt-get update || return
  # The servers among them are run by tests only: Debian asks this program before it starts one.
  local policy=/usr/sbin/policy-rc.d made=() status=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy" && made=("$policy")
  fi
  logged apt-install "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}" || status=$?
  ((${#made[@]} == 0)) || "${as_root[@]}" rm -f "${made[@]}"
  return "$status"
}

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  logged "configure-$preset" cmake --preset "$preset" || return
  logged "build-$preset" cmake --build "build/$preset" --parallel "$(nproc)" ${1:+--target "$@"}
}
