#include "tests/tls/certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace {

template <auto kFree>
struct Free {
  void operator()(auto* pointer) const { kFree(pointer); }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL");
}

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

template <typename Write>
std::string pem(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(write(bio.get()) == 1);
  std::string text(BIO_ctrl_pending(bio.get()), '\0');
  require(BIO_read(bio.get(), text.data(), static_cast<int>(text.size())) > 0);
  return text;
}

void add(X509* certificate, int type, const std::string& value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, nullptr, type, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void name(X509* certificate, const std::string& common) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(common.c_str());
  require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
}

Certified make(const std::string& common, const std::string& names, const Certified* issuer,
               bool valid) {
  static long serial = 0;
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  require(key && certificate);
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), -86400);
  X509_gmtime_adj(X509_getm_notAfter(x), valid ? 86400 : -3600);
  X509_set_pubkey(x, key.get());
  name(x, common + ' ' + std::to_string(serial));  // an issuer is found by its name
  if (names.empty()) {
    add(x, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    add(x, NID_subject_alt_name, names);
  }
  Certificate authority;
  Key authority_key;
  if (issuer != nullptr) {
    authority.reset(
        PEM_read_bio_X509(reader(issuer->certificate).get(), nullptr, nullptr, nullptr));
    authority_key.reset(
        PEM_read_bio_PrivateKey(reader(issuer->key).get(), nullptr, nullptr, nullptr));
  }
  X509_set_issuer_name(x, X509_get_subject_name(authority ? authority.get() : x));
  require(X509_sign(x, authority_key ? authority_key.get() : key.get(), EVP_sha256()) != 0);
  return {pem([&](BIO* bio) { return PEM_write_bio_X509(bio, x); }), pem([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace

Certified make_certificate(const std::vector<std::string>& names, const Certified* issuer,
                           bool valid) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ",") + name;
  return make("server", joined, issuer, valid);
}

Certified make_authority() {
  return make("authority", "", nullptr, true);
}
