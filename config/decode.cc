#include "config/decode.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "config/text.h"

namespace config {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

// A part of a label: up to 63 letters, digits, '-', '_' and '.', beginning and ending with one of
// the former two.
bool is_label_part(std::string_view text) {
  const auto inner = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::ranges::all_of(text, inner);
}

bool is_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == key.npos) return is_label_part(key);
  return is_subdomain(key.substr(0, slash)) && is_label_part(key.substr(slash + 1));
}

bool is_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text.back())) == 0) return false;
  if (text.starts_with("0x") || text.starts_with("0o")) return text.size() > 2;
  // Digits with at most one dot and an exponent; 1.2.3 is a string.
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() &&
         (std::isdigit(static_cast<unsigned char>(text.front())) != 0 || text.front() == '.');
}

bool is_boolean(std::string_view text) {
  constexpr std::string_view kWords[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
  return std::ranges::find(kWords, text) != std::end(kWords);
}

}  // namespace

std::string to_string(const Path& path) {
  std::string text = path.parent == nullptr ? "" : to_string(*path.parent);
  if (path.index >= 0) return text + '[' + std::to_string(path.index) + ']';
  // A key with a dot, as a label has, would read as a path.
  const bool quoted = path.key.find_first_of("./ ") != path.key.npos;
  if (quoted) return text + "[\"" + std::string(path.key) + "\"]";
  if (!text.empty() && !path.key.empty()) text += '.';
  return text + std::string(path.key);
}

bool is_typed(const Node& scalar) {
  return scalar.plain && (is_boolean(scalar.text) || is_number(scalar.text));
}

std::string described(const Node& node) {
  switch (node.kind) {
    case Node::Kind::Null:
      return "nothing";
    case Node::Kind::Map:
      return "a map";
    case Node::Kind::Sequence:
      return "a list";
    case Node::Kind::Scalar:
      break;
  }
  if (node.plain && is_boolean(node.text)) return "the boolean " + node.text;
  if (node.plain && is_number(node.text)) return "the number " + node.text;
  constexpr std::size_t kMost = 60;
  if (node.text.size() <= kMost) return '"' + node.text + '"';
  return '"' + node.text.substr(0, kMost) + "...\"";
}

bool is_subdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  char before = '.';
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && c != '-' && c != '.') return false;
    if ((c == '.' || c == '-') && before == '.') return false;
    if (c == '.' && before == '-') return false;
    before = c;
  }
  return before != '.' && before != '-';
}

bool is_rfc1035_label(std::string_view text) {
  return text.size() <= 63 && text.find('.') == text.npos && is_subdomain(text) &&
         text.front() >= 'a';
}

void Decoder::add(mesh::Severity severity, const mesh::Position& position, const Path& path,
                  std::string message) {
  if (severity == mesh::Severity::Error) failed_ = true;
  diagnostics_.push_back({severity, position, to_string(path), std::move(message)});
}

void Decoder::error(const Node& node, const Path& path, std::string message) {
  add(mesh::Severity::Error, source_.at(node), path, std::move(message));
}
void Decoder::warn(const Node& node, const Path& path, std::string message) {
  add(mesh::Severity::Warning, source_.at(node), path, std::move(message));
}
void Decoder::notice(const Node& node, const Path& path, std::string message) {
  add(mesh::Severity::Notice, source_.at(node), path, std::move(message));
}

const Node* Decoder::find(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node == nullptr || node->kind == Node::Kind::Null ? nullptr : node;
}

const Node* Decoder::require(const Node& map, std::string_view key, const Path& path) {
  const Node* node = find(map, key);
  if (node == nullptr) error(map, path / key, "is missing");
  return node;
}

bool Decoder::map(const Node& node, const Path& path) {
  if (!node.is_map()) error(node, path, "expected a map, found " + described(node));
  return node.is_map();
}

bool Decoder::sequence(const Node& node, const Path& path) {
  const bool is = node.kind == Node::Kind::Sequence;
  if (!is) error(node, path, "expected a list, found " + described(node));
  return is;
}

void Decoder::only(const Node& map, const Path& path, std::span<const std::string_view> known) {
  for (const Entry& entry : map.entries) {
    if (std::ranges::find(known, std::string_view(entry.key)) != known.end()) continue;
    const std::string_view meant = nearest(entry.key, known);
    const auto severity =
        unknown_fields_ == UnknownFields::Refuse ? mesh::Severity::Error : mesh::Severity::Warning;
    add(severity, source_.at(entry), path / entry.key,
        meant.empty() ? "there is no such field; there are " + joined(known)
                      : "there is no such field; did you mean \"" + std::string(meant) + "\"?");
  }
}

bool Decoder::told(ValueForm form) {
  if (form_ == nullptr) return false;
  form_->kind = form.kind;
  form_->least = form.least;
  form_->most = form.most;
  form_->default_port = form.default_port;
  form_->words.insert(form_->words.end(), form.words.begin(), form.words.end());
  return true;
}

std::optional<std::string> Decoder::string(const Node& node, const Path& path) {
  if (told({ValueForm::Kind::Text})) return std::nullopt;
  if (node.kind == Node::Kind::Scalar && !is_typed(node)) return node.text;
  std::string message = "expected a string, found " + described(node);
  if (node.kind == Node::Kind::Scalar) message += ": quote it, as \"" + node.text + '"';
  error(node, path, std::move(message));
  return std::nullopt;
}

std::optional<std::int64_t> Decoder::integer(const Node& node, const Path& path, std::int64_t least,
                                             std::int64_t most) {
  if (told({ValueForm::Kind::Integer, static_cast<std::uint64_t>(least),
            static_cast<std::uint64_t>(most)})) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto parsed = std::from_chars(node.text.data(), end, value);
  if (!node.plain || node.kind != Node::Kind::Scalar || parsed.ptr != end ||
      parsed.ec == std::errc::invalid_argument) {
    error(node, path, "expected a number, found " + described(node));
    return std::nullopt;
  }
  if (parsed.ec != std::errc() || value < least || value > most) {
    error(node, path,
          node.text + " is not between " + std::to_string(least) + " and " + std::to_string(most));
    return std::nullopt;
  }
  return value;
}

std::optional<std::uint16_t> Decoder::port(const Node& node, const Path& path) {
  const auto value = integer(node, path, 1, 65535);
  if (!value) return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<bool> Decoder::boolean(const Node& node, const Path& path) {
  if (told({ValueForm::Kind::Boolean})) return std::nullopt;
  if (node.kind == Node::Kind::Scalar && node.plain && is_boolean(node.text)) {
    return node.text.front() == 't' || node.text.front() == 'T';
  }
  error(node, path, "expected true or false, found " + described(node));
  return std::nullopt;
}

std::optional<std::string> Decoder::word(const Node& node, const Path& path,
                                         std::initializer_list<std::string_view> words) {
  if (told({ValueForm::Kind::Word, 0, 0, false, {words.begin(), words.end()}})) return std::nullopt;
  if (node.kind == Node::Kind::Scalar && std::ranges::find(words, node.text) != words.end()) {
    return node.text;
  }
  error(node, path,
        "expected one of " + joined({words.begin(), words.size()}) + ", found " + described(node));
  return std::nullopt;
}

bool Decoder::is(const Node& node, std::string_view word) {
  if (form_ != nullptr) form_->words.emplace_back(word);
  return node.text == word;
}

void Decoder::label(const Entry& entry, const Path& path, mesh::Labels& labels) {
  const Path at = path / entry.key;
  if (!is_label_key(entry.key)) {
    add(mesh::Severity::Error, source_.at(entry), at,
        "is no label key: at most 63 letters, digits, '-', '_' and '.', with a domain and '/' "
        "in front if need be");
    return;
  }
  const auto value = string(entry.value, at);
  if (!value) return;
  if (!value->empty() && !is_label_part(*value)) {
    error(entry.value, at,
          "\"" + *value +
              "\" is no label value: at most 63 letters, digits, '-', '_' and '.', "
              "beginning and ending with a letter or a digit");
    return;
  }
  labels.set(entry.key, *value);
}

mesh::Labels Decoder::labels(const Node& node, const Path& path) {
  mesh::Labels labels;
  if (!map(node, path)) return labels;
  for (const Entry& entry : node.entries) label(entry, path, labels);
  return labels;
}

}  // namespace config
