#!/usr/bin/env bash
# Installs what is missing, builds, and serves docs/examples/quickstart on 127.0.0.1:15053.
# Arguments are passed to `mesh-dns serve`, and win over the ones here.
set -euo pipefail
cd "$(dirname "$0")"
source packaging/setup.sh

install_packages build
echo "building"
build release mesh-dns

mkdir -p build/run
cat <<'TEXT'

Ask, in another terminal:

    dig @127.0.0.1 -p 15053 redis.svc.mesh.local
    dig @127.0.0.1 -p 15053 redis.svc.mesh.local SRV
    dig @127.0.0.1 -p 15053 www.debian.org          # asked of the servers in /etc/resolv.conf
    build/release/app/mesh-dns explain redis.svc.mesh.local docs/examples/quickstart

Change a file in docs/examples/quickstart, and the next dig sees it. ^C ends it; the VIPs stay in
build/run/state.db.

TEXT
arguments=("$@")
has() { [[ " ${arguments[*]-} " == *" $1"[\ =]* ]]; }
has --resources || arguments+=(--resources docs/examples/quickstart)
has --listen || arguments+=(--listen 127.0.0.1:15053)
has --state || arguments+=(--state build/run/state.db)
exec build/release/app/mesh-dns serve "${arguments[@]}"
