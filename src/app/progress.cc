#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace paytick::app {
namespace {

constexpr auto kTerminalPeriod = std::chrono::milliseconds(200);
constexpr auto kFilePeriod = std::chrono::seconds(5);

}  // namespace

ProgressLine::ProgressLine() : terminal_(::isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (standing_) std::fputs("\n", stderr);
}

void ProgressLine::clear() {
  const std::lock_guard lock(mutex_);
  if (standing_) std::fputs("\r\033[K", stderr);
  standing_ = false;
}

void ProgressLine::show(const std::string& text, bool last) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::milliseconds period = terminal_ ? kTerminalPeriod : kFilePeriod;
  if (!last && now - shown_ < period) return;
  shown_ = now;
  if (terminal_) {
    std::fputs(("\r\033[K" + text + (last ? "\n" : "")).c_str(), stderr);
    standing_ = !last;
  } else {
    std::fputs((text + "\n").c_str(), stderr);
  }
}

std::string progress_bar(std::uint64_t done, std::uint64_t all, std::chrono::steady_clock::time_point begin) {
  constexpr std::uint64_t kWidth = 24;
  const std::uint64_t filled = all == 0 ? kWidth : std::min(kWidth, kWidth * done / all);
  const auto spent_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin)
          .count());
  std::string eta;
  if (done > 0 && done < all) eta = fmt::format(" ETA {} s", spent_ms * (all - done) / done / 1'000 + 1);
  return fmt::format("[{}{}] {} % {}/{}{}", std::string(filled, '#'), std::string(kWidth - filled, '.'),
                     all == 0 ? 100 : done * 100 / all, with_commas(done), with_commas(all), eta);
}

std::string with_commas(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace paytick::app
