#include "app/load/process_driver.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>

#include "app/load/socket_driver.h"

namespace paytick::app::load {
namespace {

using namespace std::chrono_literals;

constexpr auto kReportPeriod = 500ms;
constexpr int kPollMs = 200;

// Whole lines over a socket.
class Line {
 public:
  explicit Line(int fd) : fd_(fd) {}
  ~Line() { ::close(fd_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  int fd() const { return fd_; }

  bool write(std::string text) {
    text += '\n';
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t n = ::send(fd_, text.data() + at, text.size() - at, MSG_NOSIGNAL);
      if (n < 0 && errno != EINTR) return false;
      if (n > 0) at += static_cast<std::size_t>(n);
    }
    return true;
  }

  // Blocks until there is something; false at the end.
  bool fill() {
    char bytes[64 * 1024];
    ssize_t n = 0;
    do {
      n = ::recv(fd_, bytes, sizeof bytes, 0);
    } while (n < 0 && errno == EINTR);
    if (n > 0) in_.append(bytes, static_cast<std::size_t>(n));
    return n > 0;
  }
  std::optional<std::string> take() {
    const auto end = in_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = in_.substr(0, end);
    in_.erase(0, end + 1);
    return line;
  }

 private:
  const int fd_;
  std::string in_;
};

// In the child: runs `work` on a thread and reports meanwhile, then says how it ended.
template <typename Work>
void carry_out(Line& line, SocketDriver& driver, Work work) {
  std::atomic<bool> done{false};
  Result<void> result;
  std::thread thread([&] {
    result = work();
    done = true;
  });
  auto told = Driver::Clock::now();
  while (!done) {
    std::this_thread::sleep_for(10ms);
    if (Driver::Clock::now() - told < kReportPeriod) continue;
    told = Driver::Clock::now();
    line.write("ready " + std::to_string(driver.ready()));
    line.write("tally " + driver.tally().to_text());
  }
  thread.join();
  line.write("ready " + std::to_string(driver.ready()));
  line.write("tally " + driver.tally().to_text());
  line.write("ticks " + std::to_string(driver.expected_ticks()));
  line.write(result ? std::string("done") : "failed " + result.error().code + " " + result.error().message);
}

void serve(Line& line, const Job& job) {
  SocketDriver driver(job);
  for (;;) {
    auto command = line.take();
    if (!command) {
      if (!line.fill()) return;
      continue;
    }
    if (*command == "open") {
      carry_out(line, driver, [&] { return driver.open(); });
    } else if (command->starts_with("run ")) {
      const Driver::Clock::time_point begin{Driver::Clock::duration(std::stoll(command->substr(4)))};
      carry_out(line, driver, [&] { return driver.run(begin); });
    } else {
      return driver.close();
    }
  }
}

}  // namespace

struct ProcessDriver::Child {
  Child(int fd, ::pid_t pid_in) : line(fd), pid(pid_in) {}
  Line line;
  const ::pid_t pid;
  bool busy = false;
  Tally tally;
  std::uint64_t ready = 0;
  std::int64_t ticks = -1;
  std::optional<Error> failed;
};

ProcessDriver::ProcessDriver(const Job& job) : job_(job) {}

Result<std::unique_ptr<ProcessDriver>> ProcessDriver::create(const Job& job) {
  std::unique_ptr<ProcessDriver> driver(new ProcessDriver(job));
  const ::pid_t parent = ::getpid();
  for (std::uint32_t i = 0; i < job.plan.processes; ++i) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      return fail("no_process", std::string("no pair of sockets: ") +
                                    std::error_code(errno, std::generic_category()).message());
    const ::pid_t pid = ::fork();
    if (pid < 0) {
      ::close(ends[0]);
      ::close(ends[1]);
      return fail("no_process", std::string("no process for the sockets: ") +
                                    std::error_code(errno, std::generic_category()).message());
    }
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(1);
      for (const auto& sibling : driver->children_) ::close(sibling->line.fd());
      ::close(ends[0]);
      Job mine = job;
      mine.process = i;
      Line line(ends[1]);
      serve(line, mine);
      ::_exit(0);
    }
    ::close(ends[1]);
    driver->children_.push_back(std::make_unique<Child>(ends[0], pid));
  }
  return driver;
}

ProcessDriver::~ProcessDriver() {
  for (const auto& child : children_) {
    ::kill(child->pid, SIGKILL);
    while (::waitpid(child->pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

void ProcessDriver::hear(Child& child, const std::string& line) {
  std::istringstream in(line);
  std::string word;
  in >> word;
  const std::lock_guard lock(mutex_);
  if (word == "ready") {
    in >> child.ready;
  } else if (word == "tally") {
    child.tally = {};
    child.tally.add_text(std::string_view(line).substr(word.size()));
  } else if (word == "ticks") {
    in >> child.ticks;
  } else {
    child.busy = false;
    if (word == "done") return;
    Error error{"process_lost", "a process of the generator said something else", Next::abort};
    in >> error.code;
    std::getline(in >> std::ws, error.message);
    child.failed = std::move(error);
  }
}

// Gives the command to every child, and hears them out until each has carried it out.
Result<void> ProcessDriver::order(const std::string& command) {
  for (const auto& child : children_) {
    child->busy = child->line.write(command);
    if (!child->busy)
      child->failed = Error{"process_lost", "a process of the generator is gone", Next::abort};
  }
  bool told = false;
  for (;;) {
    std::vector<::pollfd> waiting;
    std::vector<Child*> of;
    for (const auto& child : children_) {
      if (!child->busy) continue;
      waiting.push_back({child->line.fd(), POLLIN, 0});
      of.push_back(child.get());
    }
    if (waiting.empty()) break;
    if (job_.interrupted != nullptr && *job_.interrupted && !told) {
      told = true;
      for (const auto& child : children_) ::kill(child->pid, SIGINT);
    }
    if (::poll(waiting.data(), waiting.size(), kPollMs) <= 0) continue;
    for (std::size_t i = 0; i < of.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      if (!of[i]->line.fill()) {
        of[i]->busy = false;
        of[i]->failed = Error{"process_lost", "a process of the generator has ended", Next::abort};
      }
      while (const auto line = of[i]->line.take()) hear(*of[i], *line);
    }
  }
  for (const auto& child : children_)
    if (child->failed) return tl::unexpected(*child->failed);
  return {};
}

Result<void> ProcessDriver::open() { return order("open"); }

Result<void> ProcessDriver::run(Clock::time_point begin) {
  return order("run " + std::to_string(begin.time_since_epoch().count()));
}

void ProcessDriver::close() {
  for (const auto& child : children_) child->line.write("close");
}

Tally ProcessDriver::tally() const {
  const std::lock_guard lock(mutex_);
  Tally sum;
  for (const auto& child : children_) sum.merge(child->tally);
  return sum;
}

std::uint64_t ProcessDriver::ready() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& child : children_) sum += child->ready;
  return sum;
}

std::int64_t ProcessDriver::expected_ticks() const {
  const std::lock_guard lock(mutex_);
  std::int64_t sum = 0;
  for (const auto& child : children_) {
    if (child->ticks < 0) return -1;
    sum += child->ticks;
  }
  return sum;
}

}  // namespace paytick::app::load
