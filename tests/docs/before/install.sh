# As the package is installed: examples, nothing in the folder of the resources, and it runs.
mkdir -p /usr/share/doc/mesh-dns
cp -r docs/examples /usr/share/doc/mesh-dns/examples
rm -r /etc/mesh-dns/resources/*
mesh-dns serve &
until mesh-dns status | grep -q ': ready$'; do sleep 0.05; done
