// Small files of this host, as text. Internal to the folder.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace redirect {

// "" if it can't be read.
inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace redirect
