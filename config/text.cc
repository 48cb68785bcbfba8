#include "config/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <utility>

namespace config {
namespace {

// The size of the UTF-8 sequence at the front of `text`, or 0 if it is none.
std::size_t sequence(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = octet(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc2 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  if (size == 0 || size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies above U+10FFFF.
  if (first == 0xe0 && octet(1) < 0xa0) return 0;
  if (first == 0xed && octet(1) >= 0xa0) return 0;
  if (first == 0xf0 && octet(1) < 0x90) return 0;
  if (first == 0xf4 && octet(1) >= 0x90) return 0;
  return size;
}

std::string described(unsigned char c) {
  constexpr char kHex[] = "0123456789abcdef";
  const std::string hex = {'0', 'x', kHex[c >> 4], kHex[c & 0xf]};
  if (c == 0) return "a NUL byte is not allowed";
  if (c < 0x20 || c == 0x7f) return "the control character " + hex + " is not allowed";
  return "the byte " + hex + " is not valid UTF-8: save the file as UTF-8";
}

BadText bad_at(std::string_view text, std::size_t at) {
  BadText bad;
  const std::string_view before = text.substr(0, at);
  bad.line += static_cast<std::uint32_t>(std::ranges::count(before, '\n'));
  const std::size_t line_begin = before.rfind('\n') + 1;
  bad.column = static_cast<std::uint32_t>(at - line_begin + 1);
  bad.what = described(static_cast<unsigned char>(text[at]));
  return bad;
}

bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

// Collects lines to documents.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<DocumentText> run() {
    std::size_t at = text_.starts_with("\xef\xbb\xbf") ? 3 : 0;  // a byte order mark
    begin_ = at;
    for (std::uint32_t line = 1; at < text_.size(); ++line) {
      const auto* newline =
          static_cast<const char*>(std::memchr(text_.data() + at, '\n', text_.size() - at));
      const std::size_t end =
          newline == nullptr ? text_.size() : static_cast<std::size_t>(newline - text_.data());
      add(text_.substr(at, end - at), at, line);
      at = end + 1;
    }
    finish(text_.size());
    return std::move(documents_);
  }

 private:
  void add(std::string_view line, std::size_t at, std::uint32_t number) {
    if (line.empty()) return;
    const char c = line.front();
    if (c == '-' && is_marker(line, "---")) {
      // Directives belong to the document behind the marker.
      if (!directives_) {
        finish(at);
        // Without the marker, if it stands alone: then a document is the same text in first place
        // as in any other. Behind it a '%' begins no directive.
        const std::size_t next = std::min(at + line.size() + 1, text_.size());
        const bool alone = line.find_first_not_of(" \t\r", 3) == line.npos;
        const bool leave_out = alone && !text_.substr(next).starts_with('%');
        line_ = leave_out ? number + 1 : number;
        begin_ = leave_out ? next : at;
      }
      directives_ = false;
      marked_ = true;
      content_ = content_ || has_content(line.substr(3));
    } else if (c == '.' && is_marker(line, "...")) {
      finish(at);
      begin_ = std::min(at + line.size() + 1, text_.size());
      line_ = number + 1;
    } else if (c == '%' && !content_ && !marked_) {
      directives_ = true;
    } else {
      content_ = content_ || has_content(line);
    }
  }

  static bool has_content(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first != line.npos && line[first] != '#';
  }

  void finish(std::size_t end) {
    if (content_) documents_.push_back({text_.substr(begin_, end - begin_), line_});
    content_ = false;
    directives_ = false;
    marked_ = false;
  }

  std::string_view text_;
  std::size_t begin_ = 0;    // of the document
  std::uint32_t line_ = 1;   // likewise
  bool content_ = false;     // it has some
  bool directives_ = false;  // it begins with %YAML or %TAG
  bool marked_ = false;      // its marker has come
  std::vector<DocumentText> documents_;
};

// Levenshtein's distance, for words of up to 32 letters.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, 33> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<BadText> find_bad_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c < 0x7f) {
      ++at;
      continue;
    }
    const bool blank = c == '\n' || c == '\t' || c == '\r';
    const std::size_t size = c < 0x20 || c == 0x7f ? (blank ? 1 : 0) : sequence(text.substr(at));
    if (size == 0) return bad_at(text, at);
    at += size;
  }
  return std::nullopt;
}

std::vector<DocumentText> split(std::string_view text) {
  return Splitter(text).run();
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t least = 3;
  if (word.size() > 32) return best;
  for (const std::string_view candidate : known) {
    if (candidate.size() > 32) continue;
    const std::size_t d = distance(word, candidate);
    // Of short words two letters are too much of them.
    if (d < least && d < candidate.size() / 2 + 1) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace config
