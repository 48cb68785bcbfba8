# What the pages take for granted: resources where mesh-dns looks for them, and in a folder DIR.
cp -r docs/examples/quickstart /etc/mesh-dns/resources
cp -r docs/examples/quickstart DIR
