#include "app/logging.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

namespace paytick::app {
namespace {

// %* in the pattern: the message as a JSON string.
class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    writer.String(message.payload.data(), static_cast<rapidjson::SizeType>(message.payload.size()));
    out.append(text.GetString(), text.GetString() + text.GetSize());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }
};

}  // namespace

Result<void> set_up_logging(const std::string& level, const std::string& format) {
  const auto parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off")
    return fail("bad_log_level", "'" + level + "' is no log level: trace, debug, info, warn, error or off");
  auto formatter = std::make_unique<spdlog::pattern_formatter>(
      format == "json" ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local);
  if (format == "json") {
    formatter->add_flag<JsonMessage>('*').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","thread":%t,"message":%*})");
  } else if (format == "text") {
    formatter->set_pattern("%H:%M:%S.%e %^%-5l%$ %v");
  } else {
    return fail("bad_log_format", "'" + format + "' is no log format: text or json");
  }
  auto logger = spdlog::stderr_color_mt("paytick");
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_formatter(std::move(formatter));
  spdlog::set_level(parsed);
  spdlog::flush_on(spdlog::level::warn);
  return {};
}

}  // namespace paytick::app
