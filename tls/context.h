// A TLS client: its identity, the authorities it trusts, and what a server's certificate must name.
//
// Pure functions. A context may be shared by connections of one thread.
#pragma once

#include <boost/system/result.hpp>
#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}
struct ssl_st;  // OpenSSL's SSL

namespace tls {

// PEM; what is empty isn't used.
struct Identity {
  std::string ca;           // whom we trust; empty: the certificates of this system
  std::string certificate;  // ours, with the chain
  std::string key;          // of our certificate
  std::string
      server_name;     // what the server's certificate must name; empty: the host we connect to
  bool verify = true;  // the server's certificate

  friend bool operator==(const Identity&, const Identity&) = default;
};

struct Error {
  std::string text;  // for people: which part of the identity can't be used, and why
};

// What connections with that identity are made from. TLS 1.2 is the oldest version that is spoken.
boost::system::result<std::shared_ptr<boost::asio::ssl::context>, Error> client_context(
    const Identity& identity);

// Requires that the server's certificate names `name`: an address among its addresses, or a
// host name among its names. A host name is sent to the server (SNI), an address isn't (RFC 6066,
// 3). False: no certificate can name it.
bool require_name(ssl_st& connection, const std::string& name);

// Why the server's certificate was refused, as "unable to get local issuer certificate"; "" if it
// wasn't.
std::string refusal(const ssl_st& connection);

}  // namespace tls
