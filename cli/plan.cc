#include "cli/plan.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace cli {
namespace {

namespace json = boost::json;

std::string_view word(vip::Change::What what) {
  using What = vip::Change::What;
  switch (what) {
    case What::Allocate:
      return "allocate";
    case What::Restore:
      return "restore";
    case What::Release:
      return "release";
    case What::Forget:
      return "forget";
  }
  return "";
}

char sign(pipeline::TableChange::What what) {
  switch (what) {
    case pipeline::TableChange::What::Added:
      return '+';
    case pipeline::TableChange::What::Removed:
      return '-';
    default:
      return '~';
  }
}

std::string because(const std::string& why) {
  return why.empty() ? "" : " (" + why + ')';
}

void print_text(const Plan& plan, std::ostream& out) {
  if (plan.empty()) {
    out << "Nothing would change.\n";
    return;
  }
  for (const pipeline::TableChange& change : plan.names) {
    out << sign(change.what) << " name " << change.hostname << ' ' << to_string(change.what);
    if (!change.before.empty()) out << " from " << change.before;
    if (!change.after.empty()) out << " to " << change.after;
    out << '\n';
  }
  for (const vip::Change& change : plan.vips) {
    const bool gone =
        change.what == vip::Change::What::Release || change.what == vip::Change::What::Forget;
    out << (gone ? '-' : '+') << " VIP  " << change.lease.ip.to_string() << ' ' << word(change.what)
        << ' ' << mesh::to_string(change.lease.service) << because(change.why) << '\n';
  }
  out << plan.names.size() << (plan.names.size() == 1 ? " name" : " names") << " and "
      << plan.vips.size() << (plan.vips.size() == 1 ? " VIP" : " VIPs") << " would change.\n";
}

void print_json(const Plan& plan, std::ostream& out) {
  json::array names;
  for (const pipeline::TableChange& change : plan.names) {
    names.push_back(json::object{{"change", to_string(change.what)},
                                 {"hostname", change.hostname},
                                 {"before", change.before},
                                 {"after", change.after}});
  }
  json::array vips;
  for (const vip::Change& change : plan.vips) {
    const mesh::ServiceId& service = change.lease.service;
    vips.push_back(json::object{{"change", word(change.what)},
                                {"ip", change.lease.ip.to_string()},
                                {"kind", mesh::to_string(service.kind)},
                                {"mesh", service.mesh},
                                {"name", service.name},
                                {"why", change.why}});
  }
  out << json::serialize(json::object{{"names", std::move(names)}, {"vips", std::move(vips)}})
      << '\n';
}

}  // namespace

Plan plan(const pipeline::Table& served, const pipeline::Build& build) {
  return {pipeline::compare(served, build.table), build.allocation.changes};
}

void print(const Plan& plan, PlanFormat format, std::ostream& out) {
  if (format == PlanFormat::Json) return print_json(plan, out);
  print_text(plan, out);
}

}  // namespace cli
