#pragma once
// How paytick logs: one line an event, to standard error, through spdlog's default logger. `text` for people,
// `json` for collectors: {"time","level","thread","message"}.

#include <string>

#include "model/error.h"

namespace paytick::app {

// Codes "bad_log_level", "bad_log_format".
Result<void> set_up_logging(const std::string& level, const std::string& format);

}  // namespace paytick::app
