#!/usr/bin/env bash
# Builds the Debian package of this checkout: build/deb/mesh-dns_VERSION_ARCHITECTURE.deb, whose
# path is the last line.
set -euo pipefail
cd "$(dirname "$0")/.."
source packaging/setup.sh

if (($# > 0)); then
  echo "packaging/deb.sh takes no arguments; it writes build/deb/mesh-dns_VERSION_ARCHITECTURE.deb" >&2
  [[ $1 == -h || $1 == --help ]] && exit 0
  exit 2
fi
install_packages build
echo "building"
build release package_files
rm -rf build/deb
logged cpack cpack --config build/release/CPackConfig.cmake -B "$PWD/build/deb"
rm -rf build/deb/_CPack_Packages
ls "$PWD"/build/deb/mesh-dns_*.deb
