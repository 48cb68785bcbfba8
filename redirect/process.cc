#include "redirect/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

extern char** environ;

namespace redirect {
namespace {

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

struct Pipe {
  Fd read;
  Fd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  return {Fd(ends[0]), Fd(ends[1])};
}

// Writes what the program takes and reads what it says until it has closed both. A program that
// doesn't read to the end is no error.
void talk(Fd in, const std::string& input, const Fd& out, const Fd& err, Finished& finished) {
  std::size_t written = 0;
  std::array<pollfd, 3> fds = {
      {{in.get(), POLLOUT, 0}, {out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}}};
  if (input.empty()) {
    in.reset();
    fds[0].fd = -1;
  }
  while (fds[1].fd >= 0 || fds[2].fd >= 0) {
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return;
    if (fds[0].fd >= 0 && fds[0].revents != 0) {
      const ssize_t count = write(in.get(), input.data() + written, input.size() - written);
      if (count > 0) written += static_cast<std::size_t>(count);
      const bool gone = count < 0 && errno != EAGAIN && errno != EINTR;
      if (gone || written == input.size()) {
        in.reset();
        fds[0].fd = -1;
      }
    }
    for (pollfd* fd : {&fds[1], &fds[2]}) {
      if (fd->fd < 0 || fd->revents == 0) continue;
      std::array<char, 4096> buffer{};
      const ssize_t count = read(fd->fd, buffer.data(), buffer.size());
      std::string& text = fd == &fds[1] ? finished.out : finished.err;
      if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
      if (count <= 0) fd->fd = -1;
    }
  }
}

int spawn(const std::string& program, const std::vector<std::string>& command, const Pipe& in,
          const Pipe& out, const Pipe& err, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error =
      posix_spawnp(&pid, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

Finished run(const std::vector<std::string>& command, const std::string& input) {
  Pipe in = make_pipe();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  pid_t pid = 0;
  int error = spawn(command[0], command, in, out, err, pid);
  for (const char* folder : {"/usr/sbin/", "/sbin/"}) {
    if (error == ENOENT) error = spawn(folder + command[0], command, in, out, err, pid);
  }
  if (error == ENOENT) return {.found = false};
  if (error != 0) throw std::system_error(error, std::generic_category(), command[0]);
  in.read.reset();
  out.write.reset();
  err.write.reset();
  // The program may say more than a pipe holds before it has read all of its input.
  fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  Finished finished;
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  talk(std::move(in.write), input, out.read, err.read, finished);
  static_cast<void>(std::signal(SIGPIPE, before));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

}  // namespace redirect
