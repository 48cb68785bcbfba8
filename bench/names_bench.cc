// Following the hostnames of a mesh: what the first load costs, what one change costs, and how many
// bytes a service needs. Times are of the CPU. bench_names SERVICES
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "hostname/defaults.h"
#include "hostname/names.h"

namespace {

// Of this thread, so that other programs don't count.
struct Clock {
  static double now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
  }
};

double microseconds(double since) {
  return Clock::now() - since;
}

std::size_t allocated() {
  return mallinfo2().uordblks;
}

hostname::ServicePointer service(std::size_t i, const char* team) {
  auto service = std::make_shared<mesh::Service>();
  service->meta.name = "service-" + std::to_string(i);
  service->meta.mesh = "default";
  service->meta.labels.set("team", team);
  service->ports.push_back({80, "80", std::uint16_t{80}, "http"});
  mesh::fill_labels(service->meta, {});
  return service;
}

mesh::Changes one(hostname::ServicePointer before, hostname::ServicePointer after) {
  mesh::Changes changes;
  changes.services.push_back({std::move(before), std::move(after)});
  return changes;
}

std::shared_ptr<const mesh::HostnameGenerator> generator(const char* name, const char* text,
                                                         const char* team) {
  auto generator = std::make_shared<mesh::HostnameGenerator>();
  generator->meta.name = name;
  generator->meta.labels.set("kuma.io/origin", "zone");
  generator->template_text = text;
  if (team != nullptr) generator->match.set("team", team);
  return generator;
}

mesh::Changes one(std::shared_ptr<const mesh::HostnameGenerator> before,
                  std::shared_ptr<const mesh::HostnameGenerator> after) {
  mesh::Changes changes;
  changes.generators.push_back({std::move(before), std::move(after)});
  return changes;
}

struct Timing {
  double sum = 0;
  double worst = 0;
  std::size_t count = 0;

  void add(double microseconds) {
    sum += microseconds;
    worst = std::max(worst, microseconds);
    ++count;
  }
  void print(const char* what) const {
    std::printf("%-52s %8.2f us, at most %8.1f us\n", what, sum / static_cast<double>(count),
                worst);
  }
};

void run(std::size_t size) {
  std::vector<hostname::ServicePointer> services;
  for (std::size_t i = 0; i < size; ++i) services.push_back(service(i, "red"));

  mesh::Changes all;
  for (const auto& each : services) all.services.push_back({nullptr, each});
  all.generators = hostname::Defaults("universal").apply({});
  {
    const auto start = Clock::now();
    mesh::Resources resources{services, hostname::default_generators("universal"), {}};
    const auto whole = hostname::generate(resources, "default");
    std::printf("%-52s %8.1f ms\n", "generate() of all", microseconds(start) / 1000);
  }
  malloc_trim(0);
  const std::size_t before = allocated();
  hostname::Names names("default", "");
  const auto start = Clock::now();
  std::size_t owners = names.apply(all).owners.size();
  std::printf("%-52s %8.1f ms, %zu hostnames\n", "first load", microseconds(start) / 1000, owners);
  all = {};
  std::printf("%-52s %8.1f bytes (with the list of changes gone)\n",
              "memory of a service with one hostname",
              static_cast<double>(allocated() - before) / static_cast<double>(size));

  std::mt19937 random(1);
  const auto each = [&](const char* what, auto change) {
    Timing timing;
    for (int i = 0; i < 20'000; ++i) {
      const std::size_t at = random() % size;
      const mesh::Changes changes = change(at);
      const auto begin = Clock::now();
      const hostname::Update update = names.apply(changes);
      timing.add(microseconds(begin));
      if (changes.services.front().after) services[at] = changes.services.front().after;
    }
    timing.print(what);
  };
  each("a service changes and keeps its name",
       [&](std::size_t at) { return one(services[at], service(at, "blue")); });
  each("a service gets another name", [&](std::size_t at) {
    auto renamed = std::make_shared<mesh::Service>(*services[at]);
    renamed->meta.labels.set("kuma.io/display-name", "name-" + std::to_string(random()));
    return one(services[at], renamed);
  });
  each("a service takes another's name, or loses to it", [&](std::size_t at) {
    auto renamed = std::make_shared<mesh::Service>(*services[at]);
    renamed->meta.labels.set("kuma.io/display-name", services[random() % size]->meta.name);
    return one(services[at], renamed);
  });
  Timing gone;
  Timing come;
  for (std::size_t i = 0; i < 20'000; ++i) {
    const std::size_t at = random() % size;
    const mesh::Changes removal = one(services[at], nullptr);
    const mesh::Changes addition = one(nullptr, services[at]);
    auto begin = Clock::now();
    hostname::Update update = names.apply(removal);
    gone.add(microseconds(begin));
    begin = Clock::now();
    update = names.apply(addition);
    come.add(microseconds(begin));
  }
  gone.print("a service is removed");
  come.print("a service is added");
  Timing ask;
  std::size_t outcomes = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto begin = Clock::now();
    outcomes += names.outcomes(*services[random() % size]).size();
    ask.add(microseconds(begin));
  }
  ask.print("the outcomes of a service");

  const auto generators = [&](const char* what, const auto& first, const auto& second) {
    const mesh::Changes changes = one(first, second);
    const auto begin = Clock::now();
    const hostname::Update update = names.apply(changes);
    std::printf("%-52s %8.1f ms, %zu hostnames\n", what, microseconds(begin) / 1000,
                update.owners.size());
  };
  const auto red = generator("red", "{{ .Name }}.red.mesh", "green");
  const auto everything = generator("all", "{{ .Name }}.all.mesh", nullptr);
  const auto changed = generator("all", "{{ .Name }}.every.mesh", nullptr);
  generators("a generator is added that selects nothing", decltype(red)(), red);
  generators("a generator is added that selects all", decltype(red)(), everything);
  generators("its template changes", everything, changed);
  generators("it is removed", changed, decltype(red)());
}

}  // namespace

int main(int argc, char** argv) {
  run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000);
}
