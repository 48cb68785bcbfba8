// One instance that allocates for services that come and go, until it is killed. After each commit
// it says on standard output what it serves from then on: "s3 241.0.0.7", and "=" behind each
// round.
//
//   vip_crash_child FILE SEED
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <string>

#include "vip/allocate.h"
#include "vip/sqlite_store.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::mt19937 random(static_cast<unsigned>(std::atoi(argv[2])));
  const auto file = state::File::open(argv[1], state::Open::ReadWrite);
  vip::SqliteStore store(*file);
  vip::Ledger ledger = store.load();
  vip::Policy policy;
  policy.pools.of(mesh::Kind::MeshService) = {*mesh::Cidr::parse("241.0.0.0/26")};
  policy.quarantine = 1'000'000;
  for (vip::Seconds now = 1000;; ++now) {
    std::vector<vip::Request> requests;
    for (int i = 0; i < 50; ++i) {
      if (random() % 2 == 0) continue;
      requests.push_back({{mesh::Kind::MeshService, "default", "s" + std::to_string(i)}, {}, {}});
    }
    const vip::Allocation allocation = vip::allocate(requests, policy, ledger, now);
    if (!std::holds_alternative<vip::Committed>(store.commit(allocation.changes))) return 1;
    ledger.apply(allocation.changes);
    std::string served;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      served += requests[i].service.name + ' ' + allocation.vips[i].front().to_string() + '\n';
    }
    served += "=\n";
    if (write(STDOUT_FILENO, served.data(), served.size()) < 0) return 1;
  }
}
