// Cuts a template into tokens, by the rules of Go's text/template/parse. Internal to the folder.
//
// What the folder finds wrong with a template it throws as a TemplateError, which Template catches:
// parsing and evaluation are recursive, and nothing between is to be undone.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace hostname {

struct Token {
  enum class Kind : std::uint8_t {
    Text,
    LeftDelim,
    RightDelim,
    Space,
    Assign,   // =
    Declare,  // :=
    Pipe,     // |
    LeftParen,
    RightParen,
    Dot,         // . alone
    Field,       // .Name
    Variable,    // $ or $x
    Identifier,  // a function, or a keyword
    Number,
    Character,  // 'a'
    String,     // "a"
    RawString,  // `a`
    Other,      // a character that Go knows only to complain of
    End,
  };
  Kind kind = Kind::End;
  std::uint32_t offset = 0;
  std::string_view text;
};

// Ends in an End. Throws TemplateError.
std::vector<Token> lex(std::string_view text);

}  // namespace hostname
