#pragma once
// The text of requests and answers, without a JSON library: the generator shares the machine with what it
// measures. Pure. It understands only what a paytick gateway sends (src/ingest/protocol*.h): members in any
// order, no escapes in the values it looks for.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/load/schedule.h"
#include "model/ids.h"

namespace paytick::app::load {

inline constexpr std::uint32_t kViewersMax = 9'999'999;  // names have seven digits

// Lines of POST /v1/heartbeats. Viewer i of run "x" has the session "x-0000i" and the attachment of the same
// name.
class LineWriter {
 public:
  explicit LineWriter(std::string_view run);  // letters and digits

  void heartbeat(const Beat& beat, std::string& out) const;
  void open(std::uint32_t viewer, const ViewerId& account, const MeterId& meter, std::string_view content,
            TimeMs at, std::string& out) const;
  void stop(std::uint32_t viewer, TimeMs at, std::string& out) const;

 private:
  void names(std::string_view type, std::uint32_t viewer, TimeMs at, std::string& out) const;

  std::string run_;
  std::string heartbeat_;  // as far as `"seq":`, with zeros for the numbers
  std::size_t session_digits_ = 0, attachment_digits_ = 0, at_digits_ = 0;
};

// The string or number after "name":, at any depth; nothing when it is not there.
std::optional<std::string_view> text_member(std::string_view json, std::string_view name);
std::optional<std::uint64_t> number_member(std::string_view json, std::string_view name);

// Reads the answer to a batch of `lines` lines: how many were accepted, and calls `refused` with the number
// of each line (from 1) that was not, and its code. Nothing when this is no answer to that batch.
std::optional<std::uint64_t> read_batch_answer(
    std::string_view body, std::uint64_t lines,
    const std::function<void(std::uint64_t line, std::string_view code)>& refused);

// The value of a counter or gauge in Prometheus text: as it stands there, and as a whole number.
std::optional<std::string_view> metric_text(std::string_view text, std::string_view name);
std::optional<std::uint64_t> metric(std::string_view text, std::string_view name);
// The sum of a metric's values over all its labels, or its only value.
std::optional<double> metric_sum(std::string_view text, std::string_view name);

}  // namespace paytick::app::load
