#include "redirect/holders.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <sstream>

#include "redirect/files.h"

namespace redirect {
namespace {

namespace fs = std::filesystem;

template <typename Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// As the kernel prints an address: hexadecimal words of 32 bits in the machine's own order.
std::string proc_text(const mesh::Ip& address) {
  std::string text;
  const auto bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789ABCDEF"[(word >> shift) & 15];
  }
  return text;
}

std::string unspecified(const mesh::Ip& address) {
  return std::string(2 * address.bytes().size(), '0');
}

std::optional<Holder> holder(const fs::path& process) {
  Holder holder;
  const auto pid = number<int>(process.filename().string());
  if (!pid) return std::nullopt;
  holder.pid = *pid;
  std::istringstream status(read_file(process / "status"));
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string label;
    words >> label;
    if (label == "Name:") words >> holder.name;
    std::uint32_t real = 0;
    if (label == "Uid:" && words >> real >> holder.uid) return holder;
  }
  return std::nullopt;
}

bool holds_one_of(const fs::path& process, const std::set<std::uint64_t>& inodes) {
  constexpr std::string_view kSocket = "socket:[";
  std::error_code error;
  for (fs::directory_iterator fd(process / "fd", error), end; !error && fd != end;
       fd.increment(error)) {
    std::error_code gone;
    const std::string link = fs::read_symlink(fd->path(), gone).string();
    if (gone || !link.starts_with(kSocket)) continue;
    const std::string_view digits(link.data() + kSocket.size(), link.size() - kSocket.size() - 1);
    const auto inode = number<std::uint64_t>(digits);
    if (inode && inodes.contains(*inode)) return true;
  }
  return false;
}

}  // namespace

std::set<std::uint64_t> bound_inodes(std::string_view proc_net_udp, const mesh::Ip& address,
                                     std::uint16_t port) {
  // Columns: number local remote state queues timer retransmits uid timeout inode ...
  constexpr std::size_t kLocal = 1;
  constexpr std::size_t kInode = 9;
  std::set<std::uint64_t> inodes;
  std::istringstream lines{std::string(proc_net_udp)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream stream(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    if (words.size() <= kInode) continue;
    const std::string& local = words[kLocal];
    const std::size_t colon = local.find(':');
    if (colon == local.npos || number<std::uint16_t>(local.substr(colon + 1), 16) != port) continue;
    const std::string bound = local.substr(0, colon);
    if (bound != proc_text(address) && bound != unspecified(address)) continue;
    if (const auto inode = number<std::uint64_t>(words[kInode])) inodes.insert(*inode);
  }
  return inodes;
}

std::vector<Holder> holders(const mesh::Ip& address, std::uint16_t port) {
  const char* file = address.is_v4() ? "/proc/net/udp" : "/proc/net/udp6";
  std::set<std::uint64_t> inodes = bound_inodes(read_file(file), address, port);
  if (address.is_v4()) {
    // A socket of both families.
    inodes.merge(bound_inodes(read_file("/proc/net/udp6"), *mesh::Ip::parse("::"), port));
  }
  std::vector<Holder> found;
  if (inodes.empty()) return found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const auto candidate = holder(entry->path());
    if (candidate && holds_one_of(entry->path(), inodes)) found.push_back(*candidate);
  }
  std::ranges::sort(found);
  if (found.size() > 1 && found.front().pid == 1) found.erase(found.begin());
  return found;
}

}  // namespace redirect
