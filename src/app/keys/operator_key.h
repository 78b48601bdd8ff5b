#pragma once
// The operator's first key, with which he makes the others: it comes from PAYTICK_OPERATOR_KEY (or the file
// that PAYTICK_OPERATOR_KEY_FILE names), where several gateways share it, or else is made up at the first
// start and kept in the data folder in `operator.key`, mode 0600. Whoever can read that file is the operator.
// A new one: remove the file, or change the variable, and start again.

#include <filesystem>
#include <optional>
#include <string>

#include "app/config.h"
#include "model/error.h"
#include "model/ports.h"

namespace paytick::app {

inline constexpr std::size_t kOperatorKeyBytesMin = 32;

std::filesystem::path operator_key_file(const std::filesystem::path& data);

// What is configured, or else what the file holds; nothing when there is neither. Codes "secret_bad",
// "secret_unreadable".
Result<std::optional<std::string>> find_operator_key(const std::filesystem::path& data,
                                                     const Environment& environment);
// The same, made when there is neither. Also "file_write".
Result<std::string> load_or_make_operator_key(const std::filesystem::path& data,
                                              const Environment& environment, Random& random);

}  // namespace paytick::app
