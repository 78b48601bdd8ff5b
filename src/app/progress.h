#pragma once
// One line of progress on standard error: rewritten in place on a terminal, every few seconds elsewhere.

#include <chrono>
#include <mutex>
#include <string>

namespace paytick::app {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();  // leaves the last line standing
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Any thread. Prints when it is time to; `last` prints in any case and ends the line.
  void show(const std::string& text, bool last = false);
  // Any thread. Takes the line off a terminal, so that the result can stand in its place.
  void clear();

 private:
  std::mutex mutex_;
  const bool terminal_;
  bool standing_ = false;  // on a terminal: a line without its end
  std::chrono::steady_clock::time_point shown_{};
};

// "[########........] 48 % 48,000/100,000 ETA 75 s" of work that began at `begin`.
std::string progress_bar(std::uint64_t done, std::uint64_t all, std::chrono::steady_clock::time_point begin);

std::string with_commas(std::uint64_t number);

}  // namespace paytick::app
