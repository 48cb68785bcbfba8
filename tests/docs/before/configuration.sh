printf 'dns: {ttl: banana}\nlissten: [127.0.0.1:53]\n' >mesh-dns.yaml
