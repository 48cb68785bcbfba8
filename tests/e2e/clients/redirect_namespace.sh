# Runs a command in a network and mount namespace of its own that looks like a host: an interface with
# a default route, another host behind it (the network namespace "other"), cgroup v2, and copies of
# /etc and /run that may be changed. $MESH_DNS is there as /run/mesh-dns, where any user may run it.
set -e
etc=$1
shift
mount -t tmpfs none /run
ip netns add other
ip link set lo up
ip link add host0 type veth peer name wire0 netns other
ip link set host0 up
ip address add 192.0.2.10/24 dev host0
ip address add 2001:db8::10/64 dev host0 nodad
ip -n other link set lo up
ip -n other link set wire0 up
ip -n other address add 192.0.2.53/24 dev wire0
ip -n other address add 2001:db8::53/64 dev wire0 nodad
ip route add default via 192.0.2.53
ip -6 route add default via 2001:db8::53
cp -a /etc/. "$etc"
mount --bind "$etc" /etc
rm -f /etc/resolv.conf
echo "nameserver 192.0.2.53" > /etc/resolv.conf
touch /run/mesh-dns
mount --bind "$MESH_DNS" /run/mesh-dns
mount -t cgroup2 none /sys/fs/cgroup || true
MESH_DNS=/run/mesh-dns exec "$@"
