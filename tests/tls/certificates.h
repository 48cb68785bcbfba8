// Certificates for tests, made anew in each run.
#pragma once

#include <string>
#include <vector>

struct Certified {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// A certificate for `names`, as "DNS:a.example.org" or "IP:192.0.2.1". `issuer` signs it; null: its
// own key does. One that isn't valid any more has expired an hour ago.
Certified make_certificate(const std::vector<std::string>& names, const Certified* issuer = nullptr,
                           bool valid = true);
// A certificate that may issue others.
Certified make_authority();
