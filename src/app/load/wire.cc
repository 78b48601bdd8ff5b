#include "app/load/wire.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "model/digits.h"

namespace paytick::app::load {
namespace {

constexpr std::size_t kNameDigits = 7;
constexpr std::size_t kAtDigits = 13;  // milliseconds since the epoch, until the year 2286

void put_digits(char* to, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i-- > 0; value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

// The first character after "name":
std::optional<std::size_t> after_member(std::string_view json, std::string_view name) {
  std::string key;
  key.reserve(name.size() + 3);
  key.append("\"").append(name).append("\":");
  const auto at = json.find(key);
  if (at == json.npos) return std::nullopt;
  return at + key.size();
}

}  // namespace

LineWriter::LineWriter(std::string_view run) : run_(run) {
  const std::string name = run_ + "-" + std::string(kNameDigits, '0');
  heartbeat_ = R"({"type":"heartbeat","session":")" + name;
  session_digits_ = heartbeat_.size() - kNameDigits;
  heartbeat_ += R"(","attachment":")" + name;
  attachment_digits_ = heartbeat_.size() - kNameDigits;
  heartbeat_ += R"(","at":)" + std::string(kAtDigits, '0');
  at_digits_ = heartbeat_.size() - kAtDigits;
  heartbeat_ += R"(,"seq":)";
}

void LineWriter::heartbeat(const Beat& beat, std::string& out) const {
  const std::size_t from = out.size();
  out.append(heartbeat_);
  char* const line = out.data() + from;
  put_digits(line + session_digits_, kNameDigits, beat.viewer);
  std::copy_n(line + session_digits_, kNameDigits, line + attachment_digits_);
  put_digits(line + at_digits_, kAtDigits, static_cast<std::uint64_t>(beat.at.ms));
  append_digits(out, beat.seq);
  out.append("}\n");
}

void LineWriter::names(std::string_view type, std::uint32_t viewer, TimeMs at, std::string& out) const {
  std::array<char, kNameDigits> digits;
  put_digits(digits.data(), digits.size(), viewer);
  const std::string name = run_ + "-" + std::string(digits.data(), digits.size());
  out.append(R"({"type":")").append(type).append(R"(","session":")").append(name);
  out.append(R"(","attachment":")").append(name).append(R"(","at":)");
  append_digits(out, static_cast<std::uint64_t>(at.ms));
}

void LineWriter::open(std::uint32_t viewer, const ViewerId& account, const MeterId& meter,
                      std::string_view content, TimeMs at, std::string& out) const {
  names("open", viewer, at, out);
  out.append(R"(,"viewer":")").append(to_text(account));
  out.append(R"(","meter":")").append(to_text(meter));
  out.append(R"(","content":")").append(content).append("\"}\n");
}

void LineWriter::stop(std::uint32_t viewer, TimeMs at, std::string& out) const {
  names("stop", viewer, at, out);
  out.append("}\n");
}

std::optional<std::string_view> text_member(std::string_view json, std::string_view name) {
  const auto at = after_member(json, name);
  if (!at || *at >= json.size() || json[*at] != '"') return std::nullopt;
  const auto end = json.find('"', *at + 1);
  if (end == json.npos) return std::nullopt;
  return json.substr(*at + 1, end - *at - 1);
}

std::optional<std::uint64_t> number_member(std::string_view json, std::string_view name) {
  const auto at = after_member(json, name);
  if (!at) return std::nullopt;
  std::uint64_t value = 0;
  const auto read = std::from_chars(json.data() + *at, json.data() + json.size(), value);
  if (read.ec != std::errc{}) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> read_batch_answer(
    std::string_view body, std::uint64_t lines,
    const std::function<void(std::uint64_t line, std::string_view code)>& refused) {
  if (static_cast<std::uint64_t>(std::ranges::count(body, '\n')) != lines) return std::nullopt;
  if (body.find("\"refused\"") == body.npos) return lines;
  std::uint64_t accepted = 0;
  for (std::uint64_t n = 1; n <= lines; ++n) {
    const auto end = body.find('\n');
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end + 1);
    const auto status = text_member(line, "status");
    if (status == "accepted") {
      ++accepted;
    } else if (status == "refused") {
      refused(n, text_member(line, "code").value_or("no_code"));
    } else {
      return std::nullopt;
    }
  }
  return accepted;
}

std::optional<std::string_view> metric_text(std::string_view text, std::string_view name) {
  const std::string start = "\n" + std::string(name) + " ";
  const auto at = text.find(start);
  if (at == text.npos) return std::nullopt;
  const auto from = at + start.size();
  return text.substr(from, text.find('\n', from) - from);
}

std::optional<std::uint64_t> metric(std::string_view text, std::string_view name) {
  const auto digits = metric_text(text, name);
  std::uint64_t value = 0;
  if (!digits || std::from_chars(digits->data(), digits->data() + digits->size(), value).ec != std::errc{})
    return std::nullopt;
  return value;
}

std::optional<double> metric_sum(std::string_view text, std::string_view name) {
  std::optional<double> sum;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(name) || line.size() <= name.size()) continue;
    if (line[name.size()] != ' ' && line[name.size()] != '{') continue;
    const auto value = line.rfind(' ');
    sum = sum.value_or(0) + std::strtod(std::string(line.substr(value + 1)).c_str(), nullptr);
  }
  return sum;
}

}  // namespace paytick::app::load
