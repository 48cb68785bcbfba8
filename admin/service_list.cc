#include "admin/service_list.h"

#include <algorithm>
#include <array>
#include <string>

namespace admin {
namespace {

using hostname::Outcome;
using hostname::Reason;

// Of ASCII alone, since names have no other letters.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

struct Word {
  std::string text;      // lowered
  bool address = false;  // it may be the beginning of an address
};

std::vector<Word> split(std::string_view words) {
  std::vector<Word> all;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find_first_of(" \t\r\n"), words.size());
    Word word{std::string(words.substr(0, end))};
    std::ranges::transform(word.text, word.text.begin(), lower);
    word.address = word.text.find_first_not_of("0123456789abcdef.:") == word.text.npos;
    if (!word.text.empty()) all.push_back(std::move(word));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return all;
}

bool holds(std::string_view text, const std::string& word) {
  const auto same = [](char a, char b) { return lower(a) == b; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

bool holds(const pipeline::Build& build, std::size_t i, const Word& word) {
  const mesh::Service& service = *build.resources.services[i];
  if (holds(service.meta.core_name(), word.text) || holds(service.meta.mesh, word.text) ||
      holds(mesh::to_string(service.kind), word.text)) {
    return true;
  }
  const auto& outcomes = build.hostnames.outcomes[i];
  if (std::ranges::any_of(outcomes, [&](const Outcome& o) { return holds(o.hostname, word.text); }))
    return true;
  return word.address && std::ranges::any_of(build.allocation.vips[i], [&](const mesh::Ip& ip) {
           return ip.to_string().starts_with(word.text);
         });
}

constexpr std::size_t kTroubles = 3;
using Buckets = std::array<std::vector<std::uint32_t>, kTroubles>;

// The services that `takes` takes, each in the bucket of its trouble.
template <class Takes>
Buckets sort_out(const pipeline::Build& build, Takes takes) {
  Buckets buckets;
  for (std::size_t i = 0; i < build.resources.services.size(); ++i) {
    if (!takes(i)) continue;
    const auto bucket = static_cast<std::size_t>(trouble_of(build, i));
    buckets[bucket].push_back(static_cast<std::uint32_t>(i));
  }
  return buckets;
}

std::vector<std::uint32_t> range(const Buckets& buckets, std::size_t skip, std::size_t most) {
  std::vector<std::uint32_t> taken;
  for (const auto& bucket : buckets) {
    for (std::size_t i = skip; i < bucket.size() && taken.size() < most; ++i) {
      taken.push_back(bucket[i]);
    }
    skip -= std::min(skip, bucket.size());
  }
  return taken;
}

}  // namespace

Trouble trouble_of(const pipeline::Build& build, std::size_t service) {
  if (!build.allocation.missing[service].empty()) return Trouble::NoVip;
  const bool lost = std::ranges::any_of(build.hostnames.outcomes[service], [](const Outcome& o) {
    return o.reason != Reason::Generated;
  });
  return lost ? Trouble::NotNamed : Trouble::None;
}

ServicePage list_services(const pipeline::Build& build, std::string_view words, std::size_t page) {
  const std::vector<Word> wanted = split(words);
  const Buckets buckets = sort_out(build, [&](std::size_t i) {
    return std::ranges::all_of(wanted, [&](const Word& word) { return holds(build, i, word); });
  });
  ServicePage list;
  for (const auto& bucket : buckets) list.found += bucket.size();
  list.troubled = list.found - buckets[static_cast<std::size_t>(Trouble::None)].size();
  constexpr std::size_t kSize = ServicePage::kServicesAPage;
  list.pages = std::max<std::size_t>((list.found + kSize - 1) / kSize, 1);
  list.page = std::clamp<std::size_t>(page, 1, list.pages);
  list.services = range(buckets, (list.page - 1) * kSize, kSize);
  return list;
}

std::vector<std::uint32_t> troubled_services(const pipeline::Build& build, std::size_t most) {
  const auto troubled = [&](std::size_t i) { return trouble_of(build, i) != Trouble::None; };
  return range(sort_out(build, troubled), 0, most);
}

}  // namespace admin
