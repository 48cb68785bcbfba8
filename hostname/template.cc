#include "hostname/template.h"

#include <vector>

#include "hostname/evaluate.h"
#include "hostname/literal.h"
#include "hostname/parser.h"

namespace hostname {
namespace {

constexpr std::size_t kMaxTemplate = 8192;  // bytes; a hostname has at most 253

}  // namespace

struct Template::Program {
  std::vector<Node> nodes;
};

Template::Template(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

boost::system::result<Template, TemplateError> Template::compile(std::string_view text) {
  if (text.size() > kMaxTemplate) {
    return TemplateError{kMaxTemplate, "a template has at most 8192 bytes"};
  }
  if (!is_utf8(text)) return TemplateError{0, "it is no valid UTF-8"};
  try {
    return Template(std::make_unique<const Program>(Program{parse(text)}));
  } catch (TemplateError& error) {
    return std::move(error);
  }
}

boost::system::result<std::string, TemplateError> Template::render(const Fields& fields) const {
  std::string out;
  if (auto rendered = render(fields, out); !rendered) return std::move(rendered).error();
  return out;
}

boost::system::result<void, TemplateError> Template::render(const Fields& fields,
                                                            std::string& out) const {
  out.clear();
  try {
    evaluate(program_->nodes, fields, out);
    return {};
  } catch (TemplateError& error) {
    return std::move(error);
  }
}

std::string_view Template::literal_suffix() const {
  const std::vector<Node>& nodes = program_->nodes;
  if (nodes.empty() || nodes.back().kind != Node::Kind::Text) return "";
  return nodes.back().text;
}

}  // namespace hostname
