#include "dns/special.h"

namespace dns {

Special special_name(const Qname& qname) {
  if (qname.labels == 0) return Special::None;
  const std::string_view top = qname.label(qname.labels - 1u);
  if (top == "localhost") return Special::Localhost;
  if (top == "invalid" || top == "onion") return Special::Nowhere;
  return Special::None;
}

}  // namespace dns
