# A mesh-dns with a user of its own, and another user.
useradd --system --uid 991 mesh-dns
useradd --system web
chown mesh-dns /var/lib/mesh-dns
setpriv --reuid=mesh-dns --clear-groups mesh-dns serve &
until mesh-dns status | grep -q ': ready$'; do sleep 0.05; done
