// Every result must be Go's: golden/ holds what Go's text/template made of the templates, recorded
// by golden/record.sh.
#include "hostname/template.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace hostname {
namespace {

// The service of golden/main.go.
const mesh::Labels kLabels = {
    {"team", "db"},           {"empty", ""},
    {"kuma.io/zone", "west"}, {"kuma.io/display-name", "redis"},
    {"count", "7"},           {"k8s.kuma.io/service-name", "svc"},
};
const Fields kService = {"redis-x9f", "redis", "", "default", "west", &kLabels};

std::string unescape(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    switch (const char c = text[++i]; c) {
      case 't':
        plain += '\t';
        break;
      case 'n':
        plain += '\n';
        break;
      case 'r':
        plain += '\r';
        break;
      case 'x':
        plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
        i += 2;
        break;
      default:
        plain += c;
    }
  }
  return plain;
}

struct Golden {
  std::string rule;
  std::string outcome;
  std::string text;
  std::string result;
};

std::vector<Golden> read(const std::string& file) {
  std::ifstream stream(MESH_DNS_SOURCE_DIR "/tests/hostname/golden/" + file);
  std::vector<Golden> cases;
  for (std::string line; std::getline(stream, line);) {
    std::istringstream fields(line);
    Golden golden;
    std::getline(fields, golden.rule, '\t');
    std::getline(fields, golden.outcome, '\t');
    std::getline(fields, golden.text, '\t');
    std::getline(fields, golden.result, '\t');
    golden.text = unescape(golden.text);
    golden.result = unescape(golden.result);
    cases.push_back(golden);
  }
  return cases;
}

// What becomes of a template: its result, or that it failed.
std::string outcome(const std::string& text, const Fields& fields) {
  const auto compiled = Template::compile(text);
  if (!compiled) return "fails: " + compiled.error().message;
  const auto rendered = compiled->render(fields);
  if (!rendered) return "fails: " + rendered.error().message;
  return "ok: " + *rendered;
}

// Arguments that can't be right are refused even in a branch that is not taken, where Go never
// looks at them.
bool is_refused_early(const std::string& text) {
  const auto compiled = Template::compile(text);
  return !compiled && compiled.error().message.find(" wants ") != std::string::npos;
}

void check(const std::string& file, std::size_t least) {
  const std::vector<Golden> cases = read(file);
  ASSERT_GE(cases.size(), least);
  std::size_t refused_early = 0;
  for (const Golden& golden : cases) {
    const std::string found = outcome(golden.text, kService);
    if (golden.outcome == "ok") {
      if (is_refused_early(golden.text)) {
        ++refused_early;
        continue;
      }
      EXPECT_EQ(found, "ok: " + golden.result) << golden.rule << ": " << golden.text;
    } else {
      EXPECT_TRUE(found.starts_with("fails: "))
          << golden.rule << ": " << golden.text << "\n  Go: " << golden.outcome
          << ", we: " << found;
    }
  }
  EXPECT_LE(refused_early, cases.size() / 20);
}

TEST(TemplateTest, EveryResultIsGos) {
  check("golden.tsv", 600);
}

TEST(TemplateTest, EveryResultOfRandomTemplatesIsGos) {
  check("random.tsv", 2000);
}

TEST(TemplateTest, ErrorsSayWhereAndWhat) {
  const struct {
    const char* why;
    const char* text;
    std::size_t offset;
    const char* message;  // a part of it
  } kCases[] = {
      {"single quotes are characters", "{{ label 'x' }}", 9, "double quotes"},
      {"and found in a branch that is not taken", "{{ if false }}{{ label 'x' }}{{ end }}", 23,
       "double quotes"},
      {"too few arguments, with no service needed to see it", "{{ label }}", 3, "label wants"},
      {"single quotes around a word", "{{ label 'team' }}", 9, "double quotes"},
      {"an unknown field lists those there are", "{{ .Nmae }}", 3, ".DisplayName"},
      {"an unknown function lists those there are", "{{ upper .Name }}", 3, "printf"},
      {"an unsupported action is refused by name", "a{{ range .Name }}", 4,
       "{{range}} is not supported"},
      {"$ is what . was at first, and stays that", "{{ $ := 1 }}{{ $.Name }}", 3, "not supported"},
      {"by = too", "{{ $ = 1 }}{{ $ }}", 3, "not supported"},
      {"an unsupported function is refused by name", "{{ html .Name }}", 3,
       "html is not supported"},
      {"a missing label is named", "{{ label \"nope\" }}", 3, "label \"nope\""},
      {"a missing end names its beginning", "a{{ if .Name }}b", 4, "no {{end}}"},
      {"an open action", "a{{ .Name", 1, "not closed"},
      {"the offset is one of bytes", "ü{{ .Nope }}", 5, ".Nope"},
      {"fields inside with", "{{ with .Name }}{{ .Zone }}{{ end }}", 19, "$.Name"},
  };
  for (const auto& row : kCases) {
    SCOPED_TRACE(row.why);
    const auto compiled = Template::compile(row.text);
    TemplateError error;
    if (compiled) {
      const auto rendered = compiled->render(kService);
      ASSERT_FALSE(rendered);
      error = rendered.error();
    } else {
      error = compiled.error();
    }
    EXPECT_EQ(error.offset, row.offset);
    EXPECT_NE(error.message.find(row.message), std::string::npos) << error.message;
  }
}

std::string repeated(const std::string& text, int count) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

TEST(TemplateTest, LimitsAreErrors) {
  const struct {
    const char* why;
    std::string text;
  } kCases[] = {
      {"a template has at most 8192 bytes", std::string(8193, 'a')},
      {"a result has at most 4096 bytes", std::string(5000, 'a')},
      {"so has what a function prints",
       "{{ printf \"%1000d%1000d%1000d%1000d%1000d\" 1 1 1 1 1 }}"},
      {"and what a loop of variables could grow to",
       "{{ $a := printf \"%999d\" 1 }}" + repeated("{{ $a = print $a $a }}", 40) + "{{ $a }}"},
      {"parentheses nest 100 deep",
       "{{ " + std::string(101, '(') + "1" + std::string(101, ')') + " }}"},
      {"blocks nest 100 deep", repeated("{{ if 1 }}", 101) + repeated("{{ end }}", 101)},
      {"so do else ifs", "{{ if 0 }}" + repeated("{{ else if 0 }}", 101) + "{{ end }}"},
      {"UTF-8 is required", "\xff"},
  };
  for (const auto& row : kCases) {
    EXPECT_TRUE(outcome(row.text, kService).starts_with("fails: ")) << row.why;
  }
}

TEST(TemplateTest, LiteralSuffix) {
  const struct {
    const char* why;
    const char* text;
    const char* suffix;
  } kCases[] = {
      {"what stands behind the last action", "{{ .Name }}.svc.{{ .Zone }}.mesh.local",
       ".mesh.local"},
      {"no action: the whole", "redis.mesh", "redis.mesh"},
      {"an action at the end: nothing", "{{ .Name }}.{{ .Zone }}", ""},
      {"a block counts as an action", "{{ if .Zone }}a{{ end }}.mesh", ".mesh"},
      {"nothing at all", "", ""},
      {"trimmed", "{{ .Name -}} .mesh", ".mesh"},
  };
  for (const auto& row : kCases) {
    const auto compiled = Template::compile(row.text);
    ASSERT_TRUE(compiled) << row.why;
    EXPECT_EQ(compiled->literal_suffix(), row.suffix) << row.why;
  }
}

}  // namespace
}  // namespace hostname
