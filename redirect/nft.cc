#include "redirect/nft.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <vector>

#include "redirect/process.h"

namespace redirect {
namespace {

constexpr const char* kMissing =
    "the program nft is not there: install the package nftables (`apt-get install nftables`)";

std::string to_string(const NftVersion& version) {
  return std::to_string(version.major) + '.' + std::to_string(version.minor) + '.' +
         std::to_string(version.patch);
}

Finished nft(const std::vector<std::string>& arguments, const std::string& input = "") {
  std::vector<std::string> command = {"nft"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Finished finished = run(command, input);
  if (!finished.found) throw std::runtime_error(kMissing);
  return finished;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

}  // namespace

std::optional<NftVersion> parse_nft_version(std::string_view text) {
  const std::size_t at = text.find(" v");
  if (at == text.npos) return std::nullopt;
  NftVersion version;
  const char* next = text.data() + at + 2;
  const char* const end = text.data() + text.size();
  for (unsigned* number : {&version.major, &version.minor, &version.patch}) {
    if (number != &version.major) {
      if (next == end || *next != '.') break;  // "1.1" is 1.1.0
      ++next;
    }
    const auto [after, error] = std::from_chars(next, end, *number);
    if (error != std::errc()) return std::nullopt;
    next = after;
  }
  return version;
}

std::string explain_refusal(std::string_view nft_says) {
  std::string text = "nft refused the rules, and none was changed: ";
  text += nft_says.substr(0, nft_says.find('\n'));
  if (contains(nft_says, "cgroupv2 path fails")) {
    return text +
           "\nno such cgroup: PATH is below /sys/fs/cgroup, which has to be cgroup v2; "
           "`systemd-cgls` shows those there are";
  }
  if (contains(nft_says, "Operation not permitted")) {
    return text + "\nrun it as root, or with the capability CAP_NET_ADMIN";
  }
  if (contains(nft_says, "Could not process rule") || contains(nft_says, "not supported") ||
      contains(nft_says, "cache initialization failed")) {
    return text +
           "\nthe kernel seems to lack what the rules need: Linux 5.2 with nf_tables, nft_nat, "
           "nft_ct and nft_reject_inet (`modprobe nft_chain_nat`), for --cgroup Linux 5.13 "
           "with nft_socket; `mesh-dns redirect install --dry-run` prints the rules";
  }
  return text;
}

bool has_nft() {
  return run({"nft", "--version"}).found;
}

void require_nft(const Redirection& redirection) {
  const std::string said = nft({"--version"}).out;
  const auto version = parse_nft_version(said);
  const bool cgroups = !redirection.cgroups.empty() || !redirection.exempt_cgroups.empty();
  const NftVersion& oldest = cgroups ? kOldestNftForCgroups : kOldestNft;
  if (version && *version >= oldest) return;
  throw std::runtime_error(
      "nft is too old: found " + (version ? to_string(*version) : '"' + said + '"') +
      ", expected at least " + to_string(oldest) +
      (cgroups ? " to match cgroups: select by --uid instead, or install a newer nftables"
               : ": install a newer nftables"));
}

void require_net_admin() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) == 0 &&
      (data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN)) != 0) {
    return;
  }
  throw std::runtime_error(
      "only root, or a process with the capability CAP_NET_ADMIN, may see and change the rules of "
      "the kernel: run it with sudo");
}

void apply(const std::string& ruleset) {
  const Finished finished = nft({"-f", "-"}, ruleset);
  if (finished.status != 0) throw std::runtime_error(explain_refusal(finished.err));
}

std::optional<std::string> installed() {
  Finished finished = nft({"list", "table", "inet", "mesh_dns"});
  if (finished.status == 0) return std::move(finished.out);
  if (contains(finished.err, "No such file or directory")) return std::nullopt;
  throw std::runtime_error(explain_refusal(finished.err));
}

}  // namespace redirect
