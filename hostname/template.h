// Go's text/template language, as far as hostnames need it: spec.template of a
// HostnameGenerator, compiled once and rendered for every service it selects.
//
// Every result equals that of Go, byte for byte. What of the language is not
// supported is refused by name when compiling, never rendered wrongly.
// docs/hostnames.md lists what is supported.
//
// A Template is immutable: share it between threads.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "mesh/labels.h"

namespace hostname {

// What a template can read of a service. All views outlive the call of render().
struct Fields {
  std::string_view name;
  std::string_view display_name;
  std::string_view name_space;
  std::string_view mesh;
  std::string_view zone;
  const mesh::Labels* labels = nullptr;  // REQUIRES: not null
};

struct TemplateError {
  std::size_t offset = 0;  // bytes from the start of the template
  std::string message;     // what was found, and the remedy if known
};

class Template {
 public:
  static boost::system::result<Template, TemplateError> compile(std::string_view text);

  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  // An error is one of execution: a label that the service lacks, an index out of range.
  boost::system::result<std::string, TemplateError> render(const Fields& fields) const;
  // The same into `out`, whose content is replaced: what is rendered a million times allocates
  // once.
  boost::system::result<void, TemplateError> render(const Fields& fields, std::string& out) const;

  // The literal text that every result ends in, behind the last action: ".svc.mesh.local" for
  // "{{ .DisplayName }}.svc.mesh.local"; the whole text of a template without actions; "" when
  // the template ends in an action.
  std::string_view literal_suffix() const;

 private:
  struct Program;
  explicit Template(std::unique_ptr<const Program> program);
  std::unique_ptr<const Program> program_;
};

}  // namespace hostname
