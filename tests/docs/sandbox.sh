#!/bin/sh
# Runs a command in a copy of this host that is thrown away: all of the file system may be written,
# port 53 is free, mesh-dns is installed, and the checkout is /root/mesh-dns. The Internet is a
# server with the addresses 10.0.0.2, 10.0.0.3, 10.8.0.53 and 192.0.2.53 (internet.py).
#
#   unshare --net --mount --pid --fork --kill-child sandbox.sh FOLDER BINARY CHECKOUT COMMAND...
#
# FOLDER is an empty one, and stays so.
set -eu
folder=$1 binary=$2 checkout=$3
shift 3

# What is above the file systems of the host: in memory, since no overlay takes what another has.
mount -t tmpfs -o mode=755 tmpfs "$folder"
cd "$folder"
mkdir root root.up root.work checkout.up checkout.work
# Two overlays, for the checkout may be a file system of its own.
mount -t overlay overlay -o "lowerdir=/,upperdir=root.up,workdir=root.work" root

top=root
mkdir -p $top/etc/mesh-dns $top/var/lib/mesh-dns $top/root $top/dev $top/proc $top/sys
for folder in /tmp /run /etc/mesh-dns /var/lib/mesh-dns /root; do
  mkdir -p "$top$folder"
  mount -t tmpfs -o mode=755 tmpfs "$top$folder"
done
chmod 1777 $top/tmp
mkdir $top/root/mesh-dns
mount -t overlay overlay \
  -o "lowerdir=$checkout,upperdir=checkout.up,workdir=checkout.work" $top/root/mesh-dns
mkdir -p $top/root/mesh-dns/build
mount -t tmpfs -o mode=755 tmpfs $top/root/mesh-dns/build
mkdir -p $top/root/mesh-dns/build/release/app
touch $top/usr/bin/mesh-dns
chmod 755 $top/usr/bin/mesh-dns
mount --bind "$binary" $top/usr/bin/mesh-dns
ln -s /usr/bin/mesh-dns $top/root/mesh-dns/build/release/app/mesh-dns

mount --rbind /dev $top/dev
mount --rbind /sys $top/sys
mount -t proc proc $top/proc
rm -f $top/etc/resolv.conf
echo "nameserver 192.0.2.53" >$top/etc/resolv.conf

ip link set lo up
mkfifo made go serving
unshare --net sh -c '
  echo >made
  read -r _ <go
  exec chroot root python3 /root/mesh-dns/tests/docs/internet.py >serving' 2>internet.log &
internet=$!
read -r _ <made
ip link add eth0 type veth peer name eth0 netns $internet
ip address add 10.0.0.1/8 dev eth0
ip address add 192.0.2.1/24 dev eth0
ip -6 address add 2001:db8::1/64 dev eth0 nodad
ip link set eth0 up
there="nsenter --net=root/proc/$internet/ns/net"
$there ip link set lo up
for address in 10.0.0.2/8 10.0.0.3/8 10.8.0.53/8 192.0.2.53/24; do
  $there ip address add $address dev eth0
done
$there ip link set eth0 up
echo >go
read -r _ <serving || { cat internet.log >&2; exit 1; }

# The shell stays, for process 1 is the one that orphans are left to.
exec env -i HOME=/root USER=root TERM=dumb LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  chroot root sh -c 'cd /root/mesh-dns; "$@"; exit $?' sh "$@"
