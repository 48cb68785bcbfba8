cat >mesh-dns.yaml <<'TEXT'
listen: ["127.0.0.1:53"]
upstream:
  servers: [10.0.0.2, 10.0.0.3]
  zones: {corp.example: ["10.8.0.53"]}
TEXT
