#include "tls/context.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>

namespace tls {
namespace {

namespace asio = boost::asio;
using asio::ssl::context;

bool is_address(const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

void trust(const Identity& identity, context& tls) {
  if (identity.ca.empty()) {
    tls.set_default_verify_paths();
  } else {
    tls.add_certificate_authority(asio::buffer(identity.ca));
  }
  // A certificate that we are told to trust need not be a root, as elsewhere (Go, curl).
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(tls.native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
  tls.set_verify_mode(identity.verify ? asio::ssl::verify_peer : asio::ssl::verify_none);
}

}  // namespace

boost::system::result<std::shared_ptr<context>, Error> client_context(const Identity& identity) {
  auto tls = std::make_shared<context>(context::tls_client);
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  std::string part = "the CA's certificate";
  try {
    trust(identity, *tls);
    part = "the client's certificate";
    if (!identity.certificate.empty()) {
      tls->use_certificate_chain(asio::buffer(identity.certificate));
    }
    part = "the client's key";
    if (!identity.key.empty()) tls->use_private_key(asio::buffer(identity.key), context::pem);
  } catch (const boost::system::system_error& error) {
    return Error{part + ": " + error.code().message()};
  }
  return tls;
}

bool require_name(ssl_st& connection, const std::string& name) {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(&connection);
  if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  std::string sni = name;  // SSL_set_tlsext_host_name is a macro with a cast of its own
  return SSL_ctrl(&connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  sni.data()) == 1 &&
         X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), 0) == 1;
}

std::string refusal(const ssl_st& connection) {
  const long verified = SSL_get_verify_result(&connection);
  return verified == X509_V_OK ? "" : X509_verify_cert_error_string(verified);
}

}  // namespace tls
