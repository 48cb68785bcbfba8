#include "hostname/naming.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace hostname {
namespace {

// The DNS zone that a template's names are in: what stands behind the first dot of its literal end.
std::string zone_of(const Template& compiled, std::string_view text) {
  const std::string_view suffix = compiled.literal_suffix();
  // A template without actions makes one name, and owns no more than that.
  if (suffix == text) return "";
  const std::size_t dot = suffix.find('.');
  const std::string_view zone = dot == suffix.npos ? "" : suffix.substr(dot + 1);
  return why_not_a_hostname(zone) ? "" : std::string(zone);
}

}  // namespace

std::strong_ordering compare_core_names(const mesh::Meta& a, const mesh::Meta& b) {
  const std::size_t common = std::min(a.name.size(), b.name.size());
  const int order = a.name.compare(0, common, b.name, 0, common);
  if (order != 0) return order <=> 0;
  if (a.name.size() == b.name.size()) return a.name_space <=> b.name_space;
  // One begins with the other: a namespace may decide.
  return a.core_name() <=> b.core_name();
}

bool claims_before(const OrderedGenerator& a, const OrderedGenerator& b) {
  const auto key = [](const OrderedGenerator& g) {
    const mesh::Meta& meta = g.generator->meta;
    return std::tuple(meta.labels.get(mesh::label::kOrigin) != "zone", meta.creation_time,
                      std::string_view(g.core_name));
  };
  return key(a) < key(b);
}

bool claims_before(const mesh::Service& a, const mesh::Service& b) {
  if (a.meta.creation_time != b.meta.creation_time) {
    return a.meta.creation_time < b.meta.creation_time;
  }
  if (const auto order = compare_core_names(a.meta, b.meta); order != 0) return order < 0;
  return std::tie(a.kind, a.meta.mesh) < std::tie(b.kind, b.meta.mesh);
}

Outcome refused(std::uint32_t generator, const Naming& naming) {
  switch (naming.kind) {
    case Naming::Kind::Fails:
      return {generator, Reason::TemplateError, "", "the template fails: " + naming.error};
    case Naming::Kind::OfCluster:
      return {generator, Reason::ClusterDomain, std::string(naming.hostname), naming.error};
    default:
      return {generator, Reason::TemplateError, "", naming.error};
  }
}

Rule::Rule(std::shared_ptr<const mesh::HostnameGenerator> generator) {
  ordered_.core_name = generator->meta.core_name();
  auto compiled = Template::compile(generator->template_text);
  if (compiled) {
    ordered_.compiled = true;
    ordered_.zone = zone_of(*compiled, generator->template_text);
    template_.emplace(std::move(*compiled));
  } else {
    why_not_compiled_ = "the template is wrong at offset " +
                        std::to_string(compiled.error().offset) + ": " + compiled.error().message;
  }
  ordered_.generator = std::move(generator);
}

bool selects(const mesh::HostnameGenerator& generator, const mesh::Service& service) {
  return service.kind == generator.selects && service.meta.labels.contains_all(generator.match);
}

Naming Rule::name(const mesh::Service& service, const Surroundings& where,
                  std::string& buffer) const {
  if (!template_) return {Naming::Kind::NotCompiled, "", why_not_compiled_};
  const mesh::Labels& labels = service.meta.labels;
  const std::string_view zone = labels.get_or_empty(mesh::label::kZone);
  const auto rendered = template_->render(
      {service.meta.name, service.meta.display_name(), labels.get_or_empty(mesh::label::kNamespace),
       service.meta.mesh, zone.empty() ? std::string_view(where.local_zone) : zone, &labels},
      buffer);
  if (!rendered) return {Naming::Kind::Fails, "", rendered.error().message};
  if (const auto why = why_not_a_hostname(buffer)) {
    return {Naming::Kind::NotValid, "", "\"" + buffer + "\" is not a valid DNS name: " + *why};
  }
  if (is_within(buffer, where.cluster_domain)) {
    return {Naming::Kind::OfCluster, buffer,
            "\"" + buffer + "\" is within " + where.cluster_domain +
                ", which belongs to the cluster's DNS"};
  }
  return {Naming::Kind::Hostname, buffer, ""};
}

}  // namespace hostname
