#include "explain/explain.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "dns/special.h"
#include "explain/ask.h"
#include "explain/story.h"
#include "host/upstreams.h"
#include "pipeline/zone.h"

namespace explain {
namespace {

using hostname::Reason;

std::string lowered(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string join(const std::vector<std::string>& texts, std::string_view between = ", ") {
  std::string joined;
  for (const std::string& text : texts) joined.append(joined.empty() ? "" : between).append(text);
  return joined;
}

std::string pairs_text(const mesh::Labels& labels) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : labels.pairs()) {
    texts.push_back(std::string(key) + '=' + std::string(value));
  }
  return join(texts);
}

std::string at(const mesh::Position& position) {
  const std::string text = mesh::to_string(position);
  return text.empty() ? "" : ", " + text;
}

std::string origin_text(mesh::Origin origin) {
  switch (origin) {
    case mesh::Origin::Given:
      return "";
    case mesh::Origin::Dataplanes:
      return ", generated from Dataplanes";
    case mesh::Origin::KubernetesService:
      return ", generated from a Kubernetes Service";
  }
  return "";
}

// What `wanted` asks for that `labels` has not: "kuma.io/origin=global, it has zone".
std::string mismatch(const mesh::Labels& wanted, const mesh::Labels& labels) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : wanted.pairs()) {
    const auto has = labels.get(key);
    if (has == value) continue;
    texts.push_back(std::string(key) + '=' + std::string(value) +
                    (has ? ", it has " + std::string(*has) : ", which it has not"));
  }
  return join(texts, "; ");
}

// The root, for what is no name.
dns::Qname prepare(const std::string& text) {
  const auto name = dns::Name::parse(text);
  const dns::Name known = name ? *name : dns::Name();
  dns::Qname qname;
  qname.assign(reinterpret_cast<const std::uint8_t*>(known.wire().data()), known.wire().size());
  return qname;
}

class Explainer {
 public:
  Explainer(const pipeline::Build& build, const config::Settings& settings,
            const vip::Ledger& ledger, const dns::Routes& routes)
      : build_(build),
        settings_(settings),
        ledger_(ledger),
        routes_(routes),
        zone_(pipeline::make_zone(build.table, settings, 1)) {}

  std::optional<std::string> resource(std::string_view kind, std::string_view name);
  std::string name(const std::string& qname);
  std::string address(const mesh::Ip& ip);

 private:
  const mesh::Service& service(std::size_t i) const { return *build_.resources.services[i]; }
  std::optional<std::size_t> owner_of(std::string_view hostname) const;
  std::vector<std::size_t> named_like(std::string_view hostname) const;
  std::string generator_name(std::size_t g) const;

  void tell_service(std::size_t i);
  void tell_generators(std::size_t i);
  void tell_outcome(const mesh::Service& service, std::size_t g, const hostname::Outcome* outcome);
  void tell_vips(std::size_t i);
  void tell_ports(std::size_t i);
  void tell_answers(const std::string& qname, std::initializer_list<const char*> types);
  void tell_upstreams(const std::string& qname);
  dns::Special special(const std::string& qname) const;
  void tell_unknown(const std::string& qname, const Reply& reply);
  void tell_missing(const std::string& qname);
  void tell_rivals(const std::string& hostname);
  bool tell_generator(std::string_view name);

  const pipeline::Build& build_;
  const config::Settings& settings_;
  const vip::Ledger& ledger_;
  const dns::Routes& routes_;
  const std::shared_ptr<const dns::Zone> zone_;
  Story story_;
};

std::optional<std::size_t> Explainer::owner_of(std::string_view hostname) const {
  for (std::size_t i = 0; i < build_.resources.services.size(); ++i) {
    if (service(i).meta.mesh != settings_.mesh) continue;
    for (const auto& outcome : build_.hostnames.outcomes[i]) {
      if (outcome.reason == Reason::Generated && outcome.hostname == hostname) return i;
    }
  }
  return std::nullopt;
}

// The services that a person who types `hostname` may mean: those whose name is its first label.
std::vector<std::size_t> Explainer::named_like(std::string_view hostname) const {
  const std::string_view first = hostname.substr(0, hostname.find('.'));
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < build_.resources.services.size(); ++i) {
    const mesh::Meta& meta = service(i).meta;
    if (meta.name == first || meta.display_name() == first || meta.core_name() == hostname) {
      found.push_back(i);
    }
  }
  return found;
}

std::string Explainer::generator_name(std::size_t g) const {
  const auto& ordered = build_.hostnames.generators[g];
  return "HostnameGenerator " + ordered.core_name +
         (ordered.generator->built_in ? " (built in)" : at(ordered.generator->meta.position));
}

void Explainer::tell_outcome(const mesh::Service& service, std::size_t g,
                             const hostname::Outcome* outcome) {
  const mesh::HostnameGenerator& generator = *build_.hostnames.generators[g].generator;
  story_.tell("generator", generator_name(g) + ": " + generator.template_text);
  if (outcome == nullptr) {
    const std::string why = mismatch(generator.match, service.meta.labels);
    return story_.tell("generator", "  passes it over: wants " + why);
  }
  const std::string match = generator.match.empty() ? "any label" : pairs_text(generator.match);
  const std::string selects = "  selects it by " + match;
  switch (outcome->reason) {
    case Reason::Generated:
      return story_.tell("generator", selects + " and names it " + outcome->hostname);
    case Reason::Collision:
      return story_.tell("generator", selects + " and wants the name " + outcome->hostname +
                                          ", but lost it: " + outcome->message);
    case Reason::TemplateError:
      return story_.tell("generator", selects + ", but its template failed: " + outcome->message);
    case Reason::ClusterDomain:
      return story_.tell("generator", selects + ", but " + outcome->message);
  }
}

void Explainer::tell_generators(std::size_t i) {
  bool any = false;
  for (std::size_t g = 0; g < build_.hostnames.generators.size(); ++g) {
    if (build_.hostnames.generators[g].generator->selects != service(i).kind) continue;
    const auto& outcomes = build_.hostnames.outcomes[i];
    const auto outcome = std::ranges::find(outcomes, g, &hostname::Outcome::generator);
    tell_outcome(service(i), g, outcome == outcomes.end() ? nullptr : &*outcome);
    any = true;
  }
  if (!any) {
    story_.tell("generator", "none selects a " + std::string(mesh::to_string(service(i).kind)) +
                                 ": write a HostnameGenerator for it");
  }
}

void Explainer::tell_vips(std::size_t i) {
  for (const mesh::Ip& ip : build_.allocation.vips[i]) {
    const auto lease = ledger_.find(ip);
    const bool held = lease && lease->service == service(i).id();
    const bool given = std::ranges::find(service(i).vips, ip) != service(i).vips.end();
    const bool borrowed = service(i).origin == mesh::Origin::KubernetesService;
    story_.tell("VIP", ip.to_string() + (held       ? ", held since " + vip::time_text(lease->since)
                                         : borrowed ? ", an address of the cluster"
                                         : given    ? ", given by status.vips"
                                                    : ", not yet in the state file"));
  }
  if (const std::string& why = build_.allocation.missing[i]; !why.empty()) {
    story_.tell("VIP", "none: " + why);
  }
}

void Explainer::tell_ports(std::size_t i) {
  for (const mesh::Port& port : service(i).ports) {
    const auto* number = std::get_if<std::uint16_t>(&port.target);
    const std::string target =
        number ? std::to_string(*number) : std::get<std::string>(port.target);
    story_.tell("port", std::to_string(port.port) + " (" + port.name + ", " + port.app_protocol +
                            ") to target port " + target);
  }
}

void Explainer::tell_service(std::size_t i) {
  const mesh::Service& s = service(i);
  story_.tell("service", mesh::to_string(s.id()) + origin_text(s.origin) + at(s.meta.position));
  if (s.meta.mesh != settings_.mesh) {
    story_.tell("service",
                "not served here: this instance serves the mesh " + settings_.mesh + " (--mesh)");
  }
  for (const auto& [key, value] : s.meta.labels.pairs()) {
    story_.tell("label", std::string(key) + '=' + std::string(value));
  }
  tell_generators(i);
  tell_vips(i);
  tell_ports(i);
  if (mesh::counts_proxies(s, build_.proxies[i])) {
    story_.tell("proxies", std::to_string(build_.proxies[i].total) + " Dataplanes match, " +
                               std::to_string(build_.proxies[i].healthy) + " of them healthy");
  }
}

void Explainer::tell_answers(const std::string& qname, std::initializer_list<const char*> types) {
  for (const char* type : types) {
    const Reply reply = ask(*zone_, qname, type);
    if (!reply.ours) return tell_upstreams(qname);
    if (reply.answer.empty()) {
      story_.tell("answer",
                  std::string(type) + ": " + (reply.rcode == "NOERROR" ? "NODATA" : reply.rcode));
    }
    for (const std::string& line : reply.answer) story_.tell("answer", line);
  }
}

void Explainer::tell_rivals(const std::string& hostname) {
  for (std::size_t i = 0; i < build_.resources.services.size(); ++i) {
    if (service(i).meta.mesh != settings_.mesh) continue;
    for (const auto& outcome : build_.hostnames.outcomes[i]) {
      if (outcome.reason != Reason::Collision || outcome.hostname != hostname) continue;
      story_.tell("rival", mesh::to_string(service(i).id()) + at(service(i).meta.position) +
                               " wanted the name through " + generator_name(outcome.generator) +
                               " and came second");
    }
  }
}

// None for a name that is in a zone of ours.
dns::Special Explainer::special(const std::string& qname) const {
  const dns::Qname prepared = prepare(qname);
  if (zone_->find(prepared).what != dns::Found::What::NotOurs) return dns::Special::None;
  return dns::special_name(prepared, static_cast<std::uint16_t>(dns::Type::A),
                           zone_->settings().forward_single_labels);
}

void Explainer::tell_unknown(const std::string& qname, const Reply& reply) {
  if (!reply.ours) {
    story_.say(qname +
               " is not ours: no generator makes it, and it is in none of our zones, so that "
               "upstreams are asked.");
    tell_upstreams(qname + '.');
  } else if (reply.rcode == "NXDOMAIN") {
    story_.say(qname +
               " does not exist (NXDOMAIN): it is in a zone of ours, and no generator "
               "makes it.");
  } else {
    story_.say(qname + " exists and has no address (NODATA).");
  }
}

// Whom a name that isn't ours is asked of, and why.
void Explainer::tell_upstreams(const std::string& qname) {
  const auto name = dns::Name::parse(qname);
  const dns::Route* route = name ? dns::find_route(routes_, *name) : nullptr;
  if (route == nullptr || route->servers.empty()) {
    return story_.tell("upstream",
                       "none: SERVFAIL, with the extended error 22 (No Reachable "
                       "Authority)");
  }
  for (std::size_t i = 0; i < route->servers.size(); ++i) {
    story_.tell("upstream", dns::to_string(route->servers[i]) +
                                (i == 0 ? " is asked first" : " if those before it fail") + " (" +
                                host::source_of(*route, settings_) + ')');
  }
}

// Nobody makes this name: what is answered, and the services that may be meant.
void Explainer::tell_missing(const std::string& qname) {
  const Reply reply = ask(*zone_, qname + '.', "A");
  switch (special(qname)) {
    case dns::Special::None:
      tell_unknown(qname, reply);
      break;
    case dns::Special::Localhost:
      story_.say(qname + " is this host's loopback (RFC 6761, 6.3), and asked of nobody else.");
      return tell_answers(qname + '.', {"A", "AAAA"});
    case dns::Special::SingleLabel:
      story_.say(
          qname +
          " does not exist (NXDOMAIN): it has one label and is not ours, and addresses of such "
          "names are asked of nobody, unless upstream.singleLabels is true.");
      break;
    case dns::Special::Nowhere:
      story_.say(qname +
                 " does not exist (NXDOMAIN): names under invalid (RFC 6761, 6.4) and onion "
                 "(RFC 7686) never do in DNS, and nobody is asked about them.");
      return;
  }
  std::vector<std::string> zones;
  for (const dns::Name& apex : zone_->settings().apexes) zones.push_back(apex.to_string());
  story_.tell("zones", join(zones));
  if (reply.ours) tell_answers(qname + '.', {"A", "SRV", "PTR"});
  const auto candidates = named_like(qname);
  if (candidates.empty())
    story_.tell("service", "none is called " + qname.substr(0, qname.find('.')));
  for (const std::size_t i : candidates) {
    story_.blank();
    tell_service(i);
  }
}

std::string Explainer::name(const std::string& qname) {
  if (const auto parsed = dns::Name::parse(qname); !parsed) {
    // Nobody can ask for it, so that no answer is told.
    story_.say(qname + " is no DNS name: it " + std::string(dns::to_string(parsed.error())));
    return story_.text();
  }
  const auto owner = owner_of(qname);
  if (!owner) {
    tell_missing(qname);
    return story_.text();
  }
  const auto& vips = build_.allocation.vips[*owner];
  std::vector<std::string> addresses;
  for (const mesh::Ip& ip : vips) addresses.push_back(ip.to_string());
  story_.say(qname + (vips.empty() ? " is ours and has no address" : " is " + join(addresses)));
  tell_service(*owner);
  tell_rivals(qname);
  tell_answers(qname + '.', {"A", "AAAA", "SRV"});
  return story_.text();
}

std::string Explainer::address(const mesh::Ip& ip) {
  bool found = false;
  for (std::size_t i = 0; i < build_.resources.services.size(); ++i) {
    if (std::ranges::find(build_.allocation.vips[i], ip) == build_.allocation.vips[i].end())
      continue;
    story_.say(ip.to_string() + " is the VIP of " + mesh::to_string(service(i).id()));
    tell_service(i);
    found = true;
  }
  const auto lease = ledger_.find(ip);
  if (!found && lease) {
    story_.say(
        ip.to_string() + " was the VIP of " + mesh::to_string(lease->service) +
        " and is kept for it" +
        (lease->released ? ", which is gone since " + vip::time_text(*lease->released) : ""));
  } else if (!found) {
    story_.say(ip.to_string() + " is nobody's VIP");
  }
  tell_answers(reverse_name(ip), {"PTR"});
  return story_.text();
}

bool Explainer::tell_generator(std::string_view name) {
  const auto& generators = build_.hostnames.generators;
  const auto found = std::ranges::find(generators, name, &hostname::OrderedGenerator::core_name);
  if (found == generators.end()) return false;
  const auto g = static_cast<std::size_t>(found - generators.begin());
  const mesh::HostnameGenerator& generator = *found->generator;
  story_.say(generator_name(g) + " is number " + std::to_string(g + 1) + " of " +
             std::to_string(generators.size()) + " in the order of claims");
  story_.tell("template", generator.template_text);
  story_.tell("selects",
              std::string(mesh::to_string(generator.selects)) + " with " +
                  (generator.match.empty() ? "any labels" : pairs_text(generator.match)));
  story_.tell("zone", found->zone.empty() ? "none: it owns single names" : found->zone);
  for (std::size_t i = 0; i < build_.resources.services.size(); ++i) {
    for (const auto& outcome : build_.hostnames.outcomes[i]) {
      if (outcome.generator != g) continue;
      story_.tell("names",
                  mesh::to_string(service(i).id()) + ": " +
                      (outcome.reason == Reason::Generated ? outcome.hostname : outcome.message));
    }
  }
  return true;
}

std::optional<std::string> Explainer::resource(std::string_view kind, std::string_view name) {
  const std::string wanted = lowered(kind);
  if (wanted == "hostnamegenerator" || wanted == "hg") {
    return tell_generator(name) ? std::optional(story_.text()) : std::nullopt;
  }
  constexpr std::string_view kShort[] = {"msvc", "extsvc", "mzsvc"};  // as kKinds is ordered
  for (std::size_t i = 0; i < build_.resources.services.size(); ++i) {
    const mesh::ServiceId id = service(i).id();
    if (id.name != name) continue;
    if (wanted != lowered(mesh::to_string(id.kind)) &&
        wanted != kShort[static_cast<std::size_t>(id.kind)]) {
      continue;
    }
    if (!story_.text().empty()) story_.blank();
    story_.say(mesh::to_string(id));
    tell_service(i);
  }
  if (story_.text().empty()) return std::nullopt;
  return story_.text();
}

}  // namespace

std::optional<std::string> explain(std::string_view what, const pipeline::Build& build,
                                   const config::Settings& settings, const vip::Ledger& ledger,
                                   const dns::Routes& routes) {
  Explainer explainer(build, settings, ledger, routes);
  if (const std::size_t slash = what.find('/'); slash != what.npos) {
    return explainer.resource(what.substr(0, slash), what.substr(slash + 1));
  }
  if (const auto ip = mesh::Ip::parse(what)) return explainer.address(*ip);
  std::string qname = lowered(what);
  if (qname.size() > 1 && qname.back() == '.') qname.pop_back();
  return explainer.name(qname);
}

}  // namespace explain
