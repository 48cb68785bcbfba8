echo "dnstap: {socket: /run/dnstap.sock}" >mesh-dns.yaml
