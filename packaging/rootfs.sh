#!/usr/bin/env bash
# rootfs.sh PROGRAM FOLDER: lays out PROGRAM, and what it needs to run, as the root of a container
# without a shell.
set -euo pipefail
program=${1:?a program}
root=${2:?a folder}

install -D -m 755 "$program" "$root/usr/bin/mesh-dns"
# The libraries, the loader among them, where the loader looks for them.
ldd "$program" | awk '$3 ~ /^\// {print $3} $1 ~ /^\// {print $1}' | while read -r library; do
  install -D -m 755 "$(realpath "$library")" "$root$library"
done
# Names of services and hosts for getaddrinfo, as for an API server that is given by name.
for library in libnss_files.so.2 libnss_dns.so.2; do
  # All of the list is read: ldconfig would fail at a pipe that nobody reads to its end.
  found=$(ldconfig -p | awk -v name="$library" '$1 == name && !found++ {print $NF}')
  [[ -z $found ]] || install -D -m 755 "$(realpath "$found")" "$root$found"
done
install -d -m 755 "$root/etc/mesh-dns/resources"
install -d -m 700 -o 65532 -g 65532 "$root/var/lib/mesh-dns"
install -d -m 1777 "$root/tmp"
printf 'mesh-dns:x:65532:65532::/:/nonexistent\n' >"$root/etc/passwd"
printf 'mesh-dns:x:65532:\n' >"$root/etc/group"
