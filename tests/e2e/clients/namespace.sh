# Runs a command in a network and mount namespace of its own, where /etc/resolv.conf is the file in
# the first argument.
set -e
resolv_conf=$1
shift
ip link set lo up
# Without an address other than loopback's, getaddrinfo with AI_ADDRCONFIG asks for nothing.
ip address add 192.0.2.10/32 dev lo
ip address add 2001:db8::10/128 dev lo || true
mount --bind "$resolv_conf" /etc/resolv.conf
exec "$@"
