#include "hostname/generator.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "hostname/template.h"

namespace hostname {
namespace {

using mesh::Diagnostic;
using mesh::HostnameGenerator;
using mesh::Service;
using mesh::Severity;

constexpr std::size_t kMaxCollisionDiagnostics = 20;

std::string described(const Service& service) {
  return mesh::to_string(service.id());
}

// What goes wrong for many services is told once, of the first, with the number of the others.
struct Problem {
  std::string message;
  std::size_t services = 0;

  void add(const Service& service, const std::string& text) {
    if (services++ == 0) message = described(service) + ": " + text;
  }
  std::string text() const {
    if (services == 1) return message;
    return message + " (and " + std::to_string(services - 1) +
           (services == 2 ? " more service)" : " more services)");
  }
};

// A generator with its compiled template and what became of it.
struct Work {
  const HostnameGenerator* generator = nullptr;
  std::optional<Template> compiled;
  std::string why_not_compiled;
  Problem evaluation;
  Problem validity;
  Problem public_name;
  std::size_t selected = 0;
};

class Generation {
 public:
  Generation(const mesh::Resources& resources, std::string_view local_zone,
             std::string_view cluster_domain)
      : services_(resources.services), local_zone_(local_zone), cluster_domain_(cluster_domain) {
    order_generators(resources.generators);
    order_services();
    result_.outcomes.resize(services_.size());
  }

  Hostnames run() {
    owners_.reserve(services_.size());
    for (std::uint32_t g = 0; g < work_.size(); ++g) {
      for (const std::uint32_t s : order_) name(g, s);
      report(work_[g]);
    }
    sort_outcomes();
    report_collisions();
    mesh::sort(result_.diagnostics);
    return std::move(result_);
  }

 private:
  // Who has a hostname, and through which generator.
  struct Owner {
    std::uint32_t service;
    std::uint32_t generator;
  };

  void order_generators(std::vector<std::shared_ptr<const HostnameGenerator>> generators);
  void order_services();
  void compile(OrderedGenerator& ordered);
  void name(std::uint32_t g, std::uint32_t s);
  Outcome make(std::uint32_t g, std::uint32_t s);
  Outcome claim(std::uint32_t g, std::uint32_t s, std::string hostname);
  void report(const Work& work);
  void report_collisions();
  void sort_outcomes();

  const std::vector<std::shared_ptr<const Service>>& services_;
  const std::string_view local_zone_;
  const std::string_view cluster_domain_;
  std::vector<Work> work_;                         // as Hostnames::generators is ordered
  std::vector<std::uint32_t> order_;               // of services
  std::unordered_map<std::string, Owner> owners_;  // by mesh, NUL, hostname
  std::vector<Diagnostic> collisions_;
  Hostnames result_;
};

// The DNS zone that a template's names are in: what stands behind the first dot of its literal end.
std::string zone_of(const Template& compiled, std::string_view text) {
  const std::string_view suffix = compiled.literal_suffix();
  // A template without actions makes one name, and owns no more than that.
  if (suffix == text) return "";
  const std::size_t dot = suffix.find('.');
  const std::string_view zone = dot == suffix.npos ? "" : suffix.substr(dot + 1);
  return why_not_a_hostname(zone) ? "" : std::string(zone);
}

void Generation::compile(OrderedGenerator& ordered) {
  const HostnameGenerator& generator = *ordered.generator;
  Work work;
  work.generator = &generator;
  auto compiled = Template::compile(generator.template_text);
  if (compiled) {
    ordered.compiled = true;
    ordered.zone = zone_of(*compiled, generator.template_text);
    work.compiled.emplace(std::move(*compiled));
  } else {
    work.why_not_compiled = "the template is wrong at offset " +
                            std::to_string(compiled.error().offset) + ": " +
                            compiled.error().message;
  }
  work_.push_back(std::move(work));
}

// Those of the zone first, then by age, then by name. One without a creation time counts as oldest.
void Generation::order_generators(
    std::vector<std::shared_ptr<const HostnameGenerator>> generators) {
  for (auto& generator : generators) {
    std::string core_name = generator->meta.core_name();
    result_.generators.push_back({std::move(generator), std::move(core_name), {}, false});
  }
  std::ranges::sort(result_.generators, [](const OrderedGenerator& a, const OrderedGenerator& b) {
    const auto key = [](const OrderedGenerator& g) {
      const mesh::Meta& meta = g.generator->meta;
      return std::tuple(meta.labels.get(mesh::label::kOrigin) != "zone", meta.creation_time,
                        std::string_view(g.core_name));
    };
    return key(a) < key(b);
  });
  for (OrderedGenerator& ordered : result_.generators) compile(ordered);
}

void Generation::order_services() {
  std::vector<std::string> names;
  names.reserve(services_.size());
  for (const auto& service : services_) names.push_back(service->meta.core_name());
  order_.resize(services_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::ranges::sort(order_, [&](std::uint32_t a, std::uint32_t b) {
    const auto key = [&](std::uint32_t i) {
      const Service& service = *services_[i];
      return std::tuple(service.meta.creation_time, std::string_view(names[i]), service.kind,
                        std::string_view(service.meta.mesh));
    };
    return key(a) < key(b);
  });
}

void Generation::name(std::uint32_t g, std::uint32_t s) {
  const Service& service = *services_[s];
  Work& work = work_[g];
  if (service.kind != work.generator->selects) return;
  if (!service.meta.labels.contains_all(work.generator->match)) return;
  ++work.selected;
  result_.outcomes[s].push_back(make(g, s));
}

Outcome Generation::make(std::uint32_t g, std::uint32_t s) {
  const Service& service = *services_[s];
  Work& work = work_[g];
  if (!work.compiled) return {g, Reason::TemplateError, "", work.why_not_compiled};
  const mesh::Labels& labels = service.meta.labels;
  const std::string_view zone = labels.get_or_empty(mesh::label::kZone);
  auto rendered = work.compiled->render(
      {service.meta.name, service.meta.display_name(), labels.get_or_empty(mesh::label::kNamespace),
       service.meta.mesh, zone.empty() ? local_zone_ : zone, &labels});
  if (!rendered) {
    work.evaluation.add(service, rendered.error().message);
    return {g, Reason::TemplateError, "", "the template fails: " + rendered.error().message};
  }
  if (const auto why = why_not_a_hostname(*rendered)) {
    const std::string text = "\"" + *rendered + "\" is not a valid DNS name: " + *why;
    work.validity.add(service, text);
    return {g, Reason::TemplateError, "", text};
  }
  if (is_within(*rendered, cluster_domain_)) {
    const std::string text = "\"" + *rendered + "\" is within " + std::string(cluster_domain_) +
                             ", which belongs to the cluster's DNS";
    work.validity.add(service, text);
    return {g, Reason::ClusterDomain, std::move(*rendered), text};
  }
  return claim(g, s, std::move(*rendered));
}

// The first claim to a hostname wins, whatever the kinds; a service never loses to itself.
Outcome Generation::claim(std::uint32_t g, std::uint32_t s, std::string hostname) {
  const Service& service = *services_[s];
  const auto [found, added] = owners_.emplace(service.meta.mesh + '\0' + hostname, Owner{s, g});
  if (added && !is_under_private_suffix(hostname)) {
    work_[g].public_name.add(service, hostname);
  }
  if (added || found->second.service == s) {
    return {g, Reason::Generated, std::move(hostname), ""};
  }
  const Service& winner = *services_[found->second.service];
  const std::string message = "Hostname collision with " + described(winner) + ": it has " +
                              hostname + " from HostnameGenerator " +
                              result_.generators[found->second.generator].core_name;
  collisions_.push_back({Severity::Warning, service.meta.position, "",
                         described(service) + " doesn't get " + hostname +
                             " from HostnameGenerator " + result_.generators[g].core_name + ": " +
                             described(winner) + " has it from HostnameGenerator " +
                             result_.generators[found->second.generator].core_name});
  return {g, Reason::Collision, std::move(hostname), message};
}

void Generation::report(const Work& work) {
  const HostnameGenerator& generator = *work.generator;
  const auto add = [&](Severity severity, std::string message) {
    // What a generator that nobody wrote does wrong is nobody's error.
    if (generator.built_in && severity == Severity::Error) severity = Severity::Warning;
    mesh::Position position = generator.template_position;
    if (position.line == 0) position = generator.meta.position;
    std::string name = generator.built_in ? "HostnameGenerator " + generator.meta.name + ": " : "";
    result_.diagnostics.push_back(
        {severity, std::move(position), "spec.template", name + std::move(message)});
  };
  if (!work.compiled) add(Severity::Error, work.why_not_compiled);
  if (work.evaluation.services > 0) add(Severity::Error, work.evaluation.text());
  if (work.validity.services > 0) add(Severity::Error, work.validity.text());
  if (work.public_name.services > 0 && !generator.built_in) {
    add(Severity::Warning,
        work.public_name.text() +
            ": this name is under no private suffix (.mesh, .local, .internal, .test, ...) and "
            "hides what the Internet has there");
  }
  if (work.selected == 0 && !generator.built_in) {
    result_.diagnostics.push_back(
        {Severity::Notice, generator.meta.position, "spec.selector",
         "it selects no " + std::string(mesh::to_string(generator.selects))});
  }
}

void Generation::report_collisions() {
  if (collisions_.size() > kMaxCollisionDiagnostics) {
    const std::size_t more = collisions_.size() - kMaxCollisionDiagnostics;
    collisions_.resize(kMaxCollisionDiagnostics);
    collisions_.push_back({Severity::Warning,
                           {},
                           "",
                           std::to_string(more) + " more services lost a hostname to "
                                                  "another; `render` shows them"});
  }
  result_.diagnostics.insert(result_.diagnostics.end(), collisions_.begin(), collisions_.end());
}

void Generation::sort_outcomes() {
  for (auto& outcomes : result_.outcomes) {
    std::ranges::sort(outcomes, {}, [&](const Outcome& outcome) {
      return std::string_view(result_.generators[outcome.generator].core_name);
    });
  }
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::Generated:
      return "Generated";
    case Reason::Collision:
      return "Collision";
    case Reason::TemplateError:
      return "TemplateError";
    case Reason::ClusterDomain:
      return "ClusterDomain";
  }
  return "";
}

Hostnames generate(const mesh::Resources& resources, std::string_view local_zone,
                   std::string_view cluster_domain) {
  return Generation(resources, local_zone, cluster_domain).run();
}

}  // namespace hostname
