# In a network and mount namespace of its own, where mesh-dns is the only nameserver: what the C
# library makes of it. Arguments: the resolv.conf, and the command that serves.
set -e
resolv_conf=$1
shift
ip link set lo up
# Without an address other than loopback's, getaddrinfo with AI_ADDRCONFIG asks for nothing.
ip address add 192.0.2.10/32 dev lo
ip address add 2001:db8::10/128 dev lo || true
mount --bind "$resolv_conf" /etc/resolv.conf
"$@" &
server=$!
trap 'kill $server' EXIT
for _ in $(seq 600); do
  getent ahostsv4 redis.svc.mesh.local >/dev/null && break
  kill -0 $server
done
echo "A $(getent ahostsv4 redis.svc.mesh.local | awk '/STREAM/ {print $1}')"
echo "case $(getent ahostsv4 ReDiS.svc.MESH.local | awk '/STREAM/ {print $1}')"
echo "search $(getent ahostsv4 redis | awk '/STREAM/ {print $1}')"
echo "both $(getent ahosts redis.svc.mesh.local | awk '/STREAM/ {print $1}')"
getent ahosts nope.svc.mesh.local || echo "missing $?"
address=$(getent ahostsv4 redis.svc.mesh.local | awk '/STREAM/ {print $1}')
echo "reverse $(getent hosts "$address" | awk '{print $2}')"
