// A prepared statement on the state file.
//
// Used by the thread that uses the File, and gone before the File is. Every function throws
// state::Error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace state {

class File;

class Statement {
 public:
  Statement(const File& file, const char* sql);

  // Parameters count from 1. Texts and bytes must live until step().
  void bind(int parameter, std::string_view text);
  void bind(int parameter, std::int64_t value);
  void bind_bytes(int parameter, std::string_view bytes);
  void bind_null(int parameter);

  // False when there are no more rows.
  bool step();
  // Ready for the next values.
  void reset();
  // Executes it and makes it ready for the next values.
  void run() {
    step();
    reset();
  }

  // Columns of the row, from 0. A view is valid until the next step() or reset().
  std::string_view view(int column) const;
  std::string text(int column) const { return std::string(view(column)); }
  std::int64_t number(int column) const;
  bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  void check(int code) const;

  const File& file_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace state
