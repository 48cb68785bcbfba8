#include "dns/special.h"

namespace dns {

Special special_name(const Qname& qname, std::uint16_t qtype, bool forward_single_labels) {
  if (qname.labels == 0) return Special::None;
  const std::string_view top = qname.label(qname.labels - 1u);
  if (top == "localhost") return Special::Localhost;
  if (top == "invalid" || top == "onion") return Special::Nowhere;
  const bool address = qtype == static_cast<std::uint16_t>(Type::A) ||
                       qtype == static_cast<std::uint16_t>(Type::AAAA);
  if (qname.labels == 1 && address && !forward_single_labels) return Special::SingleLabel;
  return Special::None;
}

}  // namespace dns
