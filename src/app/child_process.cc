#include "app/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <utility>

namespace paytick::app {
namespace {

std::string tail_of(const std::filesystem::path& path, std::size_t lines) {
  std::ifstream in(path);
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string text;
  for (const std::string& line : last) text += (text.empty() ? "" : " | ") + line;
  return text.empty() ? "(it wrote nothing)" : text;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* argv, int log, int stop_signal, int nice, pid_t parent) {
  ::setpgid(0, 0);  // a Ctrl-C at the terminal is paytick's to handle; it ends its children in order
  sigset_t none;    // paytick waits for signals with them blocked; its children do not
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, stop_signal);
  ::setpriority(PRIO_PROCESS, 0, nice);
  if (::getppid() != parent) ::_exit(127);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execvp(argv[0], argv);
  const char* const why = ::strerrordesc_np(errno);
  (void)!::write(STDERR_FILENO, argv[0], std::strlen(argv[0]));
  (void)!::write(STDERR_FILENO, ": ", 2);
  (void)!::write(STDERR_FILENO, why, std::strlen(why));
  (void)!::write(STDERR_FILENO, "\n", 1);
  ::_exit(127);
}

Result<pid_t> spawn(const std::vector<std::string>& command, const std::filesystem::path& log_path,
                    int stop_signal, int nice) {
  const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0)
    return fail("child_start", "cannot write " + log_path.string() + ": " + ::strerrordesc_np(errno),
                Next::fatal);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become(argv.data(), log, stop_signal, nice, parent);
  ::close(log);
  if (pid < 0)
    return fail("child_start", "cannot start " + command.front() + ": " + ::strerrordesc_np(errno),
                Next::fatal);
  return pid;
}

}  // namespace

ChildProcess::ChildProcess(pid_t pid, Options options) : pid_(pid), options_(std::move(options)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), options_(std::move(other.options_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, -1);
    options_ = std::move(other.options_);
  }
  return *this;
}

ChildProcess::~ChildProcess() { stop(); }

Result<ChildProcess> ChildProcess::start(Options options) {
  auto pid = spawn(options.command, options.log, options.stop_signal, options.nice);
  if (!pid) return tl::unexpected(pid.error());
  return ChildProcess(*pid, std::move(options));
}

bool ChildProcess::alive() {
  if (pid_ < 0) return false;
  if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void ChildProcess::stop(std::chrono::milliseconds patience) {
  if (!alive()) return;
  ::kill(pid_, options_.stop_signal);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (alive()) {
    if (std::chrono::steady_clock::now() > deadline) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
      return;
    }
    ::usleep(2'000);
  }
}

std::string ChildProcess::last_words(std::size_t lines) const { return tail_of(options_.log, lines); }

Result<void> run_program(const std::vector<std::string>& command, const std::filesystem::path& log) {
  auto pid = spawn(command, log, SIGTERM, 0);
  if (!pid) return tl::unexpected(pid.error());
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail("child_failed", command.front() + " failed: " + tail_of(log, 5), Next::fatal);
}

}  // namespace paytick::app
