#include "kubernetes/credentials.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace kubernetes {
namespace {

void trim(std::string& text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
}

}  // namespace

void Credentials::read(const Secret& secret, std::string& text,
                       std::vector<std::string>& problems) const {
  if (secret.file.empty()) {
    text = secret.text;
    return;
  }
  std::ifstream file(secret.file, std::ios::binary);
  const int error = errno;
  std::string read{std::istreambuf_iterator<char>(file), {}};
  // Whoever writes it may have emptied it first.
  if (!file || read.empty()) {
    problems.push_back(secret.file + ": " + (file ? "is empty" : std::strerror(error)));
    return;
  }
  text = std::move(read);
}

std::vector<std::string> Credentials::refresh(Clock::time_point now) {
  std::vector<std::string> problems;
  if (client_ != nullptr && now < fresh_until_) return problems;
  fresh_until_ = now + kFresh;
  http::Identity identity = identity_;
  read(access_.ca, identity.ca, problems);
  read(access_.certificate, identity.certificate, problems);
  read(access_.key, identity.key, problems);
  read(access_.token, token_, problems);
  trim(token_);
  identity.server_name = access_.server_name;
  identity.verify = access_.verify;
  if (client_ == nullptr || identity != identity_) {
    identity_ = std::move(identity);
    client_ = std::make_shared<const http::Client>(access_.server, identity_);
  }
  return problems;
}

}  // namespace kubernetes
