// What the loader costs: seconds and memory of a cold load of 100,000 documents, and of a reload
// after one of them changed.
//
//   bench_load [DOCUMENTS [FILES [yaml|line|json]]]
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/loader.h"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string document(const std::string& form, std::size_t i) {
  const std::string n = std::to_string(i);
  if (form == "line") {
    return "{type: MeshService, mesh: default, name: s" + n + ", spec: {ports: [{port: 80}]}}\n";
  }
  if (form == "json") {
    return R"({"type": "MeshService", "mesh": "default", "name": "s)" + n +
           R"(", "spec": {"ports": [{"port": 80}]}})"
           "\n";
  }
  return "type: MeshService\nmesh: default\nname: service-" + n + "\nlabels:\n  team: team-" +
         std::to_string(i % 50) + "\nspec:\n  selector:\n    dataplaneTags:\n" +
         "      kuma.io/service: service-" + n +
         "\n  ports:\n  - port: 80\n    name: http\n    targetPort: 8080\n    appProtocol: http\n";
}

double seconds(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double cpu() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

// What malloc has given out.
double allocated() {
  return static_cast<double>(mallinfo2().uordblks + mallinfo2().hblkhd) / 1e6;
}

double resident() {
  std::ifstream status("/proc/self/statm");
  std::size_t size = 0;
  std::size_t pages = 0;
  status >> size >> pages;
  return static_cast<double>(pages) * 4096 / 1e6;
}

void write(const fs::path& path, const std::string& form, std::size_t from, std::size_t to,
           std::size_t changed) {
  const std::string made = path.string() + ".new";
  std::ofstream out(made, std::ios::binary);
  for (std::size_t i = from; i < to; ++i) {
    out << (i == from ? "" : "---\n") << document(form, i == changed ? i + 10'000'000 : i);
  }
  out.close();
  fs::rename(made, path);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::stoul(argv[1]) : 100'000;
  const std::size_t files = argc > 2 ? std::stoul(argv[2]) : 100;
  const std::string form = argc > 3 ? argv[3] : "yaml";
  std::string pattern = fs::temp_directory_path() / "mesh-dns-load-XXXXXX";
  const fs::path folder = mkdtemp(pattern.data());
  const auto path = [&](std::size_t file) {
    char name[32];
    std::snprintf(name, sizeof name, "%05zu.yaml", file);
    return folder / name;
  };
  const auto first = [&](std::size_t file) { return count * file / files; };
  for (std::size_t i = 0; i < files; ++i) write(path(i), form, first(i), first(i + 1), count);
  config::Loader loader({folder}, {});
  const auto quick = Clock::now();
  const double quick_cpu = cpu();
  const std::size_t generators = loader.generators_first().size();
  std::printf("generators first: %.3f s, %.3f s CPU, %zu\n", seconds(quick), cpu() - quick_cpu,
              generators);
  const double before = resident();
  const double allocated_before = allocated();
  const double cpu_before = cpu();
  const auto begin = Clock::now();
  const config::Load cold = [&] {
    config::Load load = loader.load();
    std::printf("cold: %.3f s, %.3f s CPU, %zu documents\n", seconds(begin), cpu() - cpu_before,
                load.documents);
    return load;
  }();
  std::printf("RSS +%.1f MB, allocated +%.1f MB, of it what changed %.1f MB\n", resident() - before,
              allocated() - allocated_before,
              static_cast<double>(cold.changes.services.capacity() *
                                  sizeof(cold.changes.services.front())) /
                  1e6);
  for (int i = 0; i < 5; ++i) {
    const std::size_t file = files / 2;
    write(path(file), form, first(file), first(file + 1), i % 2 == 0 ? first(file) + 3 : count);
    const auto at = Clock::now();
    const double cpu_at = cpu();
    const config::Load load = loader.reload({path(file)});
    std::printf("one changed: %.3f ms, %.3f ms CPU, parsed %zu\n", seconds(at) * 1e3,
                (cpu() - cpu_at) * 1e3, load.parsed);
  }
  fs::remove_all(folder);
}
