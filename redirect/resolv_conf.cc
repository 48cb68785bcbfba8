#include "redirect/resolv_conf.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "redirect/files.h"

namespace redirect {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = "# Made by `mesh-dns redirect install`";

bool exists(const std::string& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

[[noreturn]] void fail(const std::string& path, const std::error_code& error) {
  const bool immutable = error == std::errc::operation_not_permitted;
  throw std::runtime_error(path + " can't be changed: " + error.message() +
                           (immutable ? "; is it immutable? `lsattr " + path + "` shows it" : ""));
}

void write_file(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path, std::ios::trunc);
  file << text << std::flush;
  if (!file) fail(path, {errno == 0 ? EIO : errno, std::generic_category()});
}

// A file that is mounted by itself, as in containers, can be written, and not replaced.
bool is_mounted(const std::error_code& error) {
  return error == std::errc::device_or_resource_busy || error == std::errc::cross_device_link;
}

void move(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (!error) return;
  if (!is_mounted(error)) fail(to, error);
  write_file(to, read_file(from));
  error.clear();
  fs::remove(from, error);
  if (error) fail(from, error);
}

// There is a resolv.conf at any time: a second name for what is there, then another in its place.
void keep(const ResolvConfPaths& paths) {
  std::error_code error;
  fs::remove(paths.before, error);
  error.clear();
  if (!exists(paths.file)) return write_file(paths.before, "");
  if (fs::is_symlink(paths.file)) {
    fs::copy_symlink(paths.file, paths.before, error);
  } else {
    fs::create_hard_link(paths.file, paths.before, error);
    if (is_mounted(error)) {
      error.clear();
      write_file(paths.before, read_file(paths.file));
    }
  }
  if (error) fail(paths.before, error);
}

}  // namespace

std::string with_nameservers(std::string_view text, const std::vector<mesh::Ip>& nameservers) {
  std::string made(kMark);
  made += "; `mesh-dns redirect remove` puts the one before back.\n";
  for (const mesh::Ip& address : nameservers) made += "nameserver " + address.to_string() + '\n';
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::string keyword;
    std::istringstream(line) >> keyword;
    // Comments say who made the file, which is no longer true.
    const bool kept =
        keyword == "search" || keyword == "domain" || keyword == "options" || keyword == "sortlist";
    if (kept) made += line + '\n';
  }
  return made;
}

bool is_ours(std::string_view text) {
  return text.starts_with(kMark);
}

std::string original(const ResolvConfPaths& paths) {
  std::string text = read_file(paths.file);
  return is_ours(text) && exists(paths.before) ? read_file(paths.before) : text;
}

void install(const ResolvConfPaths& paths, const std::string& text) {
  const std::string now = read_file(paths.file);
  const bool ours = is_ours(now) && exists(paths.before);
  if (ours && now == text) return;
  if (!ours) keep(paths);
  const std::string made = paths.file + ".mesh-dns-new";
  write_file(made, text);
  move(made, paths.file);
}

Restored restore(const ResolvConfPaths& paths) {
  if (!exists(paths.before)) return Restored::Nothing;
  if (is_ours(read_file(paths.file))) {
    move(paths.before, paths.file);
    return Restored::Back;
  }
  std::error_code error;
  fs::remove(paths.before, error);
  if (error) fail(paths.before, error);
  return Restored::NotOursAnyMore;
}

}  // namespace redirect
