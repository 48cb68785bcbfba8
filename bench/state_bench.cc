// What the state file costs at a start and while it serves: opening, the last good table, the
// leases; then one changed name and one changed service. At 100,000 and 1,000,000 services.
//
//   bench_state [SERVICES]...
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/last_table.h"
#include "pipeline/table.h"
#include "state/file.h"
#include "vip/allocator.h"
#include "vip/sqlite_store.h"

namespace {

using Clock = std::chrono::steady_clock;

// Wall time, and own CPU time, which counts on a machine that does other things.
class Watch {
 public:
  void print(const char* what) {
    const std::chrono::duration<double, std::milli> took = Clock::now() - start_;
    const double cpu = 1e3 * static_cast<double>(std::clock() - cpu_) / CLOCKS_PER_SEC;
    std::printf("  %-44s %10.2f ms, CPU %9.2f ms\n", what, took.count(), cpu);
    std::fflush(stdout);
    start();
  }
  void start() {
    start_ = Clock::now();
    cpu_ = std::clock();
  }

 private:
  Clock::time_point start_ = Clock::now();
  std::clock_t cpu_ = std::clock();
};

std::size_t in_use() {
  return mallinfo2().uordblks + mallinfo2().hblkhd;
}

// As services are called in large meshes.
std::string name_of(std::size_t i) {
  const std::string number = std::to_string(i);
  return "service-" + std::string(7 - std::min<std::size_t>(number.size(), 7), '0') + number +
         ".team-" + std::to_string(i % 40);
}

vip::Request request_of(std::size_t i) {
  return {{mesh::Kind::MeshService, "default", name_of(i)}, {}, {}};
}

vip::Policy policy() {
  vip::Policy policy;
  policy.pools.of(mesh::Kind::MeshService) = {*mesh::Cidr::parse("241.0.0.0/8")};
  return policy;
}

// As a running instance leaves it.
void make(const std::string& path, std::size_t services) {
  Watch watch;
  const auto file = state::File::open(path, state::Open::ReadWrite);
  vip::SqliteStore store(*file);
  vip::Allocator allocator(policy(), store.load());
  for (std::size_t i = 0; i < services; ++i) allocator.change(request_of(i));
  watch.print("take all requests");
  const vip::Proposal proposal = allocator.propose(1000);
  watch.print("propose the first VIPs of all");
  if (!std::holds_alternative<vip::Committed>(store.commit(proposal.changes))) std::abort();
  watch.print("commit them");
  allocator.accept(proposal);
  watch.print("accept them");
  pipeline::LastTable table(*file, "default");
  table.load();
  pipeline::LastTableChanges changes;
  std::vector<std::string> texts;
  texts.reserve(2 * services);
  for (std::size_t i = 0; i < services; ++i) {
    const std::string& owner = texts.emplace_back(name_of(i));
    const std::string& hostname = texts.emplace_back(owner + ".svc.mesh.local");
    changes.put.push_back({hostname,
                           mesh::Kind::MeshService,
                           owner,
                           allocator.vips(request_of(i).service),
                           {{8080, false, "http"}}});
  }
  watch.start();
  table.apply(changes);
  watch.print("store the last table, all of it");
}

void start(const std::string& path, std::size_t services) {
  Watch watch;
  const auto file = state::File::open(path, state::Open::ReadWrite);
  watch.print("open");
  pipeline::LastTable table(*file, "default");
  auto loaded = table.load();
  watch.print("load the last table");
  pipeline::TableEntry entry;
  std::size_t names = 0;
  for (pipeline::LastNames::Reader reader(*loaded.names); reader.next(entry);) ++names;
  if (names != services) std::abort();
  watch.print("read its entries once");
  loaded = {};
  watch.start();
  file->check();
  watch.print("check the whole file");
  const std::size_t before = in_use();
  watch.start();
  vip::SqliteStore store(*file);
  vip::Ledger ledger = store.load();
  watch.print("load the leases");
  std::printf("  %-44s %10.1f B\n", "memory of a lease",
              static_cast<double>(in_use() - before) / static_cast<double>(services));
  watch.start();
  vip::Allocator allocator(policy(), std::move(ledger));
  for (std::size_t i = 0; i < services; ++i) allocator.change(request_of(i));
  watch.print("take all requests");
  allocator.accept(allocator.propose(2000));
  watch.print("propose and accept (nothing changes)");

  const std::size_t other = services + 1;
  allocator.change(request_of(other));
  const vip::Proposal proposal = allocator.propose(2001);
  watch.print("propose for one new service");
  if (!std::holds_alternative<vip::Committed>(store.commit(proposal.changes))) std::abort();
  watch.print("commit it");
  allocator.accept(proposal);
  watch.print("accept it");
  pipeline::LastTableChanges changes;
  const std::string owner = name_of(other);
  const std::string hostname = owner + ".svc.mesh.local";
  changes.put.push_back({hostname,
                         mesh::Kind::MeshService,
                         owner,
                         allocator.vips(request_of(other).service),
                         {{8080, false, "http"}}});
  table.apply(changes);
  watch.print("store one new name in the last table");
}

void run(std::size_t services) {
  namespace fs = std::filesystem;
  std::string pattern = fs::temp_directory_path() / "mesh-dns-bench-XXXXXX";
  const fs::path folder = mkdtemp(pattern.data());
  const std::string path = folder / "state.db";
  std::printf("%zu services, a first start:\n", services);
  make(path, services);
  std::printf("%zu services, a restart (file of %ju bytes in the page cache):\n", services,
              static_cast<std::uintmax_t>(fs::file_size(path)));
  start(path, services);
  fs::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    run(100'000);
    run(1'000'000);
  }
  for (int i = 1; i < argc; ++i) run(std::strtoul(argv[i], nullptr, 10));
}
