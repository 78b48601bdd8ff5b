#pragma once
// A program that paytick starts and ends: the local network and the private database of development mode.
// It dies with paytick, even when paytick is killed, and is ended by its own pid only.

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/error.h"

namespace paytick::app {

class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;  // the program is looked up in PATH when it has no '/'
    std::filesystem::path log;         // receives its output, appended
    int stop_signal = SIGTERM;         // how it is asked to end, by stop() and by paytick's own death
    int nice = 0;                      // how far it stands back where processors are short, 0 … 19
  };

  // Code "child_start". The program's own failure shows in alive() and in the log.
  static Result<ChildProcess> start(Options options);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();  // stops it

  pid_t pid() const { return pid_; }
  bool alive();
  // Asks it to end, waits, kills it at the deadline. Harmless when it has ended.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds(20));

  // The end of its log, for an error message.
  std::string last_words(std::size_t lines = 5) const;

 private:
  ChildProcess(pid_t pid, Options options);
  pid_t pid_ = -1;
  Options options_;
};

// Runs a short-lived program to its end. Code "child_failed" with the end of its output.
Result<void> run_program(const std::vector<std::string>& command, const std::filesystem::path& log);

// Calls `ready` every few milliseconds until it says so, the child has ended or the time is over.
// Codes "child_ended", "child_timeout".
template <typename Ready>
Result<void> wait_until_ready(ChildProcess& child, std::chrono::milliseconds patience, Ready&& ready);

}  // namespace paytick::app

#include "app/child_process_wait.h"
