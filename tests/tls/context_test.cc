#include "tls/context.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>

#include "tests/tls/certificates.h"

namespace tls {
namespace {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, FreeSsl>;

// A handshake in memory.
struct Handshake {
  Handshake(const Certified& server, const Identity& identity, const std::string& name,
            int newest = TLS1_3_VERSION)
      : server_context(boost::asio::ssl::context::tls_server) {
    namespace asio = boost::asio;
    server_context.use_certificate_chain(asio::buffer(server.certificate));
    server_context.use_private_key(asio::buffer(server.key), asio::ssl::context::pem);
    SSL_CTX_set_max_proto_version(server_context.native_handle(), newest);
    SSL_CTX_set_security_level(server_context.native_handle(), 0);  // else it has no TLS 1.1
    // A certificate of the client is asked for, and not examined.
    SSL_CTX_set_verify(server_context.native_handle(), SSL_VERIFY_PEER,
                       [](int, X509_STORE_CTX*) { return 1; });
    client_context = *tls::client_context(identity);
    client.reset(SSL_new(client_context->native_handle()));
    accepting.reset(SSL_new(server_context.native_handle()));
    named = require_name(*client, name);
    BIO* one = nullptr;
    BIO* other = nullptr;
    BIO_new_bio_pair(&one, 0, &other, 0);
    SSL_set_bio(client.get(), one, one);
    SSL_set_bio(accepting.get(), other, other);
    for (int i = 0; i < 10; ++i) {
      connected = SSL_connect(client.get()) == 1;
      const bool accepted = SSL_accept(accepting.get()) == 1;
      done = connected && accepted;
    }
  }

  boost::asio::ssl::context server_context;
  std::shared_ptr<boost::asio::ssl::context> client_context;
  Ssl client;
  Ssl accepting;
  bool named = false;
  bool connected = false;
  bool done = false;
};

TEST(ContextTest, WhichServersAreAccepted) {
  const Certified authority = make_authority();
  const Certified other = make_authority();
  const Certified named = make_certificate({"DNS:a.example.org", "DNS:*.b.test"}, &authority);
  const Certified addressed = make_certificate({"IP:192.0.2.1", "IP:2001:db8::1"}, &authority);
  const Certified expired = make_certificate({"DNS:a.example.org"}, &authority, false);
  const Certified own = make_certificate({"DNS:a.example.org"});
  const struct {
    const char* why;
    const Certified& server;
    Identity identity;
    std::string name;
    std::string refusal;  // "": accepted
  } kCases[] = {
      {"its name", named, {.ca = authority.certificate}, "a.example.org", ""},
      {"case does not matter", named, {.ca = authority.certificate}, "A.Example.ORG", ""},
      {"a name by a wildcard", named, {.ca = authority.certificate}, "x.b.test", ""},
      {"another name", named, {.ca = authority.certificate}, "c.test", "hostname mismatch"},
      {"an address by no name",
       named,
       {.ca = authority.certificate},
       "192.0.2.1",
       "IP address mismatch"},
      {"its address", addressed, {.ca = authority.certificate}, "192.0.2.1", ""},
      {"its IPv6 address", addressed, {.ca = authority.certificate}, "2001:db8::1", ""},
      {"another address",
       addressed,
       {.ca = authority.certificate},
       "192.0.2.2",
       "IP address mismatch"},
      {"an authority that we don't trust",
       named,
       {.ca = other.certificate},
       "a.example.org",
       "unable to get local issuer certificate"},
      {"nor does this system",
       named,
       {},
       "a.example.org",
       "unable to get local issuer certificate"},
      {"expired",
       expired,
       {.ca = authority.certificate},
       "a.example.org",
       "certificate has expired"},
      {"trusted itself, though it is no authority",
       own,
       {.ca = own.certificate},
       "a.example.org",
       ""},
      {"not verified", own, {.verify = false}, "c.test", ""},
      {"one of several authorities",
       named,
       {.ca = other.certificate + authority.certificate},
       "a.example.org",
       ""},
  };
  for (const auto& row : kCases) {
    const Handshake handshake(row.server, row.identity, row.name);
    ASSERT_TRUE(handshake.named) << row.why;
    EXPECT_EQ(handshake.done, row.refusal.empty()) << row.why;
    if (row.identity.verify) {
      EXPECT_EQ(refusal(*handshake.client), row.refusal) << row.why;
    }
  }
}

// RFC 6066, 3
TEST(ContextTest, TheServerIsToldANameAndNotAnAddress) {
  const Certified server = make_certificate({"DNS:a.example.org"});
  const auto told = [&](const std::string& name) {
    const Handshake handshake(server, {.verify = false}, name);
    const char* sni = SSL_get_servername(handshake.accepting.get(), TLSEXT_NAMETYPE_host_name);
    return std::string(sni == nullptr ? "" : sni);
  };
  EXPECT_EQ(told("a.example.org"), "a.example.org");
  EXPECT_EQ(told("192.0.2.1"), "");
  EXPECT_EQ(told("2001:db8::1"), "");
}

TEST(ContextTest, ANameThatNoCertificateCanHave) {
  const Certified server = make_certificate({"DNS:a.example.org"});
  EXPECT_FALSE(Handshake(server, {.verify = false}, std::string(300, 'a')).named);
}

TEST(ContextTest, TheServerSeesOurCertificate) {
  const Certified server = make_certificate({"DNS:a.example.org"});
  const Certified ours = make_certificate({"DNS:client.test"});
  const Identity identity{
      .ca = server.certificate, .certificate = ours.certificate, .key = ours.key};
  const Handshake with(server, identity, "a.example.org");
  EXPECT_NE(SSL_get0_peer_certificate(with.accepting.get()), nullptr);
  const Handshake without(server, {.ca = server.certificate}, "a.example.org");
  EXPECT_EQ(SSL_get0_peer_certificate(without.accepting.get()), nullptr);
}

TEST(ContextTest, OldVersionsAreRefused) {
  const Certified server = make_certificate({"DNS:a.example.org"});
  const Identity identity{.ca = server.certificate};
  EXPECT_TRUE(Handshake(server, identity, "a.example.org", TLS1_2_VERSION).done);
  EXPECT_FALSE(Handshake(server, identity, "a.example.org", TLS1_1_VERSION).done);
}

TEST(ContextTest, WhatIsWrongWithAnIdentityIsNamed) {
  const Certified one = make_certificate({"DNS:a.example.org"});
  const Certified other = make_certificate({"DNS:a.example.org"});
  const struct {
    Identity identity;
    const char* problem;
  } kCases[] = {
      {{.ca = "no PEM"}, "the CA's certificate: "},
      {{.certificate = "no PEM"}, "the client's certificate: "},
      {{.certificate = one.certificate, .key = "no PEM"}, "the client's key: "},
      {{.certificate = one.certificate, .key = other.key}, "the client's key: "},
  };
  for (const auto& row : kCases) {
    const auto context = client_context(row.identity);
    ASSERT_FALSE(context) << row.problem;
    EXPECT_TRUE(context.error().text.starts_with(row.problem)) << context.error().text;
    EXPECT_GT(context.error().text.size(), std::string(row.problem).size());
  }
}

}  // namespace
}  // namespace tls
